//! `default-partition-scan`: a table gets one more partition, and its default partition was there before.
//!
//! ```sql
//! CREATE TABLE orders_2027 PARTITION OF orders FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
//! ```
//!
//! The server reads all of the default partition under ACCESS EXCLUSIVE to see that it holds no row of the new one,
//! unless a validated CHECK proves it (<https://www.postgresql.org/docs/current/ddl-partitioning.html>). ATTACH
//! PARTITION does the same. Measured: it reads even if the new partition is empty.
//!
//! Safer: a CHECK on the default partition that excludes the new bounds, added NOT VALID and validated in the next
//! migration. If that CHECK or the bounds have a form that is not understood, the risk is controlled.
//!
//! Exempt: a default partition that the same script creates, and one whose CHECK excludes the bounds.

use migrate_core::{Finding, Hazard, Risk, Span};

use super::changes;
use super::partition_proof::{Proof, excludes};
use crate::Context;
use crate::sql::{ChangeAction, Kind, Name, PartitionBound, TableBody};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let of_clauses = changes(context).filter_map(|(alter, change)| match &change.action {
        ChangeAction::AttachPartition { bound: bound @ PartitionBound::Values(_), .. } => {
            finding(context, &alter.name, bound, change.span)
        }
        _ => None,
    });
    let created = match &context.statement.kind {
        Kind::CreateTable(table) => match &table.body {
            TableBody::PartitionOf(parent, bound @ PartitionBound::Values(_)) => {
                finding(context, parent, bound, context.statement.span)
            }
            _ => None,
        },
        _ => None,
    };
    of_clauses.chain(created).collect()
}

/// The finding if the parent has an old default partition.
fn finding(context: &Context<'_>, parent: &Name, bound: &PartitionBound, span: Span) -> Option<Finding> {
    let default = old_default_partition(context, parent)?;
    let proof = excludes(context, parent, &default, bound);
    let finding = if proof == Proof::Given {
        return None;
    } else if proof == Proof::Unknown {
        let message = format!(
            "the server reads all rows of `{default}`, unless its CHECK proves that none belongs to the new partition"
        );
        let safer = "the CHECK must exclude the bounds of the new partition";
        Finding::new(Hazard::DefaultPartitionScan, span, message, safer).with_risk(Risk::Controlled)
    } else {
        let message = format!(
            "no one can read or write `{default}` while the server reads all its rows to see that none belongs to the \
             new partition"
        );
        let safer = format!(
            "`ALTER TABLE {default} ADD CONSTRAINT … CHECK (…) NOT VALID` that excludes the bounds of the new partition, \
             VALIDATE it in the next migration, then add the partition, then drop the CHECK"
        );
        Finding::new(Hazard::DefaultPartitionScan, span, message, safer)
    };
    Some(finding)
}

/// Whether the server reads an old default partition when its parent gets one with these bounds, or may do so.
pub(super) fn may_read_default(context: &Context<'_>, parent: &Name, bound: &PartitionBound) -> bool {
    let default = old_default_partition(context, parent);
    default.is_some_and(|default| excludes(context, parent, &default, bound) != Proof::Given)
}

/// The default partition of a table, if it was there before this migration.
fn old_default_partition(context: &Context<'_>, parent: &Name) -> Option<Name> {
    let default = context.schema.default_partition(parent)?;
    (!context.schema.is_current(default.created_in)).then(|| default.name.clone())
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE pdef PARTITION OF p DEFAULT;
             CREATE TABLE old (id int); CREATE TABLE q (id int) PARTITION BY RANGE (id);
             CREATE TABLE qdef PARTITION OF q DEFAULT; ALTER TABLE qdef ADD CHECK (id > 200);",
        );
        let bounds = "FOR VALUES FROM (100) TO (200)";
        case(
            &history,
            &format!("CREATE TABLE new (id int); ALTER TABLE p ATTACH PARTITION new {bounds}"),
            &["default-partition-scan high"],
        );
        case(
            &history,
            &format!("ALTER TABLE p ATTACH PARTITION old {bounds}"),
            &["attach-scan high", "default-partition-scan high"], // two tables are read
        );
        case(&history, &format!("CREATE TABLE p1 PARTITION OF p {bounds}"), &["default-partition-scan high"]);
        case(&history, &format!("CREATE TABLE q1 PARTITION OF q {bounds}"), &["short-ael controlled"]);
        case(
            &history,
            "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (150) TO (250)",
            &["default-partition-scan high"],
        );
        case(
            &history,
            &format!(
                "CREATE TABLE n (id int) PARTITION BY RANGE (id); CREATE TABLE ndef PARTITION OF n DEFAULT;
                 CREATE TABLE n1 PARTITION OF n {bounds}"
            ),
            &[],
        );
    }
}
