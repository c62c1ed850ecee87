use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{Kind, LockTable};

const SAFER: &str = "leave it to the statements, which take the weakest lock that serves them; where the order of locks matters, \
                     make it the first statement of a short migration and allow it with the reason";

/// `LOCK TABLE` in a mode that stops reading or writing, of a table that was there before.
///
/// <https://www.postgresql.org/docs/current/sql-lock.html>: held until the end of the transaction, ACCESS EXCLUSIVE
/// where no mode is named.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::LockTable(lock) = &context.statement.kind else { return Vec::new() };
    if !stops_others(lock) {
        return Vec::new();
    }
    let stopped = if lock.mode == "ACCESS EXCLUSIVE" { "use" } else { "write to" };
    let old = lock.tables.iter().filter(|table| context.is_old(table));
    old.map(|table| {
        let message = format!("nobody can {stopped} `{table}` until the migration has ended");
        Finding::new(Hazard::ExplicitLock, context.statement.span, message, SAFER)
    })
    .collect()
}

/// Whether writers wait, at least.
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
        // Nobody who reads or writes waits.
        case(&history, "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE", &[]);
        case(&history, "LOCK TABLE t IN ROW EXCLUSIVE MODE", &[]);
        case(&history, "LOCK TABLE t IN ACCESS SHARE MODE", &[]);
        case(&history, "CREATE TABLE new (id int); LOCK TABLE new", &[]);
    }
}
