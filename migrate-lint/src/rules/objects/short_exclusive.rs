//! `short-ael`: a change that is instant but needs ACCESS EXCLUSIVE on a table that was there before: SET STORAGE,
//! ADD GENERATED AS IDENTITY, REPLICA IDENTITY, OWNER TO, INHERIT, ENABLE or DISABLE TRIGGER, ALTER CONSTRAINT, CREATE
//! TABLE … PARTITION OF.
//!
//! ```sql
//! ALTER TABLE orders OWNER TO app;
//! ```
//!
//! The statement waits for the longest query on the table, and every later query waits in the queue after it,
//! readers too (<https://www.postgresql.org/docs/current/sql-altertable.html> names the lock of each; switching
//! triggers stops writers alone).
//!
//! Safer: alone in its migration and with a `lock_timeout`, so that a long query makes the runner give up and try
//! again, and not everyone wait. For a partition: create the table, then ATTACH it.
//!
//! Exempt: SQLite, a table that the same script creates, and ADD COLUMN that reads or writes no rows. That takes the
//! same lock, but it is what most migrations are for, and a warning for each of them would be read by no one.

use migrate_core::{Finding, Hazard};

use super::default_partition_scan::may_read_default;
use super::old_changes;
use crate::Context;
use crate::sql::{ChangeAction, ColumnChange, Kind, ObjectKind, TableBody};

const SAFER: &str = "keep it alone in its migration, so that the lock is held for an instant; the runner gives up after \
                     `lock_timeout` and tries again";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.engine.locks_tables() {
        return Vec::new();
    }
    let of_clauses = old_changes(context).filter_map(|(alter, change)| {
        let table = &alter.name;
        let (stopped, effect) = match &change.action {
            ChangeAction::AlterColumn { change: ColumnChange::SetStorage, .. } => {
                ("no one can use", String::new())
            }
            ChangeAction::AlterColumn { column, change: ColumnChange::AddIdentity } => {
                ("no one can use", format!("; with ALWAYS, code that writes `{column}` fails"))
            }
            ChangeAction::ReplicaIdentity => {
                ("no one can use", "; subscribers get the old values of rows in another form".to_owned())
            }
            ChangeAction::OwnerTo(owner) if alter.kind == ObjectKind::Table => (
                "no one can use",
                format!("; it gets the owner `{owner}`, and its present owner needs grants to use it"),
            ),
            ChangeAction::SetTrigger => {
                ("no one can write to", "; from now on writes have other effects".to_owned())
            }
            ChangeAction::SetDeferrable { name, deferrable, deferred } => {
                ("no one can use", checked_when(name, *deferrable, *deferred))
            }
            ChangeAction::Inherit(parent) => {
                ("no one can use", format!("; queries on `{parent}` then show its rows"))
            }
            ChangeAction::NoInherit(parent) => {
                ("no one can use", format!("; queries on `{parent}` no longer show its rows"))
            }
            _ => return None,
        };
        let message = format!("{stopped} `{table}` while this waits for the longest query on it{effect}");
        let finding = Finding::new(Hazard::ShortExclusive, change.span, message, SAFER);
        let finding = finding.in_recommended_form(context.is_alone());
        Some(if takes_a_right(&change.action) { finding.breaking_older_binaries() } else { finding })
    });
    of_clauses.chain(new_partition(context)).collect()
}

/// Whether the server may refuse running code something that it allowed before.
fn takes_a_right(action: &ChangeAction) -> bool {
    matches!(
        action,
        ChangeAction::OwnerTo(_)
            | ChangeAction::AlterColumn { change: ColumnChange::AddIdentity, .. }
            | ChangeAction::SetDeferrable { deferrable: false, .. }
    )
}

/// What ALTER CONSTRAINT changes for running code. DEFERRABLE alone changes nothing for code that does not ask for it.
fn checked_when(name: &str, deferrable: bool, deferred: bool) -> String {
    match (deferrable, deferred) {
        (_, true) => format!(
            "; from now on `{name}` is checked at COMMIT, where running code may not expect its error"
        ),
        (true, false) => String::new(),
        (false, false) => format!("; code that defers `{name}` fails"),
    }
}

/// A new partition, unless the default partition is read for it: [`Hazard::DefaultPartitionScan`].
fn new_partition(context: &Context<'_>) -> Option<Finding> {
    let Kind::CreateTable(table) = &context.statement.kind else { return None };
    let TableBody::PartitionOf(parent, bound) = &table.body else { return None };
    if !context.is_old(parent) || may_read_default(context, parent, bound) {
        return None;
    }
    let message = format!("no one can use `{parent}` while this waits for the longest query on it");
    let safer = format!(
        "`CREATE TABLE {} (LIKE {parent} INCLUDING ALL)`, then `ALTER TABLE {parent} ATTACH PARTITION {} …`, which lets \
         others read and write",
        table.name, table.name
    );
    Some(Finding::new(Hazard::ShortExclusive, context.statement.span, message, safer))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY, b text); CREATE TABLE old (id int);
             CREATE TABLE q (id int) PARTITION BY RANGE (id)",
        );
        case(&history, "ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL", &["short-ael controlled"]);
        case(&history, "ALTER TABLE t REPLICA IDENTITY FULL", &["short-ael controlled"]);
        case(&history, "ALTER TABLE t OWNER TO CURRENT_USER", &["short-ael controlled"]);
        case(&history, "ALTER TABLE t DISABLE TRIGGER ALL", &["short-ael controlled"]);
        case(&history, "ALTER TABLE t ENABLE ALWAYS TRIGGER note", &["short-ael controlled"]);
        case(
            &history,
            "ALTER TABLE t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
            &["short-ael controlled"],
        );
        case(&history, "ALTER TABLE old INHERIT t", &["short-ael controlled"]);
        case(&history, "ALTER TABLE old ALTER CONSTRAINT to_t DEFERRABLE", &["short-ael controlled"]);
        case(&history, "ALTER TABLE old ALTER CONSTRAINT to_t NOT DEFERRABLE", &["short-ael controlled"]);
        case(&history, "ALTER TABLE old ALTER CONSTRAINT to_t INITIALLY DEFERRED", &["short-ael controlled"]);
        case(&history, "ALTER TABLE old NO INHERIT t", &["short-ael controlled"]);
        case(
            &history,
            "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (9)",
            &["short-ael controlled"],
        );
        case(&history, "CREATE TABLE pdef PARTITION OF q DEFAULT", &["short-ael controlled"]);
        // No one waits for these.
        case(&history, "ALTER TABLE t ADD COLUMN n int", &[]);
        case(&history, "ALTER TABLE t SET (fillfactor = 90)", &[]);
        case(&history, "ALTER TABLE t ALTER COLUMN b SET STATISTICS 500", &[]);
        case(&history, "ALTER TABLE t ALTER COLUMN b SET COMPRESSION lz4", &[]);
        case(
            &history,
            "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
             ALTER TABLE p1 REPLICA IDENTITY FULL",
            &[],
        );
    }

    #[test]
    fn sqlite_has_no_such_lock() {
        let history = sqlite_history("CREATE TABLE t (id)");
        case(&history, "ALTER TABLE t ADD COLUMN n", &[]);
    }
}
