//! What PostgreSQL's own parser accepts, ours accepts too, and what is new to a server is known to be.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use migrate::Engine;
use migrate::testing::{Server, TestDatabase};
use migrate_lint::{inspect, syntax_errors};
use tokio_postgres::Client;

/// A server, and what it says about statements that it parses and never executes.
struct Judge {
    client: Client,
    major: u32,
    _database: TestDatabase,
}

impl Judge {
    async fn new() -> Judge {
        let server = Server::shared().unwrap();
        let database = server.create_database("syntax").await.unwrap();
        let client = database.connect().await.unwrap();
        Judge { client, major: server.version_num().await.unwrap() / 10_000, _database: database }
    }

    /// Whether it is in the server's grammar. What its parser passes may still fail for want of tables.
    async fn accepts(&self, sql: &str) -> bool {
        let Err(error) = self.client.prepare(sql).await else { return true };
        let place =
            error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}")).file().unwrap_or_default();
        !["gram.y", "scan.l", "parser.c"].iter().any(|file| place.ends_with(file))
    }
}

#[tokio::test]
async fn what_postgres_accepts_is_accepted() {
    let judge = Judge::new().await;
    for sql in STATEMENTS.iter().chain(RARE) {
        assert!(judge.accepts(sql).await, "{sql}");
        assert_eq!(syntax_errors(sql, Engine::Postgres), [], "{sql}");
    }
}

/// Statements with a word removed, doubled, swapped with the next or replaced by one of another statement, or with
/// other letters.
#[tokio::test]
async fn typos_are_judged_as_postgres_judges_them() {
    let judge = Judge::new().await;
    let mut random = Random(7);
    let (mut accepted, mut rejected) = (0, 0);
    let mut missed = Vec::new();
    for _ in 0..2_000 {
        let sql = mutated(STATEMENTS, &mut random);
        let errors = syntax_errors(&sql, Engine::Postgres);
        // What only a newer server knows is no typo to the parser.
        let is_newer = inspect::oldest_release(&sql).is_some_and(|release| release > judge.major);
        match judge.accepts(&sql).await {
            true => {
                accepted += 1;
                assert_eq!(errors, [], "{sql}");
            }
            false => {
                rejected += 1;
                missed.extend((errors.is_empty() && !is_newer).then_some(sql));
            }
        }
    }
    println!(
        "{accepted} accepted by both; of {rejected} that are no SQL, these were not noticed: {missed:#?}"
    );
    assert!(accepted > 200 && rejected > 1_000, "{accepted} {rejected}");
    assert!(missed.len() * 100 < rejected, "{} of {rejected}", missed.len());
}

#[tokio::test]
async fn what_is_newer_than_the_server_is_known_to_be() {
    let judge = Judge::new().await;
    for (release, sql) in NEWER {
        assert_eq!(syntax_errors(sql, Engine::Postgres), [], "{sql}");
        assert_eq!(inspect::oldest_release(sql), Some(*release), "{sql}");
        assert_eq!(judge.accepts(sql).await, judge.major >= *release, "{sql}");
    }
}

/// One of the statements with a word removed, doubled, swapped, replaced or misspelt.
pub(crate) fn mutated(statements: &[&str], random: &mut Random) -> String {
    let mut words: Vec<String> = words(random.choice::<&str>(statements));
    let at = random.below(words.len());
    match random.below(6) {
        0 => drop(words.remove(at)),
        1 => words.insert(at, words[at].clone()),
        2 if at + 1 < words.len() => words.swap(at, at + 1),
        3 => {
            let others = self::words(random.choice::<&str>(statements));
            words[at] = random.choice(&others).clone();
        }
        _ => words[at] = misspelt(&words[at], random),
    }
    words.join(" ")
}

/// Words, strings and single signs.
fn words(sql: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = match first {
            '\'' => rest[1..].find('\'').unwrap() + 2,
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            // Operators stay whole.
            _ => rest.find(|c| !"<>=|:".contains(c)).filter(|length| *length > 0).unwrap_or(1),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

fn misspelt(word: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = random.below(letters.len());
    match random.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters[at] = *random.choice(&['a', 'e', 'n', 'r', 't', 'x']),
    }
    letters.into_iter().collect()
}

/// A generator of numbers that gives the same ones at each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn choice<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// What migrations are made of.
const STATEMENTS: &[&str] = &[
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text NOT NULL DEFAULT 'x', \
     b numeric(10, 2) CHECK (b > 0), c int REFERENCES u (id) ON DELETE CASCADE, UNIQUE (a, b))",
    "CREATE TABLE IF NOT EXISTS s.t (a timestamp with time zone DEFAULT now(), b varchar(20)[], \
     CONSTRAINT k FOREIGN KEY (a) REFERENCES u ON UPDATE SET NULL NOT VALID) PARTITION BY RANGE (a)",
    "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10)",
    "CREATE TEMP TABLE t AS SELECT a, count(*) AS n FROM u GROUP BY a HAVING count(*) > 1 ORDER BY n DESC LIMIT 5",
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int NOT NULL DEFAULT 0, DROP COLUMN b CASCADE",
    "ALTER TABLE ONLY t ALTER COLUMN a TYPE bigint USING a::bigint, ALTER COLUMN b SET NOT NULL, \
     ALTER c DROP DEFAULT",
    "ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i, VALIDATE CONSTRAINT l, DROP CONSTRAINT IF EXISTS m",
    "ALTER TABLE t RENAME COLUMN a TO b",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE p ATTACH PARTITION q DEFAULT",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t USING btree (a, lower(b) DESC) WHERE a IS NOT NULL",
    "DROP INDEX CONCURRENTLY IF EXISTS i",
    "DROP TABLE IF EXISTS t, u",
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'happy' AFTER 'ok'",
    "CREATE DOMAIN d AS text CHECK (VALUE <> '')",
    "CREATE OR REPLACE VIEW v AS WITH x AS (SELECT * FROM t) SELECT a, b FROM x JOIN u USING (id) WHERE a = 1",
    "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA",
    "CREATE OR REPLACE FUNCTION f(a int, b text DEFAULT 'x') RETURNS SETOF t LANGUAGE internal STABLE AS 'SELECT 1'",
    "CREATE TRIGGER g BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE POLICY p ON t FOR SELECT TO PUBLIC USING (a = current_user)",
    "INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL) ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING a",
    "INSERT INTO t SELECT a, coalesce(b, 0) FROM u WHERE NOT EXISTS (SELECT 1 FROM w WHERE w.a = u.a)",
    "UPDATE t SET a = u.a, b = b || 'x' FROM u WHERE t.id = u.id AND t.a IN (1, 2) OR t.b LIKE 'y'",
    "DELETE FROM t USING u WHERE t.id = u.id AND u.a BETWEEN 1 AND 2",
    "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END, sum(b) OVER (PARTITION BY c) FROM t LEFT JOIN u ON t.a = u.a",
    "COMMENT ON COLUMN t.a IS 'what it is'",
    "GRANT SELECT, INSERT ON TABLE t TO app",
    "REVOKE ALL ON t FROM app",
    "SET LOCAL lock_timeout = '5s'",
    "TRUNCATE TABLE t RESTART IDENTITY",
    "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA s",
    "CREATE SEQUENCE s START WITH 5 INCREMENT BY 2 OWNED BY t.a",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "LOCK TABLE t IN ACCESS EXCLUSIVE MODE",
];

/// What the manual has, or only the grammar, and hardly anybody uses.
const RARE: &[&str] = &[
    "SET NAMES 'UTF8'",
    "SET SESSION NAMES DEFAULT",
    "ALTER POLICY IF EXISTS p ON t RENAME TO q",
    "ALTER STATISTICS IF EXISTS a SET STATISTICS 5",
    "CREATE TRUSTED PROCEDURAL LANGUAGE a HANDLER b",
    "CREATE OR REPLACE LANGUAGE a",
    "CREATE FUNCTION f(OUT a int) RETURNS NULL ON NULL INPUT LANGUAGE sql AS 'SELECT 1'",
    "DROP LANGUAGE IF EXISTS a, b CASCADE",
    "DROP TEXT SEARCH PARSER a, s.b",
    "DROP EVENT TRIGGER a, b",
    "SET ROLE TO DEFAULT",
    "SET ROLE = DEFAULT",
    "SET LOCAL ROLE TO a",
    "SET SESSION ROLE = 'a'",
    "ALTER USER MAPPING FOR user SERVER s OPTIONS (SET a 'b')",
    "ALTER USER MAPPING FOR current_user SERVER s OPTIONS (SET a 'b')",
    "DISCARD PLANS",
    "DISCARD SEQUENCES",
    "DISCARD TEMPORARY",
    "SELECT E'a'\n 'b'",
    "SELECT E'a\\\\'\n 'c\\'d' -- it's\n '\\'e', 1",
    "SELECT 'a'\n 'b', U&'d!0061' UESCAPE '!', U&\"d!0061\" UESCAPE '!' FROM t",
    "SELECT 1 AS table, a.select, left('a', 1), current_schema FROM current_date",
    "SELECT a IS NULL = b, - - 1, @ -1, a OPERATOR(pg_catalog.+) 1, ARRAY[[1], [2]]",
    "CREATE TABLE t (a bool DEFAULT (NOT true), b int DEFAULT 1 CHECK (b IN (1, 2)), \"select\" text)",
    "ALTER TABLE t ALTER a SET STATISTICS 5, ALTER b SET (n_distinct = 5), CLUSTER ON i, SET WITHOUT OIDS",
];

/// What the grammar of a release begins to know.
const NEWER: &[(u32, &str)] = &[
    (15, "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE"),
    (15, "CREATE TABLE t (a int UNIQUE NULLS NOT DISTINCT)"),
    (15, "CREATE TABLE t (a int REFERENCES u ON DELETE SET NULL (a))"),
    (15, "ALTER TABLE t SET ACCESS METHOD heap"),
    (15, "CREATE PUBLICATION p FOR TABLES IN SCHEMA s"),
    (16, "CREATE TABLE t (a text STORAGE main)"),
    (16, "SELECT * FROM (SELECT 1)"),
    (16, "SELECT 1_000"),
    (16, "SELECT json_object('a': 1)"),
    (16, "SELECT a IS JSON FROM t"),
    (16, "CREATE STATISTICS ON a, b FROM t"),
    (16, "GRANT a TO b WITH INHERIT TRUE"),
    (17, "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE RETURNING *"),
    (17, "MERGE INTO t USING u ON t.a = u.a WHEN NOT MATCHED BY SOURCE THEN DELETE"),
    (17, "SELECT * FROM json_table('[1]', '$[*]' COLUMNS (a int PATH '$'))"),
    (17, "ALTER TABLE t ALTER a SET EXPRESSION AS (1)"),
    (17, "ALTER DOMAIN d ADD NOT NULL"),
    (17, "SELECT now() AT LOCAL"),
    (18, "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) VIRTUAL)"),
    (18, "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a))"),
    (18, "ALTER TABLE t ADD CHECK (a > 1) NOT ENFORCED"),
    (18, "ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID"),
    (18, "CREATE TABLE t (a int, b daterange, PRIMARY KEY (a, b WITHOUT OVERLAPS))"),
    (18, "UPDATE t SET a = 1 RETURNING WITH (OLD AS o) o.a"),
    (18, "VACUUM ONLY t"),
    (19, "ALTER TABLE p MERGE PARTITIONS (a, b) INTO c"),
    (19, "INSERT INTO t VALUES (1) ON CONFLICT (a) DO SELECT RETURNING *"),
    (19, "REPACK t"),
    (19, "CREATE PROPERTY GRAPH g VERTEX TABLES (t)"),
    (19, "SELECT a FROM t GROUP BY ALL"),
];
