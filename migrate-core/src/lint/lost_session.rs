//! `lost-session`: a script without a transaction makes something that ends with the session: a temporary table, a
//! prepared statement, a LISTEN.
//!
//! ```sql
//! -- migrate: no-transaction
//! CREATE TEMPORARY TABLE batch AS SELECT id FROM orders;
//! DELETE FROM orders WHERE id IN (SELECT id FROM batch);
//! ```
//!
//! If a run is interrupted after the first statement, the next run continues at the second in another session, which
//! has no `batch`. The runner restores the session's settings there and nothing else. With a transaction pooler even
//! one run may use several sessions.
//!
//! Safer: create and use it in one statement, or in a migration with a transaction.
//!
//! It works on words and not on parsed statements, because `dialect` answers the same question for the runner, which
//! has no parser.

use super::Finding;
use crate::dialect::postgres;
use crate::statement::scan;
use crate::{Engine, Hazard, Script};

const SAFER: &str = "create and use it in one statement, such as a DO block, or in a migration that runs in a transaction; or \
                     create an ordinary table, and drop it at the end";

/// The statements of a script without a transaction that make something for their session alone.
pub(crate) fn lost_session(script: &Script, engine: Engine) -> Vec<Finding> {
    if engine != Engine::Postgres || script.execution().transaction {
        return Vec::new();
    }
    let scan = scan(script.sql(), engine);
    let lost = scan.statements.iter().filter(|statement| postgres::needs_its_session(&statement.words));
    lost.map(|statement| {
        let message =
            "this ends with the session, and a run that continues after an interruption has another session";
        Finding::new(Hazard::LostSession, statement.span, message, SAFER)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str, transaction: bool) -> Vec<String> {
        let script = Script::of_text(sql, Engine::Postgres, transaction);
        let findings = lost_session(&script, Engine::Postgres);
        findings.iter().map(|finding| finding.span.of(sql).to_owned()).collect()
    }

    #[test]
    fn cases() {
        let sql = "SELECT 1; CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1); PREPARE q AS SELECT 1";
        assert_eq!(found(sql, false), ["CREATE TEMP TABLE t (a int)", "PREPARE q AS SELECT 1"]);
        assert_eq!(found(sql, true), [""; 0]);
        // Settings are made again.
        assert_eq!(found("SET search_path = app; SET ROLE app; SELECT 1", false), [""; 0]);
    }
}
