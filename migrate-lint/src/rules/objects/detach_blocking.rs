//! `detach-blocking`: a partition is detached without CONCURRENTLY from a table that was there before.
//!
//! ```sql
//! ALTER TABLE orders DETACH PARTITION orders_2019;
//! ```
//!
//! It takes ACCESS EXCLUSIVE on the parent for an instant, but it first waits for the longest query on any
//! partition, and every later query waits in the queue after it
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, DETACH PARTITION).
//!
//! Safer: DETACH PARTITION … CONCURRENTLY, which takes SHARE UPDATE EXCLUSIVE. It cannot run in a transaction, and
//! not on a table that has a default partition.

use migrate_core::{Finding, Hazard};

use super::old_changes;
use crate::Context;
use crate::sql::ChangeAction;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    old_changes(context)
        .filter_map(|(alter, change)| {
            // FINALIZE counts as concurrently: it completes a detach that was.
            let ChangeAction::DetachPartition { partition, concurrently: false } = &change.action else {
                return None;
            };
            let parent = &alter.name;
            let message = format!(
                "no one can use `{parent}` while this waits for the longest query on any of its partitions"
            );
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
