use migrate_core::{Finding, Hazard};

use super::added_column::added_columns;
use crate::Context;
use crate::sql::ConstraintKind;

/// `ADD COLUMN … UNIQUE` or `PRIMARY KEY` builds an index over all rows, all NULL as they are.
///
/// <https://www.postgresql.org/docs/current/sql-altertable.html>: ACCESS EXCLUSIVE, "Adding a table constraint using an
/// existing index" for the way around.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for added in added_columns(context) {
        let (table, column) = (added.table, &added.column.name.name);
        for constraint in added.checked_constraints(context) {
            if !matches!(constraint.kind, ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. }) {
                continue;
            }
            let message = format!(
                "the index of `{column}` is built over all rows of `{table}`, and nobody can read or write it meanwhile"
            );
            let safer = format!(
                "add `{column}` alone; then `CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({column})` in a \
                 migration without transaction; then `ALTER TABLE {table} ADD CONSTRAINT {index} UNIQUE USING INDEX \
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
