//! `--template add-index`.

use migrate::Dialect;

use super::{Identifier, Scripts};

/// On PostgreSQL the index is built while others write, which is not possible inside a transaction.
pub(super) fn scripts(table: &Identifier, columns: &[Identifier], dialect: Dialect) -> Scripts {
    let index = table.derived(columns, "idx");
    let dropped = table.beside(&index);
    let columns = columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if dialect == Dialect::Postgres {
        Scripts {
            up: format!(
                "-- migrate: no-transaction\n\
                 -- migrate: allow index-concurrent \"nothing else is in this migration\"\n\
                 CREATE INDEX CONCURRENTLY {index} ON {table} ({columns});\n"
            ),
            down: format!("-- migrate: no-transaction\nDROP INDEX CONCURRENTLY {dropped};\n"),
        }
    } else {
        Scripts {
            up: format!("CREATE INDEX {index} ON {table} ({columns});\n"),
            down: format!("DROP INDEX {dropped};\n"),
        }
    }
}
