//! What PostgreSQL's rules say about a statement, from its words: whether it refuses a transaction, may commit before its
//! end, or changes the session. If that depends on the catalog the answer is no, and the server decides when it runs.

use super::alone::is_on;
use super::reader::Reader;
use crate::engine::Engine;
use crate::statement::Words;
use crate::token::{TokenKind, tokens};

/// Whether PostgreSQL is sure to refuse the statement inside a transaction block (SQLSTATE 25001).
///
/// From the manual's reference pages: each of these says that it "cannot be executed inside a transaction block".
/// For some that depends on the catalog: then only the server knows.
pub(crate) fn refuses_transaction(words: &Words, statement: &str) -> bool {
    match (words.get(0), words.get(1)) {
        ("VACUUM", _) | ("ALTER", "SYSTEM") | ("COMMIT" | "ROLLBACK", "PREPARED") | ("DISCARD", "ALL") => {
            true
        }
        ("CREATE" | "DROP", "DATABASE" | "TABLESPACE") => true,
        ("CREATE" | "DROP", "INDEX") => words.get(2) == "CONCURRENTLY",
        ("CREATE", "UNIQUE") => words.get(2) == "INDEX" && words.get(3) == "CONCURRENTLY",
        ("CREATE", "SUBSCRIPTION") => makes_slot(statement),
        // Without a slot of its own it shares a transaction: that is `ALTER SUBSCRIPTION … SET (slot_name = NONE)`.
        ("DROP", "SUBSCRIPTION") => true,
        ("ALTER", "SUBSCRIPTION") => reaches_publisher(words, statement),
        ("ALTER", "DATABASE") => words.pairs().any(|pair| pair == ("SET", "TABLESPACE")),
        ("ALTER", "TABLE") => words.contain("DETACH") && words.last() == "CONCURRENTLY",
        ("REINDEX", _) => reindexes_alone(statement),
        ("CLUSTER", _) => names_nothing(statement),
        ("SELECT", _) => words.contain("PG_CREATE_LOGICAL_REPLICATION_SLOT"),
        _ => false,
    }
}

/// Whether the statement cannot share a transaction with its count: it refuses one, it may commit in its midst, or
/// what it does stays when the transaction is rolled back.
pub(crate) fn runs_alone(words: &Words, statement: &str) -> bool {
    let is_a_slots = |word: &str| word.starts_with("PG_") && word.ends_with("_REPLICATION_SLOT");
    refuses_transaction(words, statement)
        || may_commit(words, statement)
        || (words.get(0) == "SELECT" && words.any(is_a_slots))
}

/// Whether the statement may commit before its end, which PostgreSQL allows only outside a transaction block
/// (manual, 43.8, Transaction Management). What a block calls may do so too: then the server reports it.
fn may_commit(words: &Words, statement: &str) -> bool {
    let commits = |body: &str| {
        tokens(body, Engine::Postgres).any(|token| {
            let word = &body[token.range.clone()];
            token.kind == TokenKind::Word
                && ["COMMIT", "ROLLBACK", "CALL"].iter().any(|one| one.eq_ignore_ascii_case(word))
        })
    };
    match words.get(0) {
        "CALL" => true,
        // The body of a DO block is a literal to the outer statement, and code in its own right.
        "DO" => tokens(statement, Engine::Postgres).any(|token| {
            let text = &statement[token.range.clone()];
            token.kind == TokenKind::Literal && commits(text.trim_matches(['$', '\'']))
        }),
        _ => false,
    }
}

/// Whether `CREATE SUBSCRIPTION` makes a slot on the publisher, as it does by default.
fn makes_slot(statement: &str) -> bool {
    let options = options(statement);
    let is_off =
        |option| options.iter().any(|have| have.eq_ignore_ascii_case(option)) && !is_on(&options, option);
    !is_off("create_slot") && !is_off("connect")
}

/// Whether `ALTER SUBSCRIPTION` asks the publisher for its tables, or changes the slot there.
fn reaches_publisher(words: &Words, statement: &str) -> bool {
    let options = options(statement);
    let has = |option| options.iter().any(|have| have.eq_ignore_ascii_case(option));
    let of_publications =
        words.pairs().any(|(verb, what)| what == "PUBLICATION" && matches!(verb, "SET" | "ADD" | "DROP"));
    words.pairs().any(|pair| pair == ("REFRESH", "PUBLICATION"))
        || (of_publications && (!has("refresh") || is_on(&options, "refresh")))
        || has("failover")
        || has("two_phase")
}

/// The content of the last parentheses of a statement.
fn options(statement: &str) -> Vec<&str> {
    let mut words = Reader::new(statement);
    let mut options = Vec::new();
    while !words.is_at_end() {
        match words.parentheses() {
            found if found.is_empty() => drop(words.next()),
            found => options = found,
        }
    }
    options
}

/// Whether `REINDEX` takes more than one transaction whatever there is: with CONCURRENTLY, and for a whole schema or
/// database. Whether a table or an index is partitioned cannot be seen from the statement.
fn reindexes_alone(statement: &str) -> bool {
    let mut words = Reader::new(statement);
    words.next();
    let options = words.parentheses();
    let is_of_many = ["DATABASE", "SYSTEM", "SCHEMA"].iter().any(|kind| words.accept(kind).is_some());
    if !is_of_many {
        words.next();
    }
    is_of_many || is_on(&options, "CONCURRENTLY") || words.accept("CONCURRENTLY").is_some()
}

/// Whether `CLUSTER` names no table, and so applies to all tables that were clustered before.
fn names_nothing(statement: &str) -> bool {
    let mut words = Reader::new(statement);
    words.next();
    words.parentheses();
    words.accept("VERBOSE");
    words.is_at_end()
}

/// Whether the statement begins or ends a transaction. Savepoints are the script's own affair.
pub(crate) fn controls_transaction(words: &Words) -> bool {
    match words.get(0) {
        "BEGIN" | "END" | "ABORT" => true,
        "COMMIT" => words.get(1) != "PREPARED",
        "ROLLBACK" => words.get(1) != "PREPARED" && !words.contain("TO"),
        "START" | "PREPARE" => words.get(1) == "TRANSACTION",
        _ => false,
    }
}

/// Whether the statement reads rows that only psql sends after it.
pub(crate) fn copies_from_stdin(words: &Words) -> bool {
    words.get(0) == "COPY" && words.pairs().any(|pair| pair == ("FROM", "STDIN"))
}

/// Whether the statement changes a setting that outlives its transaction, or the role, without whose rights the
/// history cannot be written.
pub(crate) fn changes_session(words: &Words) -> bool {
    match words.get(0) {
        "SET" if words.get(1) == "LOCAL" => matches!(words.get(2), "ROLE" | "SESSION"),
        "SET" => !matches!(words.get(1), "CONSTRAINTS" | "TRANSACTION"),
        // The statement does not show what a block or a procedure does.
        "RESET" | "DISCARD" | "DO" | "CALL" => true,
        _ => words.contain("SET_CONFIG"),
    }
}

/// Whether the statement does nothing but change the session.
pub(crate) fn only_changes_session(words: &Words) -> bool {
    match words.get(0) {
        "SET" | "RESET" | "DISCARD" => changes_session(words),
        "SELECT" => {
            words.contain("SET_CONFIG")
                && !words
                    .any(|word| !matches!(word, "SELECT" | "PG_CATALOG" | "SET_CONFIG" | "TRUE" | "FALSE"))
        }
        _ => false,
    }
}

/// Whether a statement has words that only PostgreSQL understands.
pub(crate) fn is_only_here(words: &Words) -> bool {
    const KINDS: [&str; 8] =
        ["TYPE", "SCHEMA", "FUNCTION", "PROCEDURE", "EXTENSION", "SEQUENCE", "DOMAIN", "POLICY"];
    let makes = ["CREATE", "ALTER", "DROP"].contains(&words.get(0)) && KINDS.contains(&words.get(1));
    makes
        || words.starts_with(&["COMMENT", "ON"])
        || words.any(|word| ["PLPGSQL", "CONCURRENTLY"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Engine, statement::scan};

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
            "DROP TABLESPACE s",
            "ALTER DATABASE d SET TABLESPACE s",
            "REINDEX (VERBOSE) SCHEMA app",
            "REINDEX (CONCURRENTLY) TABLE t",
            "reindex system d",
            "CLUSTER",
            "CLUSTER VERBOSE",
            "CLUSTER (VERBOSE)",
            "DISCARD ALL",
            "COMMIT PREPARED 'x'",
            "ROLLBACK PREPARED 'x'",
            "CREATE SUBSCRIPTION s CONNECTION 'dbname=a' PUBLICATION p",
            "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = true, enabled = false)",
            "DROP SUBSCRIPTION s",
            "ALTER SUBSCRIPTION s REFRESH PUBLICATION WITH (copy_data = false)",
            "ALTER SUBSCRIPTION s SET PUBLICATION p",
            "ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (copy_data = false)",
            "ALTER SUBSCRIPTION s SET (failover = true)",
            "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
        ];
        let accepts = [
            "CREATE INDEX i ON t (a)",
            "CREATE INDEX \"concurrently\" ON t (a)",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "ALTER TYPE e ADD VALUE 'x'",
            "ALTER TABLE t DETACH PARTITION p",
            "COMMENT ON TABLE vacuum IS 'VACUUM'",
            "REINDEX TABLE t",
            "REINDEX (CONCURRENTLY false) TABLE t",
            "REINDEX INDEX \"concurrently\"",
            "CLUSTER t",
            "CLUSTER \"t\" USING i",
            "CLUSTER (VERBOSE) t",
            "DISCARD TEMP",
            "ALTER DATABASE d SET work_mem = '1MB'",
            "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)",
            "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = 'off', slot_name = x)",
            "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
            "ALTER SUBSCRIPTION s DISABLE",
            "ALTER SUBSCRIPTION s SET (slot_name = NONE)",
            "SELECT pg_drop_replication_slot('s')",
            "CALL p()",
        ];
        for sql in refuses {
            assert!(refuses_transaction(&words(sql), sql), "{sql}");
        }
        for sql in accepts {
            assert!(!refuses_transaction(&words(sql), sql), "{sql}");
        }
    }

    #[test]
    fn what_runs_alone() {
        let alone = [
            "VACUUM",
            "CALL p()",
            "DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$",
            "DO LANGUAGE plpgsql $body$ BEGIN rollback; END $body$",
            "DO 'BEGIN COMMIT; END'",
            "DO $$ BEGIN CALL p(); END $$",
            "SELECT pg_create_physical_replication_slot('s')",
            "SELECT pg_drop_replication_slot('s')",
        ];
        let shares = [
            "DO $$ BEGIN UPDATE t SET a = 1; END $$",
            "DO $$ BEGIN RAISE NOTICE 'COMMIT'; -- COMMIT\n END $$",
            "INSERT INTO t VALUES ('COMMIT')",
            "SELECT f()",
            "REINDEX TABLE t",
        ];
        for sql in alone {
            assert!(runs_alone(&words(sql), sql), "{sql}");
        }
        for sql in shares {
            assert!(!runs_alone(&words(sql), sql), "{sql}");
        }
    }

    #[test]
    fn what_controls_a_transaction() {
        let control =
            ["BEGIN", "COMMIT", "END", "ROLLBACK", "START TRANSACTION", "PREPARE TRANSACTION 'x'", "abort"];
        let free = ["SAVEPOINT a", "ROLLBACK TO a", "RELEASE a", "COMMIT PREPARED 'x'", "DO $$BEGIN END$$"];
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
        assert!(changes.iter().all(|sql| only_changes_session(&words(sql))));
        let does_more =
            ["DO $$ BEGIN END $$", "CALL p()", "SELECT set_config('a.b', f(), false)", "SELECT 1"];
        assert!(!does_more.iter().any(|sql| only_changes_session(&words(sql))));
        assert!(!keeps.iter().any(|sql| changes_session(&words(sql))));
        assert!(copies_from_stdin(&words("COPY public.t (a, b) FROM stdin")));
        assert!(!copies_from_stdin(&words("COPY t FROM '/tmp/x'")));
    }
}
