//! `index-concurrent`: CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY, the forms that `index-blocking`
//! recommends.
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
//! ```
//!
//! They stop no one, and so are controlled. They cannot run in a transaction, they wait for every older transaction,
//! and they leave an invalid index when they fail: one that costs writes and serves no query
//! (<https://www.postgresql.org/docs/current/sql-createindex.html>, "Building Indexes Concurrently").
//!
//! Safer: one per migration, without IF NOT EXISTS. Why not IF NOT EXISTS, so that a second try passes? It finds the
//! invalid index by its name, does nothing, and the migration counts as applied.
//!
//! Exempt: a table that the same script creates. The recommended form is not reported.

use migrate_core::{Finding, Hazard};

use super::index_blocking::is_there;
use super::index_partitioned::is_partitioned;
use crate::Context;
use crate::sql::{CreateIndex, Kind, Reference, Statement};

const SAFER: &str = "keep it alone in a migration with `-- migrate: no-transaction` and without IF NOT EXISTS: the runner checks \
                     the index, and drops an invalid one before it tries again";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.engine.has_concurrent_index() {
        return Vec::new();
    }
    let message = match &context.statement.kind {
        Kind::CreateIndex(index) if index.concurrently && builds(context, index) => format!(
            "the build waits for all transactions that use `{}`, and leaves an invalid index if it fails",
            index.table
        ),
        Kind::Reindex(reindex) if reindex.concurrently && is_old(context, &reindex.target) => {
            "the build waits for all older transactions, and leaves an invalid index if it fails".to_owned()
        }
        _ => return Vec::new(),
    };
    let finding = Finding::new(Hazard::IndexConcurrent, context.statement.span, message, SAFER);
    vec![finding.in_recommended_form(context.is_alone() && !may_find_an_invalid_one(context.statement))]
}

/// Whether an index is built at all. A partitioned table refuses CONCURRENTLY: [`Hazard::IndexPartitioned`].
fn builds(context: &Context<'_>, index: &CreateIndex) -> bool {
    let table = &index.table;
    context.is_old(table) && !is_partitioned(context, table) && !is_there(context, index)
}

/// Whether IF NOT EXISTS may find the invalid index of an earlier try, and do nothing.
fn may_find_an_invalid_one(statement: &Statement) -> bool {
    matches!(&statement.kind, Kind::CreateIndex(index) if index.if_not_exists)
}

/// Whether REINDEX concerns an index that was there before. A schema or database has some.
fn is_old(context: &Context<'_>, target: &Reference) -> bool {
    match target {
        Reference::Table(name) | Reference::Index(name) => context.is_old(name),
        Reference::Many => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history =
            history("CREATE TABLE t (id int, a int); CREATE INDEX t_a ON t (a)").without_transaction();
        case(&history, "CREATE INDEX CONCURRENTLY t_b ON t (a)", &["index-concurrent controlled"]);
        case(
            &history,
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (a)",
            &["index-concurrent controlled"],
        );
        case(&history, "CREATE INDEX CONCURRENTLY ON unknown (a)", &["index-concurrent controlled"]);
        case(&history, "REINDEX INDEX CONCURRENTLY t_a", &["index-concurrent controlled"]);
        case(&history, "REINDEX TABLE CONCURRENTLY t", &["index-concurrent controlled"]);
        // No one writes to a new table, and it is empty.
        case(&history, "CREATE TABLE new (id int); CREATE INDEX CONCURRENTLY ON new (id)", &[]);
    }
}
