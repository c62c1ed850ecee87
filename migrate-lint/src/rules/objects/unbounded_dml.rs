//! `unbounded-dml`: UPDATE, DELETE or MERGE on a table that was there before.
//!
//! ```sql
//! UPDATE orders SET state = 'open';
//! ```
//!
//! Without a condition, or with one that every row meets, all rows change in one transaction. Their old values are
//! lost, and on PostgreSQL each row stays locked until the end and leaves a dead copy
//! (<https://www.postgresql.org/docs/current/mvcc.html>).
//!
//! Safer: batches by key, outside of the migrations that change the schema. With a condition the risk is controlled
//! and not safe: the old values are lost too, and no script shows how many rows the condition finds.
//!
//! Exempt: a table that the same script creates, and on SQLite the copy of an AUTOINCREMENT number to the table that
//! replaces the old one.

use migrate_core::{Finding, Hazard, Risk};

use crate::Context;
use crate::sql::{Expression, Kind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let (table, filter, verb) = match &context.statement.kind {
        Kind::Update(update) => (&update.table, update.filter.as_ref(), "changed"),
        Kind::Delete(delete) => (&delete.table, delete.filter.as_ref(), "deleted"),
        Kind::Merge { table } if context.is_old(table) => return vec![merged(context, table)],
        _ => return Vec::new(),
    };
    if !context.is_old(table) || carries_sequence_over(context, table) {
        return Vec::new();
    }
    let is_bounded = filter.is_some_and(|filter| !holds_for_all(context, table, filter));
    vec![if is_bounded { some_rows(context, table, verb) } else { all_rows(context, table, verb) }]
}

/// Whether the statement copies the last number of AUTOINCREMENT from another table (SQLite).
fn carries_sequence_over(context: &Context<'_>, table: &Name) -> bool {
    let is_sequence = |table: &Name| table.name == "sqlite_sequence";
    context.engine.has_sequence_table()
        && is_sequence(table)
        && context.statement.reads.iter().any(is_sequence)
}

/// The finding if every row changes.
fn all_rows(context: &Context<'_>, table: &Name, verb: &str) -> Finding {
    let message = format!("every row of `{table}` is {verb} in one transaction, and the old values are lost");
    let safer = "do it in batches by key, outside of the migrations that change the schema: `… WHERE id BETWEEN $1 AND $2`, \
                 each batch in its own transaction";
    Finding::new(Hazard::UnboundedDml, context.statement.span, message, safer)
}

fn some_rows(context: &Context<'_>, table: &Name, verb: &str) -> Finding {
    let message =
        format!("all rows of `{table}` that the condition finds are {verb} in one transaction, few or many");
    bounded(context, message)
}

fn merged(context: &Context<'_>, table: &Name) -> Finding {
    let message =
        format!("all rows of `{table}` that MERGE finds are changed in one transaction, few or many");
    bounded(context, message)
}

/// The finding if a condition limits the rows.
fn bounded(context: &Context<'_>, message: String) -> Finding {
    let safer =
        "count the rows first, keep their old values if they may be needed, and use batches if they are many";
    Finding::new(Hazard::UnboundedDml, context.statement.span, message, safer).with_risk(Risk::Controlled)
}

/// Whether a condition finds every row: it is always true, or it asks only for columns that this script has added, which
/// hold the same value in each row.
fn holds_for_all(context: &Context<'_>, table: &Name, filter: &Expression) -> bool {
    let table = context.schema.table(table);
    let is_added = |name: &String| {
        let column = table.and_then(|table| table.column(name));
        column.is_some_and(|column| context.schema.is_current(column.created_in))
    };
    filter.is_always_true || (!filter.columns.is_empty() && filter.columns.iter().all(is_added))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history =
            history("CREATE TABLE t (id int PRIMARY KEY, a int, b text); CREATE TABLE u (id int, a int)");
        case(&history, "UPDATE t SET b = 'x'", &["unbounded-dml high"]);
        case(&history, "DELETE FROM t", &["unbounded-dml high"]);
        case(&history, "DELETE FROM t WHERE true", &["unbounded-dml high"]);
        case(&history, "UPDATE t SET b = 'x' WHERE 1 = 1", &["unbounded-dml high"]);
        case(&history, "UPDATE t SET a = u.a FROM u", &["unbounded-dml high"]);
        case(&history, "DELETE FROM unknown", &["unbounded-dml high"]);
        // Bounded, but the number of rows is unknown.
        case(&history, "UPDATE t SET b = 'x' WHERE id = 5", &["unbounded-dml controlled"]);
        case(&history, "UPDATE t SET a = u.a FROM u WHERE u.id = t.id", &["unbounded-dml controlled"]);
        case(&history, "DELETE FROM t WHERE a IN (SELECT a FROM u)", &["unbounded-dml controlled"]);
        case(
            &history,
            "MERGE INTO t USING u ON u.id = t.id WHEN MATCHED THEN UPDATE SET a = u.a",
            &["unbounded-dml controlled"],
        );
        // The rows of a new table are the migration's own.
        case(
            &history,
            "CREATE TABLE new (id int); INSERT INTO new VALUES (1); UPDATE new SET id = 2; DELETE FROM new",
            &[],
        );
        case(&history, "CREATE TEMP TABLE t (id int); DELETE FROM t", &[]);
        case(&history, "INSERT INTO t (id) VALUES (1)", &[]);
        // In a WITH, too.
        case(
            &history,
            "WITH gone AS (DELETE FROM t RETURNING id) SELECT count(*) FROM gone",
            &["unbounded-dml high"],
        );
    }

    #[test]
    fn a_condition_on_a_column_of_this_script_finds_every_row() {
        let history = history("CREATE TABLE t (id int PRIMARY KEY, a int)");
        let backfill = "ALTER TABLE t ADD COLUMN n int; UPDATE t SET n = a WHERE n IS NULL";
        case(&history, backfill, &["unbounded-dml high", "lock-then-work high"]);
        let bounded = "ALTER TABLE t ADD COLUMN n int; UPDATE t SET n = a WHERE n IS NULL AND a > 5";
        case(&history, bounded, &["unbounded-dml controlled", "lock-then-work controlled"]);
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id INTEGER PRIMARY KEY, a)");
        case(&history, "DELETE FROM t", &["unbounded-dml high"]);
        case(&history, "UPDATE t SET a = 1 WHERE 1", &["unbounded-dml high"]);
        case(&history, "UPDATE t SET a = 1 WHERE id = 5", &["unbounded-dml controlled"]);
    }
}
