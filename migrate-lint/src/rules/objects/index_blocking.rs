//! `index-blocking`: CREATE INDEX without CONCURRENTLY, on a table or materialized view that was there before.
//!
//! ```sql
//! CREATE INDEX orders_customer ON orders (customer_id);
//! ```
//!
//! It holds SHARE on the table until the transaction ends, so no one writes to it while the index is built, which
//! takes as long as the table is large (<https://www.postgresql.org/docs/current/sql-createindex.html>, "Building
//! Indexes Concurrently").
//!
//! Safer: CREATE INDEX CONCURRENTLY, alone in a migration without a transaction.
//!
//! Exempt: a table that the same script creates, an index that IF NOT EXISTS finds, and a partitioned table, which
//! is `index-partitioned`. A materialized view is controlled: REFRESH alone writes to it, and others read it during
//! the build.

use migrate_core::{Finding, Hazard, Risk};

use super::index_partitioned::is_partitioned;
use crate::Context;
use crate::sql::{CreateIndex, Kind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::CreateIndex(index) = &context.statement.kind else { return Vec::new() };
    let table = &index.table;
    if !context.engine.locks_tables()
        || index.concurrently
        || !context.is_old(table)
        || is_partitioned(context, table)
        || is_there(context, index)
    {
        return Vec::new();
    }
    // A materialized view has readers but no writers, so SHARE stops only its REFRESH.
    let is_view = context.schema.view(table).is_some();
    let message = if is_view {
        format!("no one can refresh `{table}` while the index is built")
    } else {
        format!("no one can write to `{table}` while the index is built")
    };
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = index.name.as_ref().map_or("…", |name| &name.name);
    let safer = format!(
        "`CREATE {unique}INDEX CONCURRENTLY {name} ON {table} …`, alone in a migration with `-- migrate: no-transaction`"
    );
    let finding = Finding::new(Hazard::IndexBlocking, context.statement.span, message, safer);
    vec![if is_view { finding.with_risk(Risk::Controlled) } else { finding }]
}

/// Whether IF NOT EXISTS finds the index, so that nothing is built.
pub(super) fn is_there(context: &Context<'_>, index: &CreateIndex) -> bool {
    let schema = context.schema.resolve(&index.table).schema;
    let name = index.name.as_ref().map(|name| Name { schema, name: name.name.clone() });
    index.if_not_exists && name.is_some_and(|name| context.schema.index(&name).is_some())
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, a int, b text); CREATE INDEX t_b ON t (b); CREATE MATERIALIZED VIEW mv AS SELECT a FROM t;
             CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT;",
        );
        case(&history, "CREATE INDEX t_a ON t (a)", &["index-blocking high"]);
        case(&history, "CREATE UNIQUE INDEX t_a ON t (a)", &["index-blocking high"]);
        case(
            &history,
            "CREATE INDEX IF NOT EXISTS t_a ON public.t (a) WHERE a > 0",
            &["index-blocking high"],
        );
        case(&history, "CREATE INDEX ON t (lower(b))", &["index-blocking high"]);
        case(&history, "CREATE INDEX ON mv (a)", &["index-blocking controlled"]); // only REFRESH writes to it
        case(&history, "CREATE INDEX IF NOT EXISTS t_b ON t (a)", &[]); // it is there
        case(&history, "CREATE INDEX IF NOT EXISTS t_b ON t (a); DROP INDEX t_b", &["index-drop controlled"]);
        case(
            &history,
            "DROP INDEX t_b; CREATE INDEX IF NOT EXISTS t_b ON t (a)",
            &["index-drop controlled", "index-blocking high", "lock-then-work high"],
        );
        case(&history, "CREATE INDEX ON p1 (id)", &["index-blocking high"]); // a part is a table
        case(&history, "CREATE INDEX ON ONLY t (a)", &["index-blocking high"]); // ONLY says nothing of a plain table
        case(&history, "CREATE INDEX ON unknown (a)", &["index-blocking high"]);
        case(&history, "CREATE TABLE new (id int, a int); CREATE INDEX ON new (a)", &[]);
        case(&history, "CREATE TABLE new AS SELECT a FROM t; CREATE INDEX ON new (a)", &[]);
        case(&history, "CREATE TEMP TABLE t (a int); CREATE INDEX ON t (a)", &[]);
        case(&history, "CREATE TABLE app.t (a int); CREATE INDEX ON t (a)", &["index-blocking high"]);
    }

    #[test]
    fn sqlite_has_one_writer_anyhow() {
        let history = sqlite_history("CREATE TABLE t (id, a)");
        case(&history, "CREATE INDEX t_a ON t (a)", &[]);
    }
}
