use super::index_partitioned::is_partitioned;
use crate::lint::{Context, Finding};
use crate::sql::Kind;
use crate::{Engine, Hazard};

/// `CREATE INDEX` on a table or materialized view that was there before.
///
/// <https://www.postgresql.org/docs/current/sql-createindex.html>, "Building Indexes Concurrently": SHARE on the table
/// until the end of the transaction, so nobody writes to it while the index is built.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::CreateIndex(index) = &context.statement.kind else { return Vec::new() };
    let table = &index.table;
    if context.engine != Engine::Postgres
        || index.concurrently
        || !context.is_old(table)
        || is_partitioned(context, table)
    {
        return Vec::new();
    }
    let message = format!("nobody can write to `{table}` while the index is built");
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = index.name.as_ref().map_or("…", |name| &name.name);
    let safer = format!(
        "`CREATE {unique}INDEX CONCURRENTLY {name} ON {table} …`, alone in a migration with `-- migrate: no-transaction`"
    );
    vec![Finding::new(Hazard::IndexBlocking, context.statement.span, message, safer)]
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, a int, b text); CREATE MATERIALIZED VIEW mv AS SELECT a FROM t;
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
        case(&history, "CREATE INDEX ON mv (a)", &["index-blocking high"]);
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
