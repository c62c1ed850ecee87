use crate::statement::Words;

/// Whether PostgreSQL refuses the statement inside a transaction block (SQLSTATE 25001).
///
/// From the manual's reference pages: each of these says that it "cannot be executed inside a transaction block".
pub(crate) fn refuses_transaction(words: &Words) -> bool {
    match (words.get(0), words.get(1)) {
        ("VACUUM", _) | ("ALTER", "SYSTEM") | ("REINDEX", "DATABASE" | "SYSTEM" | "SCHEMA") => true,
        ("CREATE" | "DROP", "DATABASE" | "TABLESPACE") => true,
        ("CREATE" | "DROP", "INDEX") => words.get(2) == "CONCURRENTLY",
        ("CREATE", "UNIQUE") => words.get(2) == "INDEX" && words.get(3) == "CONCURRENTLY",
        ("ALTER", "TABLE") => words.contain("DETACH") && words.last() == "CONCURRENTLY",
        ("REINDEX", _) => words.contain("CONCURRENTLY"),
        _ => false,
    }
}

/// Whether the statement may commit in its midst, which PostgreSQL allows only outside a transaction block
/// (manual, 43.8, Transaction Management).
pub(crate) fn may_commit(words: &Words) -> bool {
    matches!(words.get(0), "CALL" | "DO")
}

/// Whether the statement begins or ends a transaction. Savepoints are the script's own affair.
pub(crate) fn controls_transaction(words: &Words) -> bool {
    match words.get(0) {
        "BEGIN" | "COMMIT" | "END" | "ABORT" => true,
        "ROLLBACK" => !words.contain("TO"),
        "START" | "PREPARE" => words.get(1) == "TRANSACTION",
        _ => false,
    }
}

/// Whether the statement reads rows that only psql sends behind it.
pub(crate) fn copies_from_stdin(words: &Words) -> bool {
    words.get(0) == "COPY" && words.pairs().any(|pair| pair == ("FROM", "STDIN"))
}

/// Whether the statement changes a setting that outlives its transaction, or the role, without whose rights the
/// history cannot be written.
pub(crate) fn changes_session(words: &Words) -> bool {
    match words.get(0) {
        "SET" if words.get(1) == "LOCAL" => matches!(words.get(2), "ROLE" | "SESSION"),
        "SET" => !matches!(words.get(1), "CONSTRAINTS" | "TRANSACTION"),
        // What a block or a procedure does is not seen from here.
        "RESET" | "DISCARD" | "DO" | "CALL" => true,
        _ => words.contain("SET_CONFIG"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dialect::Engine, statement::scan};

    fn words(sql: &str) -> Words {
        scan(sql, Engine::Postgres).statements.remove(0).words
    }

    #[test]
    fn what_refuses_a_transaction() {
        let refuses = [
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            "create unique index concurrently if not exists i on t (a)",
            "DROP INDEX CONCURRENTLY i",
            "REINDEX INDEX CONCURRENTLY i",
            "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
            "REINDEX DATABASE d",
            "VACUUM t",
            "ALTER SYSTEM SET work_mem = '1MB'",
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            "CREATE DATABASE d",
        ];
        let accepts = [
            "CREATE INDEX i ON t (a)",
            "CREATE INDEX \"concurrently\" ON t (a)",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "ALTER TYPE e ADD VALUE 'x'",
            "ALTER TABLE t DETACH PARTITION p",
            "COMMENT ON TABLE vacuum IS 'VACUUM'",
        ];
        assert!(refuses.iter().all(|sql| refuses_transaction(&words(sql))));
        assert!(!accepts.iter().any(|sql| refuses_transaction(&words(sql))));
    }

    #[test]
    fn what_controls_a_transaction() {
        let control =
            ["BEGIN", "COMMIT", "END", "ROLLBACK", "START TRANSACTION", "PREPARE TRANSACTION 'x'", "abort"];
        let free = ["SAVEPOINT a", "ROLLBACK TO a", "RELEASE a", "PREPARE q AS SELECT 1", "DO $$BEGIN END$$"];
        assert!(control.iter().all(|sql| controls_transaction(&words(sql))));
        assert!(!free.iter().any(|sql| controls_transaction(&words(sql))));
    }

    #[test]
    fn what_changes_the_session() {
        let changes = [
            "SET search_path = a",
            "RESET ALL",
            "SET ROLE x",
            "SELECT pg_catalog.set_config('search_path', '', false)",
        ];
        let keeps = ["SET LOCAL search_path = a", "SET CONSTRAINTS ALL DEFERRED", "UPDATE t SET a = 1"];
        assert!(changes.iter().all(|sql| changes_session(&words(sql))));
        assert!(!keeps.iter().any(|sql| changes_session(&words(sql))));
        assert!(copies_from_stdin(&words("COPY public.t (a, b) FROM stdin")));
        assert!(!copies_from_stdin(&words("COPY t FROM '/tmp/x'")));
    }
}
