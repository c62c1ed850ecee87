//! `check-validate`: ADD CHECK on a table that was there before.
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0);
//! ```
//!
//! The server reads all rows under ACCESS EXCLUSIVE (<https://www.postgresql.org/docs/current/sql-altertable.html>,
//! "Notes").
//!
//! Safer: NOT VALID, which reads no rows, and VALIDATE CONSTRAINT in a later migration, which lets others read and
//! write. Why not in the same migration? The lock of the first statement is held until the transaction ends.
//!
//! Exempt: NOT VALID and NOT ENFORCED, and a table that the same script creates.

use migrate_core::{Finding, Hazard};

use super::{added_constraints, constraint_name};
use crate::Context;
use crate::sql::ConstraintKind;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change, constraint) in added_constraints(context) {
        let ConstraintKind::Check(check) = &constraint.kind else { continue };
        // These read no rows. NOT VALID is `new-write-limit`.
        if constraint.not_valid || constraint.not_enforced {
            continue;
        }
        let name = constraint_name(constraint, || format!("{}_check", table.name));
        let message = format!(
            "the server checks all rows of `{table}`, and no one can read or write it until that is done"
        );
        let safer = format!(
            "`ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({}) NOT VALID`, and in a later migration `ALTER TABLE \
             {table} VALIDATE CONSTRAINT {name}`",
            check.text
        );
        findings
            .push(Finding::new(Hazard::CheckValidate, change.span, message, safer).breaking_older_binaries());
    }
    findings
}

#[cfg(test)]
mod tests {
    use migrate_core::Project;

    use crate::testing::{case, findings, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (a int, b int)");
        let high: &[&str] = &["check-validate high"];
        case(&history, "ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0)", high);
        case(&history, "ALTER TABLE t ADD CHECK (a > 0)", high);
        case(
            &history,
            "ALTER TABLE t ADD CHECK (a > 0), ADD CHECK (b > 0)",
            &["check-validate high", "check-validate high"],
        );
        case(&history, "CREATE TABLE new (a int); ALTER TABLE new ADD CHECK (a > 0)", &[]);
        case(&history, "CREATE FOREIGN TABLE far (a int) SERVER s; ALTER TABLE far ADD CHECK (a > 0)", &[]);
    }

    #[test]
    fn a_foreign_table_has_no_rows_here() {
        let history = history("CREATE FOREIGN TABLE far (a int) SERVER s");
        case(&history, "ALTER TABLE far ADD CHECK (a > 0)", &[]);
    }

    #[test]
    fn a_constraint_that_is_not_enforced_reads_nothing() {
        let project = Project { postgres: Some(18), ..Project::default() };
        let history = history("CREATE TABLE t (a int)").project(project);
        case(&history, "ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED", &[]);
    }

    #[test]
    fn the_safer_form_can_be_copied() {
        let history = history("CREATE TABLE t (a int)");
        let safer = &findings(&history, "ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0)")[0].safer;
        assert!(safer.contains("ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0) NOT VALID"), "{safer}");
    }
}
