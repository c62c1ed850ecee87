use migrate_core::{Finding, Hazard, Risk};

use super::changes;
use crate::Context;
use crate::schema::TableConstraintKind;
use crate::sql::{ChangeAction, Name, ObjectKind};

/// `ATTACH PARTITION` of a table that was there before.
///
/// <https://www.postgresql.org/docs/current/sql-altertable.html>, ATTACH PARTITION: the whole table is read under
/// ACCESS EXCLUSIVE to see that its rows fit, unless a validated CHECK says that they do. Whether a CHECK says so is
/// for the server to prove; that there is one makes it controlled.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    changes(context)
        .filter_map(|(alter, change)| {
            let ChangeAction::AttachPartition { partition, .. } = &change.action else { return None };
            // ALTER INDEX … ATTACH PARTITION compares two definitions.
            if alter.kind == ObjectKind::Index || !context.is_old(partition) {
                return None;
            }
            let parent = &alter.name;
            let finding = if has_valid_check(context, partition) {
                let message = format!("all rows of `{partition}` are read, unless its CHECK says that they fit");
                let safer = "the CHECK must say what the bounds say, and IS NOT NULL of each column of the key";
                Finding::new(Hazard::AttachScan, change.span, message, safer).with_risk(Risk::Controlled)
            } else {
                let message = format!("nobody can use `{partition}` while all its rows are read to see that they fit");
                let safer = format!(
                    "`ALTER TABLE {partition} ADD CONSTRAINT … CHECK (…) NOT VALID` with the bounds of the partition, \
                     VALIDATE it in the next migration, then ATTACH to `{parent}`, then drop it"
                );
                Finding::new(Hazard::AttachScan, change.span, message, safer)
            };
            Some(finding)
        })
        .collect()
}

pub(super) fn has_valid_check(context: &Context<'_>, table: &Name) -> bool {
    context.schema.table(table).is_some_and(|table| {
        table.constraints.iter().any(|constraint| {
            constraint.validated && matches!(constraint.kind, TableConstraintKind::Check(_))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE q (id int) PARTITION BY RANGE (id); CREATE TABLE bare (id int);
             CREATE TABLE checked (id int CHECK (id IS NOT NULL AND id >= 100 AND id < 200));
             CREATE TABLE pending (id int);
             ALTER TABLE pending ADD CONSTRAINT fits CHECK (id >= 100 AND id < 200) NOT VALID;",
        );
        let attach =
            |table: &str| format!("ALTER TABLE q ATTACH PARTITION {table} FOR VALUES FROM (100) TO (200)");
        case(&history, &attach("bare"), &["attach-scan high"]);
        case(&history, &attach("unknown"), &["attach-scan high"]);
        case(&history, &attach("pending"), &["attach-scan high"]); // a CHECK that is not valid proves nothing
        case(&history, &attach("checked"), &["attach-scan controlled"]);
        case(&history, "ALTER TABLE q ATTACH PARTITION bare DEFAULT", &["attach-scan high"]);
        case(&history, &format!("CREATE TABLE new (id int); {}", attach("new")), &[]);
        // A new parent for an old table: the old table is read all the same.
        case(
            &history,
            "CREATE TABLE n (id int) PARTITION BY RANGE (id); ALTER TABLE n ATTACH PARTITION bare DEFAULT",
            &["attach-scan high"],
        );
    }
}
