//! `set-not-null`: SET NOT NULL, and from PostgreSQL 18 ADD CONSTRAINT … NOT NULL.
//!
//! ```sql
//! ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
//! ```
//!
//! The server reads all rows under ACCESS EXCLUSIVE, unless a validated CHECK proves that no value is NULL
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, "SET/DROP NOT NULL").
//!
//! Safer: such a CHECK, added NOT VALID and validated in a later migration; from PostgreSQL 18 NOT NULL … NOT VALID
//! itself. After a CHECK that the schema knows as validated the risk is controlled, because the database may have
//! been changed by hand.
//!
//! Exempt: a column that is NOT NULL already, and a table that the same script creates.

use migrate_core::{Finding, Hazard, Risk, Span};

use super::{added_constraints, locking_changes};
use crate::Context;
use crate::sql::{ChangeAction, ColumnChange, ConstraintKind, Kind, Name};

/// The first PostgreSQL with `NOT NULL … NOT VALID`.
const NOT_NULL_NOT_VALID: u32 = 18;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let clauses = locking_changes(context).filter_map(|(table, change)| match &change.action {
        ChangeAction::AlterColumn { column, change: ColumnChange::SetNotNull } => {
            Some((table, column, change.span))
        }
        _ => None,
    });
    let constraints =
        added_constraints(context).filter_map(|(table, change, constraint)| match &constraint.kind {
            ConstraintKind::NotNull { column } if !constraint.not_valid => Some((table, column, change.span)),
            _ => None,
        });
    clauses
        .chain(constraints)
        .filter_map(|(table, column, span)| finding(context, table, column, span))
        .collect()
}

/// The finding for one column: none, controlled after a proof, or high.
fn finding(context: &Context<'_>, table: &Name, column: &str, span: Span) -> Option<Finding> {
    let known = context.schema.table(table).and_then(|table| table.column(column));
    if known.is_some_and(|column| column.not_null) {
        return None; // nothing changes
    }
    if context.schema.proves_not_null(table, column) {
        let message = format!(
            "SET NOT NULL on `{column}` is instant if the CHECK of `{table}` that proves it is valid on the server too"
        );
        let safer = "validate the CHECK in an earlier migration, and drop it after this one";
        let finding = Finding::new(Hazard::SetNotNull, span, message, safer).with_risk(Risk::Controlled);
        return Some(finding.in_recommended_form(!is_proven_here(context, table)));
    }
    let message = format!(
        "SET NOT NULL on `{column}` reads all rows of `{table}`, and no one can read or write it until that is done"
    );
    let finding = Finding::new(Hazard::SetNotNull, span, message, safer(context, table, column));
    Some(finding.breaking_older_binaries())
}

/// Whether the script itself adds or validates a constraint of the table: the proof is then no step of its own.
fn is_proven_here(context: &Context<'_>, table: &Name) -> bool {
    let table = context.schema.resolve(table);
    context.script[..context.index].iter().any(|statement| match &statement.kind {
        Kind::AlterTable(alter) => {
            context.schema.resolve(&alter.name) == table
                && alter.changes.iter().any(|change| {
                    matches!(
                        change.action,
                        ChangeAction::AddConstraint(_) | ChangeAction::ValidateConstraint { .. }
                    )
                })
        }
        _ => false,
    })
}

/// The steps for the oldest server of the project.
fn safer(context: &Context<'_>, table: &Name, column: &str) -> String {
    let constraint = format!("{}_{column}_not_null", table.name);
    if context.server() >= NOT_NULL_NOT_VALID {
        return format!(
            "`ALTER TABLE {table} ADD CONSTRAINT {constraint} NOT NULL {column} NOT VALID`, and in a later migration \
             `ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}`"
        );
    }
    format!(
        "`ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IS NOT NULL) NOT VALID`, in a later migration \
         `VALIDATE CONSTRAINT {constraint}`, then SET NOT NULL, which the CHECK proves, and drop the CHECK"
    )
}

#[cfg(test)]
mod tests {
    use migrate_core::Project;

    use crate::testing::{case, findings, history};

    const SET: &str = "ALTER TABLE t ALTER COLUMN b SET NOT NULL";

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int PRIMARY KEY, k int NOT NULL, b text)");
        case(&history, SET, &["set-not-null high"]);
        case(&history, "ALTER TABLE elsewhere ALTER COLUMN b SET NOT NULL", &["set-not-null high"]);
        case(
            &history,
            "ALTER TABLE t ADD COLUMN n int DEFAULT 0; ALTER TABLE t ALTER COLUMN n SET NOT NULL",
            &["set-not-null high"],
        );
        case(&history, "ALTER TABLE t ALTER COLUMN k SET NOT NULL", &[]); // it is already
        case(&history, "ALTER TABLE t ALTER COLUMN id SET NOT NULL", &[]); // as a primary key is
        case(&history, "CREATE TABLE new (b text); ALTER TABLE new ALTER COLUMN b SET NOT NULL", &[]);
    }

    #[test]
    fn a_check_proves_it_when_it_is_valid_and_implies_it() {
        let set = |check: &str, want: &[&str]| {
            let history = history(&format!(
                "CREATE TABLE t (b text, c text); ALTER TABLE t ADD CONSTRAINT x CHECK {check}"
            ));
            case(&history, SET, want);
        };
        set("(b IS NOT NULL)", &["set-not-null controlled"]);
        set("(b IS NOT NULL AND c <> '')", &["set-not-null controlled"]);
        set("(b IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT x", &["set-not-null controlled"]);
        set("(b IS NOT NULL) NOT VALID", &["set-not-null high"]);
        set("(b IS NOT NULL OR c IS NOT NULL)", &["set-not-null high"]);
        set("(b <> '')", &["set-not-null high"]); // a CHECK passes where it is NULL
        set("(c IS NOT NULL)", &["set-not-null high"]);
        set("(b IS NOT NULL); ALTER TABLE t DROP CONSTRAINT x", &["set-not-null high"]);
    }

    #[test]
    fn only_code_that_may_write_null_is_broken() {
        let breaks = |table: &str| findings(&history(table), SET)[0].breaks_older_binaries;
        assert!(breaks("CREATE TABLE t (b text)"));
        assert!(!breaks("CREATE TABLE t (b text CHECK (b IS NOT NULL))"));
    }

    #[test]
    fn newer_servers() {
        let table = "CREATE TABLE t (id int PRIMARY KEY, b text)";
        let newer = history(table).project(Project { postgres: Some(18), ..Project::default() });
        case(&newer, "ALTER TABLE t ADD CONSTRAINT b_set NOT NULL b", &["set-not-null high"]);
        case(&newer, "ALTER TABLE t ADD CONSTRAINT id_set NOT NULL id", &[]);
        case(
            &newer,
            "ALTER TABLE t ADD CONSTRAINT b_set NOT NULL b NOT VALID",
            &["new-write-limit controlled"],
        );
        assert!(findings(&newer, SET)[0].safer.contains("NOT NULL b NOT VALID"));
        assert!(findings(&history(table), SET)[0].safer.contains("CHECK (b IS NOT NULL) NOT VALID"));
    }
}
