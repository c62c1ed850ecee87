use migrate_core::{Finding, Hazard};

use super::old_changes;
use crate::Context;
use crate::sql::ChangeAction;

/// `DETACH PARTITION` without CONCURRENTLY, of a parent that was there before.
///
/// <https://www.postgresql.org/docs/current/sql-altertable.html>, DETACH PARTITION: ACCESS EXCLUSIVE on the parent;
/// SHARE UPDATE EXCLUSIVE with CONCURRENTLY, which needs to stand outside of a transaction and to have no default
/// partition beside it.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    old_changes(context)
        .filter_map(|(alter, change)| {
            let ChangeAction::DetachPartition { partition, concurrently: false } = &change.action else {
                return None;
            };
            let parent = &alter.name;
            let message =
                format!("everybody waits for `{parent}` while this waits for the longest query on any of its partitions");
            let safer = format!(
                "`ALTER TABLE {parent} DETACH PARTITION {partition} CONCURRENTLY` in a migration with \
                 `-- migrate: no-transaction`"
            );
            Some(Finding::new(Hazard::DetachBlocking, change.span, message, safer))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE q (id int) PARTITION BY RANGE (id);
             CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (9)",
        );
        case(&history, "ALTER TABLE q DETACH PARTITION q1", &["detach-blocking controlled"]);
        case(
            &history,
            "CREATE TABLE n (id int) PARTITION BY RANGE (id); CREATE TABLE n1 PARTITION OF n DEFAULT; ALTER TABLE n DETACH PARTITION n1",
            &[],
        );
        let history = history.without_transaction();
        case(&history, "ALTER TABLE q DETACH PARTITION q1 CONCURRENTLY", &[]);
        case(&history, "ALTER TABLE q DETACH PARTITION q1 FINALIZE", &[]);
    }
}
