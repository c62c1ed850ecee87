//! Statements outside of a transaction, whose locks are gone when they end.

use migrate::Risk;
use migrate::testing::Scene;
use migrate_tests::hazard_cases::SETUP;
use migrate_tests::{PostgresPool, Sandbox};

use crate::trace::words::{locks, work};

#[tokio::test]
async fn locks_are_seen_while_the_statement_holds_them() {
    use Risk::{Controlled, High, Safe};
    let cases = [
        ("CREATE INDEX CONCURRENTLY ON t (b)", "t:SUE", "index t", Controlled),
        ("CREATE UNIQUE INDEX CONCURRENTLY ON t (b)", "t:SUE", "index t", Controlled),
        ("DROP INDEX CONCURRENTLY t_a", "t:SUE", "", Safe),
        ("REINDEX INDEX CONCURRENTLY t_a", "t:SUE", "index t", Controlled),
        ("REINDEX TABLE CONCURRENTLY t", "t:SUE", "index t", Controlled),
        ("VACUUM t", "t:SUE", "", Safe),
        ("VACUUM FULL t", "t:AEL", "rewrite t", High),
        // These are not refused by a transaction after all.
        ("DO 'BEGIN ALTER TABLE t ADD CHECK (a > 0); LOCK TABLE r; END'", "r:AEL t:AEL", "scan t", High),
        // These end it themselves. Of the locks only the first is sure to be seen, of the work all.
        ("DO 'BEGIN ALTER TABLE t ADD CHECK (a > 0); COMMIT; END'", "t:AEL", "scan t", High),
        (
            "CREATE PROCEDURE twice() LANGUAGE plpgsql AS 'BEGIN CREATE INDEX ON t (b); COMMIT; END'; CALL twice()",
            "t:S",
            "index t",
            High,
        ),
        // What the migration itself made is no one else's.
        ("CREATE TABLE mine (a int); CREATE INDEX CONCURRENTLY ON mine (a); VACUUM FULL mine", "", "", Safe),
    ];
    let sandbox = PostgresPool::create("trace_alone").await;
    let mut scene = Scene::open(sandbox.pool()).await.unwrap();
    let mut wrong = Vec::new();
    for (sql, want_locks, want_work, want) in cases {
        let statements = scene.trace_alone(SETUP, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let observed = statements.iter().map(|statement| statement.observed).max().unwrap();
        let seen = (locks(&statements), work(&statements), observed);
        if seen != (want_locks.to_owned(), want_work.to_owned(), want) {
            wrong.push(format!("{sql}\n  seen {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_partition_is_detached_concurrently() {
    let sandbox = PostgresPool::create("trace_detach").await;
    let mut scene = Scene::open(sandbox.pool()).await.unwrap();
    let detach = "ALTER TABLE q DETACH PARTITION q1 CONCURRENTLY";
    let statements = scene.trace_alone(SETUP, detach).await.unwrap();
    // At its end it takes `q1` for itself, which no one reaches any more: seen or not as it comes.
    assert_eq!(locks(&statements).split(' ').next(), Some("q:SUE"));
    assert_eq!((work(&statements).as_str(), statements[0].observed), ("", Risk::Safe));
}

#[tokio::test]
async fn a_statement_that_fails_leaves_nobody_waiting() {
    let sandbox = PostgresPool::create("trace_alone_fails").await;
    let mut scene = Scene::open(sandbox.pool()).await.unwrap();
    let double = format!("{SETUP} INSERT INTO plain VALUES (1, 1), (2, 1);");
    let error =
        scene.trace_alone(&double, "CREATE UNIQUE INDEX CONCURRENTLY ON plain (a)").await.unwrap_err();
    assert_eq!(error.code(), Some("23505"), "{error}");
    let statements = scene.trace(SETUP, "LOCK TABLE plain").await.unwrap();
    assert_eq!(locks(&statements), "plain:AEL");
}
