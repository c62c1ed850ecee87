use migrate_core::{Engine, Finding, Hazard};

use super::index_blocking::is_there;
use super::index_partitioned::is_partitioned;
use crate::Context;
use crate::sql::{CreateIndex, Kind, Reference};

const SAFER: &str = "leave it alone in a migration with `-- migrate: no-transaction` and without IF NOT EXISTS: the runner \
                     checks the index, and drops an invalid one before it tries again";

/// `CREATE INDEX CONCURRENTLY` and `REINDEX CONCURRENTLY`.
///
/// <https://www.postgresql.org/docs/current/sql-createindex.html>, "Building Indexes Concurrently": not in a
/// transaction; waits for every transaction that is older; leaves an invalid index when it fails.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if context.engine != Engine::Postgres {
        return Vec::new();
    }
    let message = match &context.statement.kind {
        Kind::CreateIndex(index) if index.concurrently && builds(context, index) => format!(
            "the build waits for all transactions that use `{}`, and leaves an invalid index behind if it fails",
            index.table
        ),
        Kind::Reindex(reindex) if reindex.concurrently && is_old(context, &reindex.target) => {
            "the build waits for older transactions, and leaves an invalid index behind if it fails"
                .to_owned()
        }
        _ => return Vec::new(),
    };
    vec![Finding::new(Hazard::IndexConcurrent, context.statement.span, message, SAFER)]
}

/// A partitioned table refuses it: [`Hazard::IndexPartitioned`].
fn builds(context: &Context<'_>, index: &CreateIndex) -> bool {
    let table = &index.table;
    context.is_old(table) && !is_partitioned(context, table) && !is_there(context, index)
}

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
        // Nobody writes to a new table, and it is empty.
        case(&history, "CREATE TABLE new (id int); CREATE INDEX CONCURRENTLY ON new (id)", &[]);
    }
}
