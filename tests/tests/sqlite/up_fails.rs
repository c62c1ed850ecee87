//! `up-fails` held against SQLite: each script that it is reported for is refused, and none that SQLite accepts.

use migrate::Engine;
use migrate_lint::inspect;
use rusqlite::Connection;

const BEFORE: &str = "
    CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT);
    CREATE INDEX t_a ON t (a);
    CREATE VIEW v AS SELECT id FROM t;
    CREATE TABLE gone (id INT); DROP TABLE gone;
    CREATE TABLE old (id INT, x INT); ALTER TABLE old RENAME TO young; ALTER TABLE young RENAME x TO y;";

/// Scripts that SQLite refuses.
const REFUSED: &[&str] = &[
    "CREATE TABLE t (id INT)",
    "CREATE TABLE T (id INT)",
    "CREATE TABLE v (id INT)",
    "CREATE TABLE n (id INT); CREATE TABLE n (id INT)",
    "CREATE TABLE n (a INT, PRIMARY KEY (b))",
    "CREATE INDEX t_a ON t (b)",
    "CREATE INDEX i ON gone (id)",
    "CREATE VIEW v AS SELECT 1",
    "ALTER TABLE t ADD COLUMN a INT",
    "ALTER TABLE t ADD COLUMN A INT",
    "ALTER TABLE t ADD c INT; ALTER TABLE t ADD c INT",
    "ALTER TABLE t DROP COLUMN c",
    "ALTER TABLE t RENAME COLUMN c TO d",
    "ALTER TABLE t RENAME COLUMN a TO b",
    "ALTER TABLE gone ADD COLUMN c INT",
    "INSERT INTO t (id, c) VALUES (1, 1)",
    "INSERT INTO old (id) VALUES (1)",
    "UPDATE gone SET id = 1",
    "DELETE FROM old",
    "DROP TABLE gone",
    "ALTER TABLE t ADD COLUMN c INT UNIQUE",
    "ALTER TABLE t ADD COLUMN c INT PRIMARY KEY",
    "ALTER TABLE young ADD COLUMN c INTEGER PRIMARY KEY",
    "CREATE TABLE n (a INT PRIMARY KEY, b INT PRIMARY KEY)",
    "CREATE TABLE n (a INT PRIMARY KEY, b INT, PRIMARY KEY (b))",
    "INSERT INTO t VALUES (1)",
    "INSERT INTO t VALUES (1, 1, 'a', 1)",
    "INSERT INTO t (id, a) VALUES (1)",
    "INSERT INTO t (id, a) VALUES (1, 1), (2)",
    "INSERT INTO t SELECT 1, 2",
];

/// Scripts that SQLite runs.
const ACCEPTED: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS t (id INT)",
    "CREATE TABLE gone (id INT)",
    "CREATE TABLE old (id INT)",
    "CREATE TEMP TABLE t (other INT); INSERT INTO t (other) VALUES (1)",
    "CREATE INDEX IF NOT EXISTS t_a ON t (b)",
    "CREATE VIEW IF NOT EXISTS v AS SELECT 1",
    // A view and a trigger are only looked into when they are used.
    "CREATE VIEW n AS SELECT * FROM gone",
    "CREATE TRIGGER n AFTER INSERT ON t BEGIN INSERT INTO gone VALUES (1); END",
    "CREATE TABLE n (a INT REFERENCES gone (id))",
    "ALTER TABLE t RENAME COLUMN a TO A",
    "ALTER TABLE t RENAME COLUMN a TO a",
    "INSERT INTO t (rowid, a) VALUES (1, 1)",
    "INSERT INTO T (ID, \"A\") VALUES (1, 1)",
    "DROP TABLE IF EXISTS gone",
    "DROP TABLE t",
    "ALTER TABLE t ADD COLUMN c INT REFERENCES young (id) CHECK (c > 0)",
    "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b')",
    "INSERT INTO t SELECT * FROM t",
    "CREATE TABLE g (a INT, b INT AS (a + 1)); INSERT INTO g VALUES (1)",
    "SELECT ?1, :x, $y, @z",
    "SAVEPOINT s; CREATE TABLE n (id INT); ROLLBACK TO s; CREATE TABLE n (id INT)",
    "SAVEPOINT s; DROP TABLE t; ROLLBACK TO s; INSERT INTO t (id) VALUES (1)",
    "CREATE TABLE new_t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO new_t SELECT id, a FROM t; DROP VIEW v; DROP TABLE t;
     ALTER TABLE new_t RENAME TO t; CREATE INDEX t_a ON t (a)",
];

#[test]
fn it_is_reported_where_sqlite_refuses() {
    let (mut wrong, mut unexpected) = (Vec::new(), Vec::new());
    let cases = REFUSED.iter().map(|sql| (sql, true)).chain(ACCEPTED.iter().map(|sql| (sql, false)));
    for (sql, want) in cases {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(BEFORE).unwrap();
        let answer = connection.execute_batch(sql);
        if answer.is_err() != want {
            unexpected.push(format!("{sql}: {answer:?}"));
        }
        let hazards = inspect::hazards([BEFORE], sql, Engine::Sqlite, true);
        if hazards.iter().any(|hazard| hazard == "up-fails high") != want {
            wrong.push(sql);
        }
    }
    assert!(unexpected.is_empty(), "SQLite answers otherwise: {unexpected:#?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
