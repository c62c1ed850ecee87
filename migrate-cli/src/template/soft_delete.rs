//! `--template soft-delete`: a column that marks a row as deleted.

use migrate::Dialect;

use super::{Identifier, Scripts};

/// The scripts. If columns are given, they are unique among the live rows of each tenant.
pub(super) fn scripts(
    table: &Identifier,
    (deleted, column_type): (&Identifier, &str),
    columns: &[Identifier],
    tenant: Option<&Identifier>,
    dialect: Dialect,
) -> Scripts {
    let add = format!("ALTER TABLE {table} ADD COLUMN {deleted} {column_type};\n");
    let drop = format!("ALTER TABLE {table} DROP COLUMN {deleted};\n");
    if columns.is_empty() {
        return Scripts { up: add, down: drop };
    }
    let index = table.derived(columns, "live_key");
    let dropped = table.beside(&index);
    let keys = tenant.into_iter().chain(columns).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let on = format!("{index} ON {table} ({keys}) WHERE {deleted} IS NULL");
    if dialect == Dialect::Postgres {
        Scripts {
            up: format!(
                "-- migrate: no-transaction\n\
                 {add}\
                 -- migrate: allow index-concurrent \"it waits for no lock of this migration\"\n\
                 CREATE UNIQUE INDEX CONCURRENTLY {on};\n"
            ),
            down: format!("-- migrate: no-transaction\nDROP INDEX CONCURRENTLY {dropped};\n{drop}"),
        }
    } else {
        Scripts {
            up: format!("{add}CREATE UNIQUE INDEX {on};\n"),
            down: format!("DROP INDEX {dropped};\n{drop}"),
        }
    }
}
