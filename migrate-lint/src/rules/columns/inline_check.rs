//! `inline-check`: ADD COLUMN with a CHECK.
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN discount int DEFAULT 0 CHECK (discount >= 0);
//! ```
//!
//! The server reads all rows under ACCESS EXCLUSIVE, although each has the same value in the new column. Measured on
//! PostgreSQL 15 and 18; the lock is in <https://www.postgresql.org/docs/current/sql-altertable.html>. NOT NULL of a
//! VIRTUAL column (PostgreSQL 18) does the same.
//!
//! Safer: the column alone, then the CHECK NOT VALID, then VALIDATE CONSTRAINT in a later migration.
//!
//! Exempt: NOT ENFORCED, a table that the same script creates, and a column that rewrites the table anyway, which is
//! the larger finding.

use migrate_core::{Finding, Hazard, Span};

use super::added_column::{AddedColumn, added_columns};
use crate::Context;
use crate::sql::{ConstraintKind, Generated};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for added in added_columns(context) {
        let checks = added.checked_constraints(context).filter_map(|constraint| match &constraint.kind {
            ConstraintKind::Check(check) => {
                let name = &added.column.name.name;
                Some((constraint.span, check.columns.iter().any(|column| column != name)))
            }
            _ => None,
        });
        let not_null = virtual_not_null(context, &added).map(|span| (span, false));
        findings.extend(checks.chain(not_null).map(|(span, uses_others)| {
            let finding = finding(&added, span);
            // Older code writes the other columns without knowing of this condition.
            if uses_others { finding.breaking_older_binaries() } else { finding }
        }));
    }
    findings
}

/// The place of NOT NULL on a VIRTUAL column. Unlike that of a plain column it has to be computed for each row.
fn virtual_not_null(context: &Context<'_>, added: &AddedColumn<'_>) -> Option<Span> {
    let is_virtual = matches!(added.column.generated, Some(Generated::Virtual(_)));
    (context.engine.locks_tables() && is_virtual && added.column.not_null).then_some(added.span)
}

fn finding(added: &AddedColumn<'_>, span: Span) -> Finding {
    let (table, column) = (added.table, &added.column.name.name);
    let message = format!(
        "the server checks the condition on `{column}` in all rows of `{table}`, and no one can read or write it until \
         that is done"
    );
    let safer = format!(
        "add `{column}` alone, then `ALTER TABLE {table} ADD CONSTRAINT {}_{column}_check CHECK (…) NOT VALID`, and \
         `VALIDATE CONSTRAINT` in a later migration",
        table.name
    );
    Finding::new(Hazard::InlineCheck, span, message, safer)
}

#[cfg(test)]
mod tests {
    use migrate_core::Project;

    use crate::testing::{case, findings, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int)");
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        let high: &[&str] = &["inline-check high"];
        case("ALTER TABLE t ADD COLUMN n int CHECK (n > 0)", high);
        case("ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 5 CONSTRAINT n_positive CHECK (n > 0)", high);
        case("ALTER TABLE t ADD COLUMN n serial CHECK (n > 0)", &["serial-column high"]); // the rewrite reads them anyway
        case("ALTER TABLE t ADD COLUMN n int, ADD CHECK (n > 0)", &["check-validate high"]); // as work, the same
        case("CREATE TABLE new (id int); ALTER TABLE new ADD COLUMN n int CHECK (n > 0)", &[]);
    }

    #[test]
    fn only_a_condition_on_other_columns_meets_older_code() {
        let history = history("CREATE TABLE t (id int)");
        let breaks = |sql: &str| findings(&history, sql)[0].breaks_older_binaries;
        assert!(!breaks("ALTER TABLE t ADD COLUMN n int CHECK (n > 0)"));
        assert!(breaks("ALTER TABLE t ADD COLUMN n int CHECK (n > 0 OR id > 0)"));
    }

    #[test]
    fn newer_servers() {
        let project = Project { postgres: Some(18), ..Project::default() };
        let history = history("CREATE TABLE t (id int)").project(project);
        case(&history, "ALTER TABLE t ADD COLUMN n int CHECK (n > 0) NOT ENFORCED", &[]);
        case(
            &history,
            "ALTER TABLE t ADD COLUMN n int NOT NULL GENERATED ALWAYS AS (id + 1) VIRTUAL",
            &["inline-check high"],
        );
    }

    #[test]
    fn sqlite_has_no_lock_to_speak_of() {
        let history = sqlite_history("CREATE TABLE t (id int)");
        case(&history, "ALTER TABLE t ADD COLUMN n int CHECK (n > 0)", &[]);
    }
}
