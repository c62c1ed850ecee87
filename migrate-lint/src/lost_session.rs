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

use migrate_core::statement::{Words, scan};
use migrate_core::{Engine, Finding, Hazard, Script};

const SAFER: &str = "create and use it in one statement, such as a DO block, or in a migration that runs in a transaction; or \
                     create an ordinary table, and drop it at the end";

/// The statements of a script without a transaction that make something for their session alone.
pub(crate) fn lost_session(script: &Script, engine: Engine) -> Vec<Finding> {
    if !engine.has_server_sessions() || script.execution().transaction {
        return Vec::new();
    }
    let scan = scan(script.sql(), engine);
    let lost = scan.statements.iter().filter(|statement| needs_its_session(&statement.words));
    lost.map(|statement| {
        let message =
            "this ends with the session, and a run that continues after an interruption has another session";
        Finding::new(Hazard::LostSession, statement.span, message, SAFER)
    })
    .collect()
}

/// Whether the statement makes something that ends with the session and that a resumed run would lack. Settings can be
/// made again; a temporary table cannot.
fn needs_its_session(words: &Words) -> bool {
    let is_temporary = |word: &str| matches!(word, "TEMP" | "TEMPORARY");
    match (words.get(0), words.get(1)) {
        ("CREATE", "OR") => is_temporary(words.get(3)),
        ("CREATE", "GLOBAL" | "LOCAL") => is_temporary(words.get(2)),
        ("CREATE", what) => is_temporary(what),
        ("PREPARE", what) => what != "TRANSACTION",
        ("DECLARE", _) => words.pairs().any(|pair| pair == ("WITH", "HOLD")),
        ("LISTEN" | "LOAD", _) => true,
        ("SELECT", _) => {
            words.pairs().any(|(into, what)| into == "INTO" && is_temporary(what))
                || words.any(|word| matches!(word, "PG_ADVISORY_LOCK" | "PG_ADVISORY_LOCK_SHARED"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sql: &str) -> Words {
        scan(sql, Engine::Postgres).statements.remove(0).words
    }

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

    #[test]
    fn what_needs_its_session() {
        let needs = [
            "CREATE TEMP TABLE t (a int)",
            "CREATE LOCAL TEMPORARY TABLE t AS SELECT 1",
            "CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
            "SELECT 1 AS a INTO TEMP t",
            "PREPARE q AS SELECT 1",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "LISTEN x",
            "SELECT pg_advisory_lock(1)",
        ];
        let free = [
            "CREATE TABLE temp_orders (a int)",
            "SET search_path = a",
            "PREPARE TRANSACTION 'x'",
            "DECLARE c CURSOR FOR SELECT 1",
            "SELECT pg_advisory_xact_lock(1)",
        ];
        for sql in needs {
            assert!(needs_its_session(&words(sql)), "{sql}");
        }
        for sql in free {
            assert!(!needs_its_session(&words(sql)), "{sql}");
        }
    }
}
