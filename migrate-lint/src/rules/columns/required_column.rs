//! `required-column`: ADD COLUMN … NOT NULL without a default.
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN country text NOT NULL;
//! ```
//!
//! The statement fails once the table has a row (<https://www.postgresql.org/docs/current/sql-altertable.html>,
//! <https://www.sqlite.org/lang_altertable.html>). An empty test database does not show it.
//!
//! Safer: a constant DEFAULT, which rewrites nothing. Or the column nullable, filled in batches, and SET NOT NULL
//! later.
//!
//! Exempt: a table that the same script creates, and a column whose values the server makes: serial, identity,
//! generated, or a domain with a default.

use migrate_core::{Finding, Hazard};

use super::added_column::{Harm, added_columns};
use crate::Context;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let columns = added_columns(context).filter(|added| added.harm == Some(Harm::Required));
    columns
        .map(|added| {
            let (table, column) = (added.table, &added.column.name.name);
            let message = format!(
                "`{column}` is NOT NULL and has no default: the statement fails once `{table}` has a row, and on an \
                 empty table running code that does not write `{column}` fails"
            );
            let safer = format!(
                "give `{column}` a constant DEFAULT; or add it nullable, fill it in batches, and SET NOT NULL in a \
                 later migration, after a validated CHECK ({column} IS NOT NULL)"
            );
            Finding::new(Hazard::RequiredColumn, added.span, message, safer).breaking_older_binaries()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int);
             CREATE DOMAIN counted AS int DEFAULT 0;
             CREATE DOMAIN positive AS int CHECK (VALUE > 0);",
        );
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        let high: &[&str] = &["required-column high"];
        case("ALTER TABLE t ADD COLUMN n int NOT NULL", high);
        case("ALTER TABLE t ADD n int DEFAULT NULL NOT NULL", high);
        case("ALTER TABLE t ADD COLUMN n int PRIMARY KEY", high);
        case("ALTER TABLE t ADD COLUMN n positive NOT NULL", high); // fails before it would rewrite
        case("ALTER TABLE elsewhere ADD COLUMN n int NOT NULL", high);
        case("ALTER TABLE t ADD COLUMN n int NOT NULL, ALTER COLUMN n SET DEFAULT 5", high); // for later rows
        case("ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 5", &[]);
        case("ALTER TABLE t ADD COLUMN n counted NOT NULL", &[]); // the domain has one
        case("ALTER TABLE t ADD COLUMN n int", &[]);
        case("ALTER TABLE t ADD COLUMN IF NOT EXISTS id int NOT NULL", &[]); // it is there
        case("ALTER TABLE t ADD COLUMN IF NOT EXISTS n int NOT NULL", high);
        case("CREATE TABLE new (id int); ALTER TABLE new ADD COLUMN n int NOT NULL", &[]);
        case("CREATE TABLE app.t (id int); ALTER TABLE t ADD COLUMN n int NOT NULL", high); // another schema's
        case("CREATE TEMP TABLE t (id int); ALTER TABLE t ADD COLUMN n int NOT NULL", &[]);
        case(
            "DO $$ BEGIN ALTER TABLE t ADD COLUMN n int NOT NULL; END $$",
            &["hidden-ddl high", "required-column high"],
        );
    }

    #[test]
    fn sqlite_refuses_it_too() {
        let history = sqlite_history("CREATE TABLE t (id int)");
        case(&history, "ALTER TABLE t ADD COLUMN n int NOT NULL", &["required-column high"]);
        case(&history, "ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 0", &[]);
    }
}
