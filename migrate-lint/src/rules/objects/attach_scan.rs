//! `attach-scan`: a table that was there before becomes a partition.
//!
//! ```sql
//! ALTER TABLE orders ATTACH PARTITION orders_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
//! ```
//!
//! PostgreSQL reads all of `orders_2025` under ACCESS EXCLUSIVE to see that its rows fit the bounds, unless a
//! validated CHECK proves that they do (<https://www.postgresql.org/docs/current/sql-altertable.html>, ATTACH
//! PARTITION).
//!
//! Safer: a CHECK with the bounds that is added NOT VALID and validated in the next migration, before the ATTACH.
//! With any validated CHECK the risk is controlled and not safe, because whether that CHECK implies the bounds is a
//! proof that only the server can make.
//!
//! Exempt: a partition that the same script creates.

use migrate_core::{Finding, Hazard, Risk};

use super::changes;
use crate::Context;
use crate::schema::TableConstraintKind;
use crate::sql::{ChangeAction, Name, ObjectKind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    changes(context)
        .filter_map(|(alter, change)| {
            let ChangeAction::AttachPartition { partition, .. } = &change.action else { return None };
            // ALTER INDEX … ATTACH PARTITION compares two definitions and reads no rows.
            if alter.kind == ObjectKind::Index || !context.is_old(partition) {
                return None;
            }
            let parent = &alter.name;
            let finding = if has_valid_check(context, partition) {
                let message = format!("the server reads all rows of `{partition}`, unless its CHECK proves that they fit the bounds");
                let safer = "the CHECK must state the bounds, and IS NOT NULL for each column of the partition key";
                Finding::new(Hazard::AttachScan, change.span, message, safer).with_risk(Risk::Controlled)
            } else {
                let message = format!(
                    "no one can read or write `{partition}` while the server reads all its rows to see that they fit \
                     the bounds"
                );
                let safer = format!(
                    "`ALTER TABLE {partition} ADD CONSTRAINT … CHECK (…) NOT VALID` with the bounds of the partition, \
                     VALIDATE it in the next migration, then ATTACH to `{parent}`, then drop the CHECK"
                );
                Finding::new(Hazard::AttachScan, change.span, message, safer)
            };
            Some(finding)
        })
        .collect()
}

/// Whether the table has any CHECK that the server trusts. Which condition it states is not compared with the
/// bounds: that needs the server's own theorem prover.
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
