//! Which uses of a value that the same transaction has added to an enum fail on a server: exactly those that are reported.

use migrate::Engine;
use migrate::testing::Server;
use migrate_lint::inspect;

const GIVEN: &str = "CREATE TYPE mood AS ENUM ('good');
    CREATE TABLE t (id int, s mood, b text, c varchar(9));
    INSERT INTO t VALUES (1, 'good', 'bad', 'x')";

/// Statements after `ALTER TYPE mood ADD VALUE 'bad'`. Those that begin with a minus sign fail.
const USES: &[&str] = &[
    "ALTER TABLE t ADD CHECK (s::text IN ('bad', 'good'))",
    "ALTER TABLE t ADD CHECK (s::text = ANY (ARRAY['bad', 'good']))",
    "ALTER TABLE t ADD CHECK ((s)::varchar <> 'bad')",
    "ALTER TABLE t ADD CHECK ('bad' <> cast(s AS text))",
    "ALTER TABLE t ADD CHECK (b = 'bad')",
    "ALTER TABLE t ADD CHECK (c IS DISTINCT FROM 'bad')",
    "ALTER TABLE t ADD COLUMN n text DEFAULT 'bad'::text",
    "CREATE INDEX ON t (id) WHERE b = 'bad'",
    "UPDATE t SET b = 'bad' WHERE c = 'bad'",
    "UPDATE t SET s = 'good' WHERE b = 'bad'",
    "DELETE FROM t WHERE s::text LIKE 'bad'",
    "CREATE VIEW v AS SELECT id FROM t WHERE s::text BETWEEN 'bad' AND 'c'",
    "-ALTER TABLE t ADD CHECK (s IN ('bad', 'good'))",
    "-ALTER TABLE t ADD CHECK (s = ANY (ARRAY['bad', 'good']::mood[]))",
    "-ALTER TABLE t ADD CHECK (s <> 'bad')",
    "-ALTER TABLE t ADD COLUMN n mood DEFAULT 'bad'",
    "-CREATE INDEX ON t (id) WHERE s = 'bad'",
    "-UPDATE t SET s = 'bad'",
    "-UPDATE t SET s = ('bad'::text)::mood",
    "-UPDATE t SET b = 'x' WHERE s = 'bad'",
    "-INSERT INTO t (s) VALUES ('bad')",
    "-DELETE FROM t WHERE s IN ('bad')",
    "-CREATE VIEW v AS SELECT id FROM t WHERE s BETWEEN 'bad' AND 'good'",
    "-SELECT 'bad'::mood",
];

#[tokio::test]
async fn a_use_that_fails_is_reported() {
    let database = Server::shared().unwrap().create_database("enum_values").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute(GIVEN).await.unwrap();
    let mut wrong = Vec::new();
    for case in USES {
        let (sql, want) = case.strip_prefix('-').map_or((*case, false), |sql| (sql, true));
        client.batch_execute("BEGIN; ALTER TYPE mood ADD VALUE 'bad'").await.unwrap();
        let code = client.batch_execute(sql).await.err().and_then(|error| error.code().cloned());
        client.batch_execute("ROLLBACK").await.unwrap();
        let fails = code.as_ref().is_some_and(|code| code.code() == "55P04");
        if code.is_some() && !fails {
            wrong.push(format!("{sql}: fails with {code:?}"));
        }
        let script = format!("ALTER TYPE mood ADD VALUE 'bad'; {sql}");
        let found = inspect::hazards([GIVEN], &script, Engine::Postgres, true);
        let is_reported = found.iter().any(|finding| finding == "enum-same-tx high");
        if fails != want || is_reported != fails {
            wrong.push(format!("{sql}: expected to fail: {want}, fails: {fails}, reported: {is_reported}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
