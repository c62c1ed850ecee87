//! `explicit-lock`: LOCK TABLE in a mode that stops readers or writers, on a table that was there before.
//!
//! ```sql
//! LOCK TABLE orders;
//! ```
//!
//! The lock is held until the transaction ends, and it is ACCESS EXCLUSIVE if no mode is named
//! (<https://www.postgresql.org/docs/current/sql-lock.html>).
//!
//! Safer: no LOCK TABLE, because each statement takes the weakest lock that serves it.
//!
//! Exempt: a table that the same script creates, and the modes that stop neither readers nor writers: ACCESS SHARE,
//! ROW SHARE, ROW EXCLUSIVE, SHARE UPDATE EXCLUSIVE.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{Kind, LockTable};

const SAFER: &str = "leave it out: each statement takes the weakest lock that serves it; if the order of locks matters, make it \
                     the first statement of a short migration and allow it with the reason";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
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
}
