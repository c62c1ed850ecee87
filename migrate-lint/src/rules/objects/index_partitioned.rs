//! `index-partitioned`: CREATE INDEX on a partitioned table that was there before.
//!
//! ```sql
//! CREATE INDEX orders_customer ON orders (customer_id);
//! ```
//!
//! The server locks the parent and all partitions in SHARE until the last index is built, and it refuses
//! CONCURRENTLY (<https://www.postgresql.org/docs/current/sql-createindex.html>).
//!
//! Safer: ON ONLY, which builds nothing, then one index per partition with CONCURRENTLY, then ATTACH PARTITION. The
//! index of the parent becomes valid when all are attached.
//!
//! Exempt: ON ONLY without CONCURRENTLY.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{Kind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::CreateIndex(index) = &context.statement.kind else { return Vec::new() };
    let table = &index.table;
    let builds = !index.only || index.concurrently;
    if !context.engine.has_partitions()
        || !builds
        || !context.is_old(table)
        || !is_partitioned(context, table)
    {
        return Vec::new();
    }
    let message = if index.concurrently {
        format!("this fails: `{table}` is partitioned, and the server refuses CONCURRENTLY on it")
    } else {
        format!("no one can write to any partition of `{table}` until the index of the last one is built")
    };
    let safer = format!(
        "`CREATE INDEX … ON ONLY {table} …`, then for each partition `CREATE INDEX CONCURRENTLY` in a migration with \
         `-- migrate: no-transaction`, then `ALTER INDEX … ATTACH PARTITION …`"
    );
    vec![Finding::new(Hazard::IndexPartitioned, context.statement.span, message, safer)]
}

/// Whether the table is partitioned. One that no migration creates counts as an ordinary table.
pub(super) fn is_partitioned(context: &Context<'_>, table: &Name) -> bool {
    context.schema.table(table).is_some_and(|table| table.is_partitioned)
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE p (id int, a int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT;",
        );
        case(&history, "CREATE INDEX p_a ON p (a)", &["index-partitioned high"]); // and not index-blocking
        case(&history, "CREATE INDEX p_a ON ONLY p (a)", &[]); // the first step of the safer form
        case(
            &history,
            "CREATE TABLE q (id int) PARTITION BY RANGE (id); CREATE TABLE q1 PARTITION OF q DEFAULT; CREATE INDEX ON q (id)",
            &[],
        );
        let history = history.without_transaction();
        case(&history, "CREATE INDEX CONCURRENTLY p_a ON p (a)", &["index-partitioned high"]); // an error of the server
        case(&history, "CREATE INDEX CONCURRENTLY p1_a ON p1 (a)", &["index-concurrent controlled"]);
        // The last step: instant.
        case(&history, "ALTER INDEX p_a ATTACH PARTITION p1_a", &[]);
    }
}
