//! `index-drop`: DROP CONSTRAINT of a UNIQUE, PRIMARY KEY or EXCLUDE, which drops its index too.
//!
//! ```sql
//! ALTER TABLE users DROP CONSTRAINT users_email_key;
//! ```
//!
//! The statement is instant (<https://www.postgresql.org/docs/current/sql-altertable.html>, "DROP CONSTRAINT").
//! Queries that used the index become slow, and `ON CONFLICT (email)` fails without a unique index
//! (<https://www.postgresql.org/docs/current/sql-insert.html>).
//!
//! Safer: see that no query uses the index, and release code that works without it.
//!
//! Exempt: a constraint that no migration creates, which is `fk-two-tables`, because it may be a foreign key.

use migrate_core::{Finding, Hazard};

use super::locking_changes;
use crate::Context;
use crate::rules::replacement::replacement;
use crate::schema::TableConstraintKind;
use crate::sql::ChangeAction;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change) in locking_changes(context) {
        let ChangeAction::DropConstraint { name, .. } = &change.action else { continue };
        let known = context.schema.table(table).and_then(|table| table.constraint(name));
        if !known.is_some_and(|constraint| has_index(&constraint.kind)) {
            continue;
        }
        let index = context.schema.indexes_of(table).find(|index| index.name.name == *name);
        let message = match index.and_then(|index| replacement(context, index)) {
            None => format!(
                "the index of `{name}` is dropped with it: queries that used it read all of `{table}`, and INSERT … ON \
                 CONFLICT that relies on it fails"
            ),
            Some(new) if new.is_as_unique => format!(
                "the index of `{name}` is dropped with it: queries use `{}`, but INSERT … ON CONFLICT ON CONSTRAINT \
                 `{name}` fails unless that has its name",
                new.name
            ),
            Some(new) => format!(
                "the index of `{name}` is dropped with it: queries use `{}`, but INSERT … ON CONFLICT that relies on it \
                 fails",
                new.name
            ),
        };
        let safer =
            "see in pg_stat_user_indexes that no query uses it, and first deploy code that works without it";
        findings.push(Finding::new(Hazard::IndexDrop, change.span, message, safer).breaking_older_binaries());
    }
    findings
}

/// Whether the constraint has an index.
fn has_index(kind: &TableConstraintKind) -> bool {
    use TableConstraintKind::{Exclude, PrimaryKey, Unique};
    matches!(kind, Unique { .. } | PrimaryKey { .. } | Exclude { .. })
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b int CHECK (b > 0))");
        let controlled: &[&str] = &["index-drop controlled"];
        case(&history, "ALTER TABLE t DROP CONSTRAINT t_pkey", controlled);
        case(&history, "ALTER TABLE t DROP CONSTRAINT t_a_key", controlled);
        case(&history, "ALTER TABLE t DROP CONSTRAINT t_b_check", &[]); // no query uses a CHECK
        case(&history, "CREATE TABLE new (a int UNIQUE); ALTER TABLE new DROP CONSTRAINT new_a_key", &[]);
    }
}
