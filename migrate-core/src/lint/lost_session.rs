use super::Finding;
use crate::dialect::postgres;
use crate::statement::scan;
use crate::{Engine, Hazard, Script};

const SAFER: &str = "make it and use it in one statement, such as a DO block, or in a migration that runs in a transaction; \
                     or make an ordinary table, and drop it at the end";

/// What a script without transaction makes that ends with the session: a run that goes on in the middle of it is
/// another session, which makes its settings again and nothing else. Behind a pooler each statement may be one.
pub(crate) fn lost_session(script: &Script, engine: Engine) -> Vec<Finding> {
    if engine != Engine::Postgres || script.execution().transaction {
        return Vec::new();
    }
    let scan = scan(script.sql(), engine);
    let lost = scan.statements.iter().filter(|statement| postgres::needs_its_session(&statement.words));
    lost.map(|statement| {
        let message =
            "it ends with the session, and a run that goes on where this one is cut off has another";
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
