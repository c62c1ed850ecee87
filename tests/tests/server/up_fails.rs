//! `up-fails` held against a server: it is reported exactly where the server refuses the script.

use migrate::Engine;
use migrate::testing::Server;
use migrate_lint::inspect;

const BEFORE: &str = "
    CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT positive CHECK (a > 0), b text);
    CREATE INDEX t_a ON t (a);
    CREATE TABLE child (id int REFERENCES t);
    CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN score AS int; CREATE TYPE pair AS (a int, b int);
    CREATE TABLE moods (m mood);
    CREATE SEQUENCE s; CREATE TABLE read (id int); CREATE VIEW v AS SELECT id FROM read;
    CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one;
    CREATE TABLE gone (id int); DROP TABLE gone;
    CREATE TABLE old (id int, x int); ALTER TABLE old RENAME TO young; ALTER TABLE young RENAME x TO y;
    CREATE SCHEMA app; CREATE TABLE app.log (id int);
    CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT;
    CREATE TABLE heir () INHERITS (young);";

/// Scripts that the server refuses.
const REFUSED: &[&str] = &[
    "CREATE TABLE t (id int)",
    "CREATE TABLE v (id int)",
    "CREATE TABLE t_a (id int)",
    "CREATE TABLE n (id int); CREATE TABLE n (id int)",
    "CREATE TABLE n (a int, PRIMARY KEY (b))",
    "CREATE TABLE n (a int, FOREIGN KEY (b) REFERENCES t)",
    "CREATE TABLE n (a int REFERENCES young)",
    "CREATE TABLE n (a int REFERENCES gone)",
    "CREATE TABLE app.log (id int)",
    "CREATE INDEX t_a ON t (b)",
    "CREATE INDEX t ON t (b)",
    "CREATE INDEX i ON t (c)",
    "CREATE INDEX i ON t (a) INCLUDE (c)",
    "CREATE INDEX i ON gone (id)",
    "CREATE INDEX i ON young (x)",
    "CREATE TYPE mood AS ENUM ('bad')",
    "CREATE TYPE score AS ENUM ('bad')",
    "CREATE VIEW v AS SELECT 1",
    "CREATE VIEW n AS SELECT 1 FROM gone",
    "CREATE MATERIALIZED VIEW mv AS SELECT 1",
    "CREATE SEQUENCE t",
    "ALTER TABLE t ADD COLUMN a int",
    "ALTER TABLE t ADD c int; ALTER TABLE t ADD c int",
    "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 1)",
    "ALTER TABLE t ADD CONSTRAINT t_pkey UNIQUE (a)",
    "ALTER TABLE t ADD UNIQUE (c)",
    "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES t",
    "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES young (id)",
    "ALTER TABLE t DROP c",
    "ALTER TABLE t DROP CONSTRAINT nothing",
    "ALTER TABLE t ALTER c SET NOT NULL",
    "ALTER TABLE t RENAME c TO d",
    "ALTER TABLE t RENAME a TO b",
    "ALTER TABLE t RENAME TO young",
    "ALTER TABLE t ALTER a TYPE serial",
    "ALTER TABLE gone ADD a int",
    "ALTER TABLE old ADD a int",
    "INSERT INTO t (id, c) VALUES (1, 1)",
    "INSERT INTO young (x) VALUES (1)",
    "INSERT INTO gone VALUES (1)",
    "UPDATE gone SET id = 1",
    "DELETE FROM old",
    "TRUNCATE gone",
    "SELECT 1 FROM gone",
    "DROP TABLE gone",
    "DROP TABLE t",
    "DROP TABLE read",
    "DROP TYPE mood",
    "DROP INDEX t_pkey",
    "DROP TABLE child, t; DROP INDEX t_a; ALTER TABLE t ADD c int",
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "SET TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ",
    "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
    "SET TRANSACTION NOT DEFERRABLE",
    "SET TRANSACTION SNAPSHOT '00000003-0000001B-1'",
    "SET LOCAL transaction_isolation = 'repeatable read'",
    "SET transaction_deferrable = on",
    "DO $$ BEGIN COMMIT; END $$",
    "DO $$ BEGIN LOOP DELETE FROM child; ROLLBACK; END LOOP; END $$",
    "SELECT $1",
    "INSERT INTO t VALUES (1, 1, $1)",
    "CREATE VIEW n AS SELECT $1::int AS a",
    "CREATE TABLE n (a int DEFAULT $1)",
    "ALTER TABLE t ADD PRIMARY KEY (a)",
    "ALTER TABLE t ADD c int PRIMARY KEY",
    "CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT second PRIMARY KEY USING INDEX i",
    "CREATE TABLE n (a int PRIMARY KEY, b int PRIMARY KEY)",
    "CREATE TABLE n (a int PRIMARY KEY, b int, PRIMARY KEY (b))",
    "INSERT INTO t VALUES (1, 1, 'a', 1)",
    "INSERT INTO t (id, a) VALUES (1)",
    "INSERT INTO t (id) VALUES (1, 1)",
    "INSERT INTO t (id, a) VALUES (1, 1), (2)",
    "INSERT INTO app.log (id) SELECT 1, 2",
    "INSERT INTO t SELECT 1, 2, 'a', 4",
    "INSERT INTO v (id) VALUES (1, 2)",
];

/// Scripts that it accepts.
const ACCEPTED: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS t (id int)",
    "CREATE TEMP TABLE t (id int)",
    "CREATE TABLE gone (id int); ALTER TABLE gone ADD a int; INSERT INTO gone (a) VALUES (1)",
    "CREATE TABLE app.t (id int)",
    "SET LOCAL search_path = app, public; CREATE TABLE t (id int)",
    "CREATE TABLE n (id int PRIMARY KEY, up int REFERENCES n, FOREIGN KEY (up) REFERENCES n (id))",
    "CREATE TABLE old (id int)",
    "CREATE INDEX IF NOT EXISTS t_a ON t (b)",
    "CREATE INDEX t_a ON app.log (id); DROP INDEX app.t_a",
    "CREATE TYPE app.mood AS ENUM ('bad')",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM read",
    "CREATE MATERIALIZED VIEW IF NOT EXISTS mv AS SELECT 1",
    "CREATE SEQUENCE IF NOT EXISTS s",
    "CREATE TABLE k (x int); CREATE SEQUENCE q OWNED BY k.x; DROP TABLE k; CREATE SEQUENCE q",
    "CREATE TABLE k (x int, y int); CREATE SEQUENCE q; ALTER SEQUENCE q OWNED BY k.x; ALTER TABLE k DROP x; CREATE SEQUENCE q",
    "SAVEPOINT a; CREATE TABLE n (id int); ROLLBACK TO a; CREATE TABLE n (id int)",
    "SAVEPOINT a; DROP TABLE t CASCADE; ROLLBACK TO a; INSERT INTO t VALUES (9)",
    "CREATE TYPE shell; CREATE TYPE shell AS ENUM ('a')",
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int",
    "ALTER TABLE t DROP a, ADD a text",
    "ALTER TABLE t DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK (a > 1)",
    "ALTER TABLE t DROP CONSTRAINT IF EXISTS nothing, DROP COLUMN IF EXISTS c",
    "ALTER TABLE t ADD c int, ADD UNIQUE (c), ALTER c SET NOT NULL",
    "ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; INSERT INTO t (id, c, a) VALUES (1, 1, '')",
    "ALTER TABLE IF EXISTS gone ADD a int",
    "ALTER TABLE heir ADD z int; INSERT INTO heir (id, y, z) VALUES (1, 1, 1)",
    "ALTER TABLE young ADD z int; INSERT INTO heir (z) VALUES (1)",
    "ALTER TABLE heir ADD q int; ALTER TABLE young ADD q int",
    "ALTER TABLE p ADD z int; INSERT INTO p1 (id, z) VALUES (1, 1)",
    "INSERT INTO v (id) VALUES (1)",
    "WITH gone AS (SELECT 1) SELECT * FROM gone",
    "DROP TABLE IF EXISTS gone",
    "DROP TABLE child, t",
    "DROP TABLE t CASCADE",
    "DROP TABLE read CASCADE; CREATE VIEW v AS SELECT 1 AS id",
    "DROP VIEW v; DROP TABLE read",
    "DROP TABLE moods; DROP TYPE mood; CREATE TYPE mood AS ENUM ('bad')",
    "DROP SEQUENCE s; CREATE SEQUENCE s",
    "ALTER TABLE read DROP id CASCADE; CREATE VIEW v AS SELECT 1 AS id",
    "DO $$ BEGIN EXECUTE 'DROP TABLE moods'; END $$; CREATE TABLE moods (id int)",
    "DO $$ BEGIN EXECUTE 'ALTER TABLE t ADD c int'; END $$; INSERT INTO t (id, c) VALUES (1, 1)",
    "DO $$ BEGIN EXECUTE 'CREATE TABLE gone (id int)'; END $$; INSERT INTO gone VALUES (1)",
    "SELECT set_config('search_path', 'app', true); CREATE TABLE t (id int)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION f()",
    "CREATE TABLE \"T\" (\"A\" int, a int); INSERT INTO \"T\" (\"A\", a) VALUES (1, 1)",
    "CREATE TABLE c (LIKE t); INSERT INTO c (id, a) VALUES (1, 1)",
    "CREATE TABLE q AS SELECT 1 AS one; INSERT INTO q (one) VALUES (1)",
    "ALTER TABLE app.log SET SCHEMA public; INSERT INTO log VALUES (1); CREATE TABLE app.log (a int)",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET TRANSACTION READ ONLY",
    "SET transaction_isolation = 'read committed'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "DO $$ BEGIN COMMIT; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    "CREATE PROCEDURE n() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$",
    "PREPARE n AS SELECT $1::int; EXECUTE n(1); DEALLOCATE n",
    "CREATE FUNCTION n(int) RETURNS int LANGUAGE sql RETURN $1",
    "DO $$ BEGIN EXECUTE 'SELECT $1' USING 1; END $$",
    "ALTER TABLE child ADD PRIMARY KEY (id)",
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS id int PRIMARY KEY",
    "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE, ADD PRIMARY KEY (a)",
    "ALTER TABLE t DROP id CASCADE; ALTER TABLE t ADD c int PRIMARY KEY",
    "CREATE TABLE k (LIKE t INCLUDING ALL)",
    "INSERT INTO t VALUES (1)",
    "INSERT INTO t (id, a) VALUES (1, 1), (2, 2)",
    "INSERT INTO t SELECT * FROM t",
    "INSERT INTO t (id, a, b) SELECT young.*, 'a' FROM young",
    "INSERT INTO t (id, a, b) VALUES (1, DEFAULT, (SELECT 'a'))",
    "CREATE TABLE k (a int[], b pair); INSERT INTO k (a[1], a[2], b.a) VALUES (1, 2, 3)",
    "CREATE TABLE k (z int); INSERT INTO k DEFAULT VALUES",
];

#[tokio::test]
async fn it_is_reported_where_the_server_refuses() {
    let server = Server::shared().unwrap();
    let database = server.create_database("up_fails").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute(BEFORE).await.unwrap();
    let (mut wrong, mut unexpected) = (Vec::new(), Vec::new());
    let cases = REFUSED.iter().map(|sql| (sql, true)).chain(ACCEPTED.iter().map(|sql| (sql, false)));
    for (sql, want) in cases {
        // A run has asked for the history before.
        client.batch_execute("BEGIN; SELECT 1").await.unwrap();
        let answer = client.batch_execute(sql).await;
        client.batch_execute("ROLLBACK").await.unwrap();
        if answer.is_err() != want {
            unexpected.push(format!("{sql}: {answer:?}"));
        }
        let hazards = inspect::hazards([BEFORE], sql, Engine::Postgres, true);
        if hazards.iter().any(|hazard| hazard == "up-fails high") != want {
            wrong.push(sql);
        }
    }
    assert!(unexpected.is_empty(), "the server answers otherwise: {unexpected:#?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Scripts whose last statement drops nothing. Without IF EXISTS the server refuses it.
const ABSENT: &[&str] = &[
    "DROP TABLE IF EXISTS gone",
    "DROP TABLE IF EXISTS old",
    "DROP TABLE child; DROP TABLE t; DROP INDEX IF EXISTS t_a",
    "ALTER TABLE t DROP COLUMN a; DROP INDEX IF EXISTS t_a",
    "ALTER TABLE t DROP COLUMN IF EXISTS c",
    "ALTER TABLE t DROP CONSTRAINT IF EXISTS nothing",
    "ALTER TABLE IF EXISTS gone DROP COLUMN id",
    "DROP TRIGGER IF EXISTS note ON t",
    "DROP POLICY IF EXISTS own ON t",
];

/// Scripts whose last statement drops something.
const PRESENT: &[&str] = &[
    "DROP INDEX IF EXISTS t_a",
    "DROP TABLE IF EXISTS child",
    "DROP TABLE IF EXISTS young CASCADE",
    "SAVEPOINT s; DROP TABLE t CASCADE; ROLLBACK TO s; DROP INDEX IF EXISTS t_a",
    "DO $$ BEGIN IF random() > 2 THEN DROP TABLE child; END IF; END $$; DROP TABLE IF EXISTS child",
    "ALTER TABLE t DROP COLUMN IF EXISTS b",
    "ALTER TABLE t DROP CONSTRAINT IF EXISTS t_pkey CASCADE",
    "ALTER TABLE IF EXISTS young DROP COLUMN y CASCADE",
];

/// The rules see what `IF EXISTS` drops, and only that.
#[tokio::test]
async fn if_exists_is_reported_where_it_drops_something() {
    let server = Server::shared().unwrap();
    let database = server.create_database("if_exists").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute(BEFORE).await.unwrap();
    let mut wrong = Vec::new();
    let cases = ABSENT.iter().map(|sql| (sql, false)).chain(PRESENT.iter().map(|sql| (sql, true)));
    for (sql, drops) in cases {
        let (before, last) = sql.rsplit_once("; ").unwrap_or(("", sql));
        client.batch_execute("BEGIN").await.unwrap();
        client.batch_execute(before).await.unwrap();
        let answer = client.batch_execute(&last.replace("IF EXISTS ", "")).await;
        client.batch_execute("ROLLBACK").await.unwrap();
        let of_before = inspect::hazards([BEFORE], before, Engine::Postgres, true);
        let found = inspect::hazards([BEFORE], sql, Engine::Postgres, true);
        if answer.is_ok() != drops || (found.len() > of_before.len()) != drops {
            wrong.push(format!("{sql}: {answer:?}, {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
