//! `drop-column`: a column of a table that was there before.
//!
//! ```sql
//! ALTER TABLE users DROP COLUMN nickname;
//! ```
//!
//! The statement is instant (<https://www.postgresql.org/docs/current/sql-altertable.html>, DROP COLUMN). The harm
//! is that the values are lost, and that every release that still names the column fails. Measured: if the column
//! has a foreign key, the table that it refers to is locked as well.
//!
//! Safer: stop using the column in one release and drop it in the next.
//!
//! Exempt: a table that the same script creates.

use migrate_core::{Finding, Hazard};

use super::old_changes;
use crate::Context;
use crate::schema::TableConstraintKind;
use crate::sql::{ChangeAction, Name};

const SAFER: &str = "stop reading and writing the column in one release, and drop it in the next; `SELECT *` and prepared \
                     statements use it too";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    old_changes(context)
        .filter_map(|(alter, change)| {
            let ChangeAction::DropColumn { column, .. } = &change.action else { return None };
            let table = &alter.name;
            let mut message = format!(
                "the values of `{table}.{column}` are lost, and running code that uses the column fails"
            );
            if let Some(other) = referenced(context, table, column) {
                message += &format!("; the foreign key locks `{other}` as well");
            }
            let finding = Finding::new(Hazard::DropColumn, change.span, message, SAFER);
            Some(finding.breaking_older_binaries())
        })
        .collect()
}

/// The table that a foreign key of the column refers to.
fn referenced(context: &Context<'_>, table: &Name, column: &str) -> Option<Name> {
    if !context.engine.locks_tables() {
        return None;
    }
    context.schema.foreign_keys_of(table).find_map(|constraint| match &constraint.kind {
        TableConstraintKind::ForeignKey { columns, table, .. } => {
            columns.iter().any(|name| name == column).then(|| table.clone())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY, a int, b text);
             CREATE TABLE child (id int, t_id int REFERENCES t)",
        );
        case(&history, "ALTER TABLE t DROP COLUMN b", &["drop-column high"]);
        case(
            &history,
            "ALTER TABLE t DROP a, DROP COLUMN IF EXISTS b",
            &["drop-column high", "drop-column high"],
        );
        case(&history, "ALTER TABLE child DROP COLUMN t_id", &["drop-column high"]); // locks t too
        case(&history, "ALTER TABLE unknown DROP COLUMN b", &["drop-column high"]);
        case(&history, "CREATE TABLE new (a int, b int); ALTER TABLE new DROP COLUMN b", &[]);
        // The values are lost although the name comes back.
        case(&history, "ALTER TABLE t DROP COLUMN a, ADD COLUMN a text", &["drop-column high"]);
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)");
        case(&history, "ALTER TABLE t DROP COLUMN b", &["drop-column high"]);
    }
}
