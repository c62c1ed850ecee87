//! What SQLite's own parser accepts, ours accepts too.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::ops::Range;

use migrate::Engine;
use migrate_lint::syntax_errors;
use rusqlite::Connection;

/// The tables that the statements are about.
const SCHEMA: &str = "
    CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER NOT NULL DEFAULT 0, c REAL, d BLOB);
    CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t (id), label TEXT UNIQUE);
    CREATE VIEW v AS SELECT id, a FROM t;
    CREATE INDEX i ON t (a);
    CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;";

/// What SQLite says about a statement, prepared and never executed.
#[derive(Debug, PartialEq)]
enum Verdict {
    Accepted,
    NoSql,
    /// The rest of the statement was not looked at.
    Other(String),
}

fn verdict(connection: &Connection, sql: &str) -> Verdict {
    let Err(error) = connection.prepare(sql) else { return Verdict::Accepted };
    let message = error.to_string();
    let no_sql = ["syntax error", "incomplete input", "unrecognized token"];
    if no_sql.iter().any(|words| message.contains(words)) { Verdict::NoSql } else { Verdict::Other(message) }
}

fn connection() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    connection
}

#[test]
fn what_sqlite_accepts_is_accepted() {
    let connection = connection();
    for sql in STATEMENTS {
        assert_eq!(verdict(&connection, sql), Verdict::Accepted, "{sql}");
        assert_eq!(syntax_errors(sql, Engine::Sqlite), [], "{sql}");
    }
}

/// Statements with a word removed, doubled, swapped with the next or replaced by one of another statement.
#[test]
fn typos_are_judged_as_sqlite_judges_them() {
    let connection = connection();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut accepted, mut rejected, mut missed) = (0, 0, 0);
    for _ in 0..8_000 {
        let sql = mutated(&mut random);
        let errors = syntax_errors(&sql, Engine::Sqlite);
        match verdict(&connection, &sql) {
            Verdict::Accepted => {
                accepted += 1;
                assert_eq!(errors, [], "{sql}");
            }
            Verdict::NoSql => {
                rejected += 1;
                missed += usize::from(errors.is_empty());
            }
            Verdict::Other(_) => {}
        }
    }
    println!("{accepted} accepted by both; of {rejected} that are no SQL, {missed} were not noticed");
    assert!(accepted > 500 && rejected > 5_000, "{accepted} {rejected}");
    // Names that SQLite keeps for itself, and the like.
    assert!(missed * 100 < rejected, "{missed} of {rejected}");
}

fn mutated(random: &mut Random) -> String {
    let sql = random.choice(STATEMENTS);
    let words = words(sql);
    let index = random.below(words.len());
    let word = &sql[words[index].clone()];
    let (before, behind) = (&sql[..words[index].start], &sql[words[index].end..]);
    match random.below(4) {
        0 => [before, behind].concat(),
        1 => [before, word, " ", word, behind].concat(),
        2 => match words.get(index + 1) {
            Some(next) => [before, &sql[next.clone()], " ", word, &sql[next.end..]].concat(),
            None => sql.to_string(),
        },
        _ => {
            let other = *random.choice(STATEMENTS);
            let ranges = self::words(other);
            [before, &other[random.choice(&ranges).clone()], behind].concat()
        }
    }
}

/// Identifiers, numbers, strings, and every other character for itself.
fn words(sql: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at + first.len_utf8()..];
        let more = match first {
            '\'' | '"' | '`' => rest.find(first).map_or(rest.len(), |end| end + 1),
            _ if first.is_alphanumeric() || first == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => 0,
        };
        let end = at + first.len_utf8() + more;
        if !first.is_whitespace() {
            words.push(at..end);
        }
        at = end;
    }
    words
}

/// xorshift: the same sequence at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn choice<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

const STATEMENTS: &[&str] = &[
    // Tables
    "CREATE TABLE x (a)",
    "CREATE TABLE IF NOT EXISTS main.x (id INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT NOT NULL UNIQUE COLLATE NOCASE)",
    "CREATE TEMPORARY TABLE x (a INT, b VARCHAR(20) DEFAULT 'y', c DECIMAL(10, 2) CHECK (c > 0), PRIMARY KEY (a, b DESC)) WITHOUT ROWID",
    "CREATE TABLE x (a int REFERENCES t ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, b INT DEFAULT (1 + 2), c REAL DEFAULT -1, d TEXT DEFAULT CURRENT_TIMESTAMP, e ANY PRIMARY KEY DEFAULT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE x (a INTEGER, CONSTRAINT k UNIQUE (a) ON CONFLICT REPLACE, CONSTRAINT f FOREIGN KEY (a) REFERENCES t (id) MATCH FULL, CHECK (a <> 1))",
    "CREATE TABLE x (a INT, g INT GENERATED ALWAYS AS (a * 2) STORED, h AS (a || 'x') VIRTUAL)",
    "CREATE TABLE x AS SELECT * FROM t WHERE a IS NOT NULL",
    "CREATE TABLE \"from\" (`to` UNSIGNED BIG INT, [order by] double precision)",
    "CREATE VIRTUAL TABLE x USING fts5(a, b, tokenize = 'porter')",
    "CREATE TABLE x (a PRIMARY KEY ASC ON CONFLICT IGNORE, b CONSTRAINT n NOT NULL CONSTRAINT u UNIQUE)",
    "ALTER TABLE t RENAME TO s",
    "ALTER TABLE t RENAME COLUMN a TO z",
    "ALTER TABLE t RENAME a TO z",
    "ALTER TABLE t ADD COLUMN e TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE main.t ADD e REFERENCES u (id)",
    "ALTER TABLE t DROP COLUMN c",
    "DROP TABLE IF EXISTS t",
    // Indexes, views, triggers
    "CREATE INDEX x ON t (a)",
    "CREATE UNIQUE INDEX IF NOT EXISTS main.x ON t (a COLLATE NOCASE DESC, lower(a), b + 1) WHERE b > 0 AND a NOT NULL",
    "DROP INDEX i",
    "REINDEX i",
    "CREATE VIEW w (x, y) AS SELECT a, b FROM t UNION ALL SELECT label, id FROM u ORDER BY 1 LIMIT 5",
    "CREATE TEMP VIEW IF NOT EXISTS w AS WITH q AS (SELECT 1 AS n) SELECT n FROM q",
    "DROP VIEW IF EXISTS main.v",
    "CREATE TRIGGER x AFTER UPDATE OF a, b ON t FOR EACH ROW WHEN new.a <> old.a BEGIN UPDATE u SET label = new.a WHERE t_id = old.id; SELECT CASE WHEN new.b < 0 THEN RAISE(ABORT, 'no') END; END",
    "CREATE TRIGGER IF NOT EXISTS x BEFORE DELETE ON t BEGIN DELETE FROM u WHERE t_id = old.id; END",
    "CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (new.a) ON CONFLICT DO NOTHING; END",
    "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO u (label) SELECT new.a; END",
    "DROP TRIGGER g",
    // Rows
    "INSERT INTO t (a, b) VALUES ('x', 1), ('it''s', 2)",
    "INSERT OR REPLACE INTO main.t AS alias (id, a) SELECT id, label FROM u WHERE true ON CONFLICT (id) DO UPDATE SET a = excluded.a WHERE alias.b > 0 RETURNING *, id AS key",
    "INSERT INTO t DEFAULT VALUES",
    "REPLACE INTO t (id) VALUES (1)",
    "WITH q (n) AS (VALUES (1), (2)) INSERT INTO t (b) SELECT n FROM q",
    "UPDATE t SET a = upper(a), (b, c) = (1, 2.5e-3) WHERE id IN (SELECT t_id FROM u) RETURNING id",
    "UPDATE OR IGNORE t SET a = u.label FROM u JOIN v USING (id) WHERE u.t_id = t.id",
    "UPDATE t INDEXED BY i SET b = b + 1 WHERE a = 'x'",
    "DELETE FROM t",
    "DELETE FROM t AS x WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.t_id = x.id)",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) DELETE FROM t WHERE id IN n",
    // Queries
    "SELECT 1",
    "SELECT DISTINCT a, t.b AS x, count(*), max(c) FILTER (WHERE c > 0) FROM t LEFT OUTER JOIN u ON u.t_id = t.id GROUP BY a, 2 HAVING count(*) > 1 ORDER BY a COLLATE NOCASE DESC NULLS LAST LIMIT 10 OFFSET 5",
    "SELECT t.*, row_number() OVER (PARTITION BY a ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM t",
    "SELECT sum(b) OVER w FROM t WINDOW w AS (ORDER BY id RANGE 1 PRECEDING)",
    "SELECT CASE a WHEN 'x' THEN 1 ELSE 0 END, CAST(b AS TEXT), a LIKE 'x%' ESCAPE '!', a GLOB '*', b BETWEEN 1 AND 2, x'0aFF', 0x1F, .5, 1e3, 1_000 FROM t",
    "SELECT * FROM t NATURAL JOIN u, v CROSS JOIN (SELECT 1), json_each('[1]') AS j WHERE t.a IS NOT DISTINCT FROM u.label AND t.b NOT IN (1, 2) OR NOT t.c ISNULL",
    "SELECT d ->> '$.x', d -> 'y', a || 'z', b << 2 | ~b & 3, -b % 2, b == 1, b <> 1, b != 2 FROM t",
    "SELECT a FROM t EXCEPT SELECT label FROM u INTERSECT SELECT a FROM v",
    "VALUES (1, 2), (3, 4)",
    "SELECT group_concat(a, ',' ORDER BY b) FROM t",
    "SELECT (SELECT max(id) FROM u), EXISTS (SELECT 1), (1, 2) = (SELECT id, b FROM t)",
    "SELECT a FROM t WHERE id = ?1 AND a = :name AND b = @x AND c = $y",
    "EXPLAIN QUERY PLAN SELECT * FROM t",
    // Everything else
    "PRAGMA foreign_keys = ON",
    "PRAGMA main.table_info('t')",
    "PRAGMA user_version = 12",
    "PRAGMA journal_mode = delete",
    "BEGIN IMMEDIATE TRANSACTION",
    "COMMIT",
    "END TRANSACTION",
    "ROLLBACK TRANSACTION TO SAVEPOINT s",
    "SAVEPOINT s",
    "RELEASE s",
    "ANALYZE main.t",
    "VACUUM",
    "VACUUM main INTO 'file'",
    "ATTACH DATABASE 'file' AS other",
    "DETACH other",
    "SELECT 1 -- a comment\n + /* another */ 2",
];
