use migrate::testing::{Scene, StatementTrace};
use migrate::{Error, Risk};
use migrate_tests::hazard_cases::{CASES, Case, SETUP};
use migrate_tests::{PostgresPool, Sandbox};

use crate::trace::words::{locks, work};

async fn run(scene: &mut Scene, case: &Case) -> Result<Vec<StatementTrace>, Error> {
    let setup = format!("{SETUP}{}", case.given);
    match case.transaction {
        true => scene.trace(&setup, case.sql).await,
        false => scene.trace_alone(&setup, case.sql).await,
    }
}

fn class(name: &str) -> Risk {
    match name {
        "safe" => Risk::Safe,
        "controlled" => Risk::Controlled,
        "high" => Risk::High,
        _ => panic!("no class is called {name}"),
    }
}

#[tokio::test]
async fn statements_do_what_the_table_says() {
    let sandbox = PostgresPool::create("trace_cases").await;
    let mut scene = Scene::open(sandbox.pool()).await.unwrap();
    let mut wrong = Vec::new();
    for case in CASES {
        let seen = match run(&mut scene, case).await {
            Ok(statements) => {
                let observed = statements.iter().map(|statement| statement.observed).max().unwrap();
                assert!(observed <= class(case.class), "{} was seen to be {observed}", case.sql);
                (None, locks(&statements), work(&statements))
            }
            Err(error) => (error.code().map(str::to_owned), String::new(), String::new()),
        };
        let want = (case.fails.map(str::to_owned), case.locks.to_owned(), case.work.to_owned());
        if seen != want {
            wrong.push(format!("{}\n  want {want:?}\n  seen {seen:?}", case.sql));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What only the trace knows of: the class that it gives by observation, and statements that no rule needs.
#[tokio::test]
async fn the_class_is_what_was_seen() {
    use Risk::{Controlled, High, Safe};
    let cases = [
        // For a moment.
        ("ALTER TABLE t ADD COLUMN n int", "t:AEL", "", Safe),
        ("ALTER TABLE t RENAME TO tt", "t:AEL", "", Safe),
        ("CREATE OR REPLACE VIEW t_view AS SELECT id, a, b FROM t", "t_view:AEL", "", Safe),
        ("DROP VIEW t_view", "t_view:AEL", "", Safe),
        // One table, whatever its partitions.
        ("ALTER TABLE p ADD COLUMN n int", "p:AEL p1:AEL pdef:AEL", "", Safe),
        // Two tables at once.
        ("ALTER TABLE child DROP CONSTRAINT child_t", "child:AEL t:AEL", "", Controlled),
        ("LOCK TABLE r, child IN SHARE MODE", "child:S r:S", "", Controlled),
        ("LOCK TABLE r, child IN ROW EXCLUSIVE MODE", "child:RX r:RX", "", Safe),
        // Long, and no one waits.
        ("ALTER TABLE pending VALIDATE CONSTRAINT pending_a", "pending:SUE", "scan pending", Controlled),
        ("UPDATE t SET b = 'x'", "t:RX", "scan t", Safe),
        ("CREATE TABLE copy AS SELECT * FROM t", "", "scan t", Safe),
        // Long, and others wait.
        ("ALTER TABLE t ADD CHECK (a > 0)", "t:AEL", "scan t", High),
        ("CREATE INDEX ON t (b)", "t:S", "index t", High),
        ("ALTER TABLE t ALTER COLUMN k TYPE bigint", "t:AEL", "rewrite t", High),
        ("REINDEX INDEX t_a", "t:S t_a:AEL", "index t", High),
        ("ALTER TABLE p ADD CHECK (a > 0)", "p:AEL p1:AEL pdef:AEL", "scan p1, scan pdef", High),
        (
            "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (300) TO (400)",
            "p:AEL pdef:AEL",
            "scan pdef",
            High,
        ),
        // The column that a foreign key of `child` points to.
        (
            "DROP VIEW t_view; DROP MATERIALIZED VIEW mv; ALTER TABLE t ALTER COLUMN id TYPE int",
            "child:AEL mv:AEL pending:AEL t:AEL t_view:AEL",
            "rewrite t, scan child",
            High,
        ),
        // Rows are lost.
        ("DROP TABLE plain", "plain:AEL", "", High),
        ("DROP TABLE q", "q:AEL q1:AEL", "", High),
        // A scan that only a lock of an earlier statement makes bad.
        ("ALTER TABLE r ADD COLUMN n int; UPDATE t SET a = 1", "r:AEL t:RX", "scan t", High),
        ("ALTER TABLE r ADD COLUMN n int; INSERT INTO t (id, k) VALUES (1, 1)", "r:AEL t:RX", "", Safe),
        // What the migration itself made is no one else's.
        ("CREATE TABLE mine (a int); ALTER TABLE mine ADD CHECK (a > 0); DROP TABLE mine", "", "", Safe),
        ("CREATE TABLE mine AS SELECT 1 AS a; CREATE INDEX ON mine (a)", "", "", Safe),
        ("CREATE TEMP TABLE mine (a int); LOCK TABLE mine", "", "", Safe),
        // Names of every kind.
        ("CREATE TABLE elsewhere.\"My \"\"Table\" (a int)", "", "", Safe),
        // The session's own settings do not matter.
        ("SET LOCAL search_path = ''; ALTER TABLE public.t ADD CHECK (a > 0)", "t:AEL", "scan t", High),
        ("SET LOCAL ROLE pg_monitor; SELECT 1", "", "", Safe),
        // What is taken back leaves no lock.
        ("SAVEPOINT s; LOCK TABLE t; ROLLBACK TO s; UPDATE r SET id = 1", "r:RX t:AEL", "scan r", Safe),
    ];
    let sandbox = PostgresPool::create("trace_class").await;
    let mut scene = Scene::open(sandbox.pool()).await.unwrap();
    let mut wrong = Vec::new();
    for (sql, want_locks, want_work, want) in cases {
        let statements = scene.trace(SETUP, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let observed = statements.iter().map(|statement| statement.observed).max().unwrap();
        let seen = (locks(&statements), work(&statements), observed);
        if seen != (want_locks.to_owned(), want_work.to_owned(), want) {
            wrong.push(format!("{sql}\n  seen {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
