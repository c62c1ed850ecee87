//! `stored-column`: ADD COLUMN … GENERATED ALWAYS AS (…) STORED.
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN gross numeric GENERATED ALWAYS AS (net * 1.19) STORED;
//! ```
//!
//! The server computes the value of every row, so it rewrites the table under ACCESS EXCLUSIVE
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, "Notes"). SQLite refuses the column once the
//! table has rows (<https://www.sqlite.org/gencol.html>).
//!
//! Safer: a VIRTUAL column, on SQLite and from PostgreSQL 18; before that, a plain column that a trigger sets.
//!
//! Exempt: a table that the same script creates.

use migrate_core::{Engine, Finding, Hazard};

use super::added_column::{Harm, added_columns};
use crate::Context;

/// The first PostgreSQL with `VIRTUAL` columns.
const VIRTUAL: u32 = 18;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let columns = added_columns(context).filter(|added| added.harm == Some(Harm::Stored));
    columns
        .map(|added| {
            let (table, column) = (added.table, &added.column.name.name);
            let message = match context.engine {
                Engine::Postgres => format!(
                    "`{column}` is computed for every row: the server rewrites `{table}` and its indexes, and no one can \
                     read or write it until that is done"
                ),
                Engine::Sqlite => {
                    format!("SQLite refuses a STORED column once `{table}` has a row")
                }
            };
            Finding::new(Hazard::StoredColumn, added.span, message, safer(context))
        })
        .collect()
}

/// The safer form for the engine, and for the oldest server of the project.
fn safer(context: &Context<'_>) -> &'static str {
    match context.engine {
        Engine::Sqlite => "make it VIRTUAL, and put an index on it if queries on it have to be fast",
        Engine::Postgres if context.server() >= VIRTUAL => {
            "make it VIRTUAL; or add a plain column, set it in a trigger, and fill the old rows in batches"
        }
        Engine::Postgres => "add a plain column, set it in a trigger, and fill the old rows in batches",
    }
}

#[cfg(test)]
mod tests {
    use migrate_core::Project;

    use crate::testing::{case, findings, history, sqlite_history};

    const STORED: &str = "ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (id + 1) STORED";

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int)");
        case(&history, STORED, &["stored-column high"]);
        case(
            &history,
            "ALTER TABLE t ADD COLUMN n int NOT NULL GENERATED ALWAYS AS (id + 1) STORED",
            &["stored-column high"],
        );
        case(
            &history,
            "CREATE TABLE new (id int); ALTER TABLE new ADD COLUMN n int GENERATED ALWAYS AS (id) STORED",
            &[],
        );
    }

    #[test]
    fn sqlite() {
        let history = sqlite_history("CREATE TABLE t (id int)");
        case(&history, STORED, &["stored-column high"]);
        case(&history, "ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (id + 1) VIRTUAL", &[]);
    }

    #[test]
    fn virtual_columns_are_for_servers_that_have_them() {
        let table = "CREATE TABLE t (id int)";
        let newer = history(table).project(Project { postgres: Some(18), ..Project::default() });
        assert!(findings(&newer, STORED)[0].safer.contains("VIRTUAL"));
        assert!(!findings(&history(table), STORED)[0].safer.contains("VIRTUAL"));
        case(&newer, "ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (id + 1) VIRTUAL", &[]);
    }
}
