//! `new-write-limit`: a constraint that is NOT VALID. It does not check the rows that are there, but it checks every
//! write from now on.
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
//! ```
//!
//! The statement is instant (<https://www.postgresql.org/docs/current/sql-altertable.html>, "ADD table_constraint [
//! NOT VALID ]"). Running code that writes other values fails.
//!
//! Safer: first release code that complies.
//!
//! Exempt: NOT ENFORCED, and a foreign key to another old table, where `fk-two-tables` says the same.

use migrate_core::{Finding, Hazard, Span};

use super::added_constraints;
use super::foreign_key::added_foreign_keys;
use crate::Context;
use crate::sql::{ConstraintKind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.engine.has_unchecked_constraints() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (table, change, constraint) in
        added_constraints(context).filter(|(_, _, constraint)| constraint.not_valid)
    {
        let what = match &constraint.kind {
            ConstraintKind::Check(check) => format!("meets `{}`", check.text),
            ConstraintKind::NotNull { column } => format!("writes `{column}`"),
            _ => continue,
        };
        findings.push(finding(table, &what, change.span));
    }
    // A key to another old table is `fk-two-tables`, which covers this.
    let keys = added_foreign_keys(context).into_iter().filter(|key| {
        key.constraint.not_valid && key.limits_writes() && key.other_old_table(context).is_none()
    });
    findings.extend(
        keys.map(|key| finding(key.table, &format!("refers to a row of `{}`", key.key.table), key.span)),
    );
    findings
}

fn finding(table: &Name, what: &str, span: Span) -> Finding {
    let message = format!("from now on `{table}` refuses a write of running code unless it {what}");
    let safer = "first deploy code that complies, and add the constraint when no older code is left";
    Finding::new(Hazard::NewWriteLimit, span, message, safer).breaking_older_binaries()
}

#[cfg(test)]
mod tests {
    use migrate_core::Project;

    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history =
            history("CREATE TABLE t (id int PRIMARY KEY, a int, up int); CREATE INDEX t_up ON t (up)");
        let controlled: &[&str] = &["new-write-limit controlled"];
        case(&history, "ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0) NOT VALID", controlled);
        case(&history, "ALTER TABLE t ADD FOREIGN KEY (up) REFERENCES t NOT VALID", controlled); // no second table
        case(
            &history,
            "CREATE TABLE new (id int PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (up) REFERENCES new NOT VALID",
            controlled,
        );
        case(&history, "CREATE TABLE new (a int); ALTER TABLE new ADD CHECK (a > 0) NOT VALID", &[]);
    }

    #[test]
    fn newer_servers() {
        let history =
            history("CREATE TABLE t (a int)").project(Project { postgres: Some(18), ..Project::default() });
        case(
            &history,
            "ALTER TABLE t ADD CONSTRAINT a_set NOT NULL a NOT VALID",
            &["new-write-limit controlled"],
        );
    }
}
