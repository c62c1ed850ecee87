//! `--template create-table`: a table with a key and the time at which a row was created.

use migrate::Dialect;

use super::{Identifier, Scripts};

pub(super) fn scripts(table: &Identifier, dialect: Dialect) -> Scripts {
    let columns = match dialect {
        Dialect::Postgres => {
            "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    \
             created_at timestamptz NOT NULL DEFAULT now()"
        }
        Dialect::Sqlite => {
            "id INTEGER PRIMARY KEY,\n    \
             created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP"
        }
        Dialect::Any => {
            "id bigint PRIMARY KEY,\n    \
             created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP"
        }
    };
    Scripts {
        up: format!("CREATE TABLE {table} (\n    {columns}\n);\n"),
        down: format!("DROP TABLE {table};\n"),
    }
}
