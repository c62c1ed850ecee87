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
//! If a CHECK or the bounds have a form that is not understood, the risk is controlled: only the server can tell whether it
//! is a proof.
//!
//! Exempt: a partition that the same script creates, and one whose CHECK proves that all rows fit.

use migrate_core::{Finding, Hazard, Risk};

use super::changes;
use super::partition_proof::{Proof, fits};
use crate::Context;
use crate::sql::{ChangeAction, ObjectKind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    changes(context)
        .filter_map(|(alter, change)| {
            let ChangeAction::AttachPartition { partition, bound } = &change.action else { return None };
            // ALTER INDEX … ATTACH PARTITION compares two definitions and reads no rows.
            if alter.kind == ObjectKind::Index || !context.is_old(partition) {
                return None;
            }
            let parent = &alter.name;
            let proof = fits(context, parent, partition, bound);
            let finding = if proof == Proof::Given {
                return None;
            } else if proof == Proof::Unknown {
                let message = format!("the server reads all rows of `{partition}`, unless its CHECK proves that they fit the bounds");
                let safer = "the CHECK must state the bounds with literals, and IS NOT NULL for the column of the key";
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
        case(&history, &attach("checked"), &[]);
        case(&history, "ALTER TABLE q ATTACH PARTITION bare DEFAULT", &["attach-scan high"]);
        case(&history, "ALTER TABLE q ATTACH PARTITION checked DEFAULT", &["attach-scan controlled"]);
        case(&history, &format!("CREATE TABLE new (id int); {}", attach("new")), &[]);
        // A new parent for an old table: the old table is read all the same.
        case(
            &history,
            "CREATE TABLE n (id int) PARTITION BY RANGE (id); ALTER TABLE n ATTACH PARTITION bare DEFAULT",
            &["attach-scan high"],
        );
    }

    #[test]
    fn a_check_has_to_imply_the_bounds() {
        let attach = |key: &str, columns: &str, bound: &str, want: &[&str]| {
            let history = history(&format!("CREATE TABLE p (k {key}; CREATE TABLE old ({columns});"));
            case(&history, &format!("ALTER TABLE p ATTACH PARTITION old FOR VALUES {bound}"), want);
        };
        let numbers = |check: &str, want: &[&str]| {
            let columns = format!("k int NOT NULL, b text, CHECK ({check})");
            attach("int) PARTITION BY RANGE (k)", &columns, "FROM (100) TO (200)", want);
        };
        for proof in [
            "k >= 100 AND k < 200",
            "k BETWEEN 100 AND 199",
            "k IN (100, 150)",
            "150 <= k AND (k < 170 OR k = 180)",
        ] {
            numbers(proof, &[]);
        }
        for none in
            ["k >= 100", "k >= 99 AND k < 200", "k >= 100 AND k <= 200", "k > 99 AND k < 200", "b <> ''"]
        {
            numbers(none, &["attach-scan high"]);
        }
        for unknown in ["abs(k) < 200 AND k >= 100", "k >= 100 AND k < 100 + 100", "k >= '1e2' AND k < 200"] {
            numbers(unknown, &["attach-scan controlled"]);
        }
        let range = "FROM ('2026-01-01') TO ('2027-01-01')";
        let check = "CHECK (k >= '2026-01-01' AND k < '2027-01-01')";
        attach("date) PARTITION BY RANGE (k)", &format!("k date NOT NULL {check}"), range, &[]);
        attach("date) PARTITION BY RANGE (k)", &format!("k date {check}"), range, &["attach-scan high"]);
        attach("timestamp) PARTITION BY RANGE (k)", &format!("k timestamp NOT NULL {check}"), range, &[]);
        // Which moment that is depends on the time zone of the session.
        let zoned = format!("k timestamptz NOT NULL {check}");
        attach("timestamptz) PARTITION BY RANGE (k)", &zoned, range, &["attach-scan controlled"]);
        let open = "FROM ('2026-01-01') TO (MAXVALUE)";
        attach("date) PARTITION BY RANGE (k)", "k date NOT NULL CHECK (k > '2026-02-01')", open, &[]);
        let list = "IN ('a', 'b')";
        attach("text) PARTITION BY LIST (k)", "k text NOT NULL CHECK (k = 'a')", list, &[]);
        attach(
            "text) PARTITION BY LIST (k)",
            "k text NOT NULL CHECK (k IN ('a', 'c'))",
            list,
            &["attach-scan high"],
        );
        attach(
            "text, n int) PARTITION BY RANGE (k, n)",
            "k text NOT NULL CHECK (k = 'a'), n int",
            "FROM ('a', 1) TO ('b', 1)",
            &["attach-scan controlled"],
        );
    }
}
