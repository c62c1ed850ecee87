//! `long-validate`: VALIDATE CONSTRAINT, the second half of every safe constraint.
//!
//! ```sql
//! ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
//! ```
//!
//! It reads all rows under SHARE UPDATE EXCLUSIVE, so others read and write; for a foreign key it also takes ROW
//! SHARE on the other table (<https://www.postgresql.org/docs/current/sql-altertable.html>, "VALIDATE CONSTRAINT").
//! Controlled and not safe, because it is long: other migrations and autovacuum of the table wait.
//!
//! Safer: a migration of its own.
//!
//! Exempt: a constraint that is valid already. The recommended form is not reported.

use migrate_core::{Finding, Hazard};

use super::locking_changes;
use crate::Context;
use crate::sql::{ChangeAction, Kind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change) in locking_changes(context) {
        let ChangeAction::ValidateConstraint { name } = &change.action else { continue };
        let known = context.schema.table(table).and_then(|table| table.constraint(name));
        // VALIDATE of a valid constraint returns at once.
        if known.is_some_and(|constraint| constraint.validated) {
            continue; // nothing is left to do
        }
        let message = format!(
            "the server checks `{name}` in all rows of `{table}`, which may take long; others can read and write, but no \
             other migration can change the table until that is done"
        );
        let safer = "keep it in a migration of its own, after the one that adds the constraint, without a statement_timeout";
        let finding = Finding::new(Hazard::LongValidate, change.span, message, safer);
        findings.push(finding.in_recommended_form(is_alone(context)));
    }
    findings
}

/// Whether the script only validates one constraint.
fn is_alone(context: &Context<'_>) -> bool {
    context.is_alone()
        && matches!(&context.statement.kind, Kind::AlterTable(alter) if alter.changes.len() == 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE r (id int PRIMARY KEY);
             CREATE TABLE t (a int, r_id int);
             CREATE INDEX t_r ON t (r_id);
             ALTER TABLE t ADD CONSTRAINT t_a CHECK (a > 0) NOT VALID;
             ALTER TABLE t ADD CONSTRAINT t_r FOREIGN KEY (r_id) REFERENCES r NOT VALID;
             ALTER TABLE t ADD CONSTRAINT t_b CHECK (a < 9);",
        );
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        case("ALTER TABLE t VALIDATE CONSTRAINT t_a", &["long-validate controlled"]);
        case("ALTER TABLE t VALIDATE CONSTRAINT t_r", &["long-validate controlled"]);
        case("ALTER TABLE t VALIDATE CONSTRAINT unknown", &["long-validate controlled"]);
        case("ALTER TABLE t VALIDATE CONSTRAINT t_b", &[]); // it is valid
        case(
            "ALTER TABLE t ADD CONSTRAINT x CHECK (a > 1) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT x",
            &["new-write-limit controlled", "lock-then-work high", "long-validate controlled"],
        );
        case(
            "CREATE TABLE new (a int); ALTER TABLE new ADD CONSTRAINT x CHECK (a > 1) NOT VALID;
             ALTER TABLE new VALIDATE CONSTRAINT x",
            &[],
        );
    }
}
