use migrate_core::{Finding, Hazard};

use super::locking_changes;
use crate::Context;
use crate::sql::ChangeAction;

/// `VALIDATE CONSTRAINT` reads all rows; others read and write meanwhile.
///
/// <https://www.postgresql.org/docs/current/sql-altertable.html>, "VALIDATE CONSTRAINT": SHARE UPDATE EXCLUSIVE, and for
/// a foreign key ROW SHARE on the other table.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change) in locking_changes(context) {
        let ChangeAction::ValidateConstraint { name } = &change.action else { continue };
        let known = context.schema.table(table).and_then(|table| table.constraint(name));
        if known.is_some_and(|constraint| constraint.validated) {
            continue; // nothing is left to do
        }
        let message = format!(
            "`{name}` is held against all rows of `{table}`, which may take long; others read and write meanwhile, but no \
             other migration gets at the table"
        );
        let safer =
            "a migration of its own, after that which adds the constraint, without a statement_timeout";
        findings.push(Finding::new(Hazard::LongValidate, change.span, message, safer));
    }
    findings
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
