//! `inline-unique`: ADD COLUMN with UNIQUE or PRIMARY KEY.
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN handle text UNIQUE;
//! ```
//!
//! The server builds the index over all rows under ACCESS EXCLUSIVE, although every value is NULL
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, "Adding a table constraint using an existing
//! index").
//!
//! Safer: the column alone, then a unique index CONCURRENTLY, then ADD CONSTRAINT … USING INDEX.
//!
//! Exempt: a table that the same script creates, and a column that rewrites the table anyway.

use migrate_core::{Finding, Hazard};

use super::added_column::added_columns;
use crate::Context;
use crate::sql::ConstraintKind;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for added in added_columns(context) {
        let (table, column) = (added.table, &added.column.name.name);
        // If the table is rewritten anyway, that is the finding: the index is built in the same pass.
        for constraint in added.checked_constraints(context) {
            if !matches!(constraint.kind, ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. }) {
                continue;
            }
            let message = format!(
                "the server builds the index of `{column}` over all rows of `{table}`, and no one can read or write it until \
                 that is done"
            );
            let safer = format!(
                "add `{column}` alone; then `CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({column})` in a \
                 migration with `-- migrate: no-transaction`; then `ALTER TABLE {table} ADD CONSTRAINT {index} UNIQUE USING INDEX \
                 {index}`",
                index = format_args!("{}_{column}_key", table.name),
            );
            findings.push(Finding::new(Hazard::InlineUnique, constraint.span, message, safer));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int)");
        let high: &[&str] = &["inline-unique high"];
        case(&history, "ALTER TABLE t ADD COLUMN n text UNIQUE", high);
        case(&history, "ALTER TABLE t ADD COLUMN n int PRIMARY KEY DEFAULT 1", high);
        case(
            &history,
            "ALTER TABLE t ADD COLUMN n text UNIQUE CHECK (n <> '')",
            &["inline-unique high", "inline-check high"],
        );
        case(&history, "ALTER TABLE t ADD COLUMN n text, ADD UNIQUE (n)", &["unique-build high"]); // as work, the same
        case(&history, "CREATE TABLE new (id int); ALTER TABLE new ADD COLUMN n text UNIQUE", &[]);
    }
}
