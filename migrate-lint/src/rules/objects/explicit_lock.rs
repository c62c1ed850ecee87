//! `explicit-lock`: LOCK TABLE in a mode that stops readers or writers, on a table that was there before, and
//! `SELECT … FOR UPDATE` of all its rows.
//!
//! ```sql
//! LOCK TABLE orders;
//! SELECT id FROM orders FOR UPDATE;
//! ```
//!
//! The lock is held until the transaction ends, and it is ACCESS EXCLUSIVE if no mode is named
//! (<https://www.postgresql.org/docs/current/sql-lock.html>).
//!
//! Safer: no LOCK TABLE, because each statement takes the weakest lock that serves it.
//!
//! Exempt: a table that the same script creates, and the modes that stop neither readers nor writers: ACCESS SHARE,
//! ROW SHARE, ROW EXCLUSIVE, SHARE UPDATE EXCLUSIVE. A query that locks some rows, with WHERE, LIMIT or a join, is
//! the better form.

use migrate_core::{Finding, Hazard, Risk};

use crate::Context;
use crate::sql::{Kind, LockTable, RowLock};

const SAFER: &str = "leave it out: each statement takes the weakest lock that serves it; if the order of locks matters, make it \
                     the first statement of a short migration and allow it with the reason";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = of_tables(context);
    findings.extend(of_rows(context));
    findings
}

/// The findings about queries that lock every row. A statement inside this one has its own.
fn of_rows(context: &Context<'_>) -> impl Iterator<Item = Finding> {
    let is_inside = |lock: &RowLock, span: migrate_core::Span| {
        span.start() <= lock.span.start() && lock.span.end() <= span.end()
    };
    let locks = context
        .statement
        .row_locks
        .iter()
        .filter(move |lock| !context.statement.inner().iter().any(|inner| is_inside(lock, inner.span)));
    locks.filter(|lock| context.is_old(&lock.table)).map(|lock| {
        // FOR KEY SHARE lets others change all columns but the key.
        let (stopped, risk) = match lock.strength.as_str() {
            "FOR KEY SHARE" => ("delete", Risk::Controlled),
            _ => ("change or delete", Risk::High),
        };
        let message = format!(
            "{} of every row: no one can {stopped} a row of `{}` until the migration has ended",
            lock.strength, lock.table
        );
        let safer = "lock only the rows that must not change, with WHERE, or leave it out: UPDATE and DELETE lock their \
                     own rows";
        Finding::new(Hazard::ExplicitLock, lock.span, message, safer).with_risk(risk)
    })
}

fn of_tables(context: &Context<'_>) -> Vec<Finding> {
    let Kind::LockTable(lock) = &context.statement.kind else { return Vec::new() };
    if !stops_others(lock) {
        return Vec::new();
    }
    // Only ACCESS EXCLUSIVE conflicts with the ACCESS SHARE that a SELECT takes.
    let stopped = if lock.mode == "ACCESS EXCLUSIVE" { "read or write" } else { "write to" };
    let old = lock.tables.iter().filter(|table| context.is_old(table));
    old.map(|table| {
        let message = format!("no one can {stopped} `{table}` until the migration has ended");
        Finding::new(Hazard::ExplicitLock, context.statement.span, message, SAFER)
    })
    .collect()
}

/// Whether the lock makes at least writers wait.
pub(crate) fn stops_others(lock: &LockTable) -> bool {
    matches!(lock.mode.as_str(), "SHARE" | "SHARE ROW EXCLUSIVE" | "EXCLUSIVE" | "ACCESS EXCLUSIVE")
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int); CREATE TABLE u (id int)");
        case(&history, "LOCK TABLE t", &["explicit-lock high"]);
        case(&history, "LOCK t, u IN EXCLUSIVE MODE", &["explicit-lock high", "explicit-lock high"]);
        case(&history, "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE NOWAIT", &["explicit-lock high"]);
        case(&history, "LOCK TABLE t IN SHARE MODE", &["explicit-lock high"]);
        // Neither readers nor writers wait.
        case(&history, "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE", &[]);
        case(&history, "LOCK TABLE t IN ROW EXCLUSIVE MODE", &[]);
        case(&history, "LOCK TABLE t IN ACCESS SHARE MODE", &[]);
        case(&history, "CREATE TABLE new (id int); LOCK TABLE new", &[]);
    }

    #[test]
    fn rows() {
        let history = history("CREATE TABLE t (id int); CREATE TABLE u (id int)");
        for strength in ["UPDATE", "NO KEY UPDATE", "SHARE", "UPDATE OF t NOWAIT"] {
            case(&history, &format!("SELECT id FROM t FOR {strength}"), &["explicit-lock high"]);
        }
        case(&history, "SELECT id FROM t FOR KEY SHARE", &["explicit-lock controlled"]);
        case(&history, "INSERT INTO u SELECT id FROM t FOR UPDATE", &["explicit-lock high"]);
        case(&history, "WITH q AS (SELECT id FROM t FOR UPDATE) SELECT 1 FROM q", &["explicit-lock high"]);
        case(
            &history,
            "WITH q AS (SELECT id FROM t FOR UPDATE) INSERT INTO u SELECT id FROM q",
            &["explicit-lock high"],
        );
        case(&history, "DO $$ BEGIN PERFORM 1 FROM t FOR UPDATE; END $$", &["explicit-lock high"]);
        case(&history, "DO $$ BEGIN LOCK TABLE t; END $$", &["explicit-lock high"]);
        // Some rows, or those of a new table.
        case(&history, "SELECT id FROM t WHERE id = 5 FOR UPDATE", &[]);
        case(&history, "SELECT id FROM t ORDER BY id LIMIT 5 FOR UPDATE", &[]);
        case(&history, "CREATE TABLE new (id int); SELECT id FROM new FOR UPDATE", &[]);
    }
}
