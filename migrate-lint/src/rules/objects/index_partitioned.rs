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
//! If each partition that a script made has such an index already, the statement attaches them and builds none:
//! controlled, because a partition that an application made gets its index now.
//!
//! Exempt: ON ONLY without CONCURRENTLY.

use migrate_core::{Finding, Hazard, Risk};

use crate::Context;
use crate::schema::Index;
use crate::sql::{CreateIndex, Kind, Name};

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
    if !index.concurrently && each_partition_has_it(context, index) {
        let message = format!(
            "no one can write to `{table}` for an instant: each partition that a script makes has such an index, which becomes \
             a part of this one; a partition that no script makes gets its index now"
        );
        let safer = "see in pg_inherits that the table has no other partitions";
        let finding = Finding::new(Hazard::IndexPartitioned, context.statement.span, message, safer);
        return vec![finding.with_risk(Risk::Controlled)];
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

/// Whether each known partition has an index that the server can attach, so that none is built. Different words for the
/// same form count as different.
fn each_partition_has_it(context: &Context<'_>, create: &CreateIndex) -> bool {
    let text = |filter: Option<&crate::sql::Expression>| filter.map(|filter| filter.text.clone());
    let is_like = |index: &Index| {
        let is_free = index.valid && index.part_of.is_none();
        let is_equal = index.unique == create.unique && index.form == create.form;
        is_free && is_equal && text(index.filter.as_ref()) == text(create.filter.as_ref())
    };
    let mut partitions = context.schema.partitions_of(&create.table).peekable();
    let are_known = context
        .schema
        .table(&create.table)
        .is_some_and(|table| table.is_known && context.schema.is_certain(table.created_in));
    are_known
        && partitions.peek().is_some()
        && partitions.all(|(partition, _)| context.schema.indexes_of(&partition.name).any(is_like))
}

/// Whether the table is partitioned. One that no migration creates counts as an ordinary table.
pub(super) fn is_partitioned(context: &Context<'_>, table: &Name) -> bool {
    context.schema.table(table).is_some_and(|table| table.partition_by.is_some())
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
        let parts = |on_p1: &str| {
            format!(
                "CREATE TABLE p (id int, a int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT;
                 CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE INDEX p2_a ON p2 (a); {on_p1}"
            )
        };
        let attached = crate::testing::history(&parts("CREATE INDEX p1_a ON p1 (a)"));
        case(&attached, "CREATE INDEX p_a ON p (a)", &["index-partitioned controlled"]);
        case(&attached, "CREATE INDEX p_a ON p (a) WHERE a > 0", &["index-partitioned high"]);
        case(&attached, "CREATE INDEX p_a ON p (a int4_ops)", &["index-partitioned high"]);
        case(&attached, "CREATE INDEX p_a ON p (a, id)", &["index-partitioned high"]);
        for unlike in ["", "CREATE INDEX ON p1 USING hash (a)", "CREATE INDEX ON p1 (a) WHERE a > 0"] {
            let history = crate::testing::history(&parts(unlike));
            case(&history, "CREATE INDEX p_a ON p (a)", &["index-partitioned high"]);
        }
        // The string may have made more partitions.
        let hidden = parts("CREATE INDEX p1_a ON p1 (a); DO $$ BEGIN EXECUTE 'SELECT 1'; END $$");
        case(&crate::testing::history(&hidden), "CREATE INDEX p_a ON p (a)", &["index-partitioned high"]);
        let history = history.without_transaction();
        case(&history, "CREATE INDEX CONCURRENTLY p_a ON p (a)", &["index-partitioned high"]); // an error of the server
        case(&history, "CREATE INDEX CONCURRENTLY p1_a ON p1 (a)", &["index-concurrent controlled"]);
        // The last step: instant.
        case(&history, "ALTER INDEX p_a ATTACH PARTITION p1_a", &[]);
    }
}
