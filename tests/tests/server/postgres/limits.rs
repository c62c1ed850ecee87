//! How long a script may wait and run.

use std::time::{Duration, Instant};

use migrate::{ErrorKind, Migrator};
use migrate_tests::{PostgresClient, Sandbox};

use crate::postgres::{PLACES, database, folder, followed};

#[tokio::test]
async fn a_lock_that_is_not_to_be_had_ends_the_wait() {
    let mut db = PostgresClient::create("lock_timeout").await;
    db.execute("CREATE TABLE busy (); SET lock_timeout = '77s'").await;
    let mut other = db.beside().await;
    other.execute("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE").await;
    let script = "-- migrate: lock-timeout 50ms\nCREATE TABLE first ();\nALTER TABLE busy ADD COLUMN n int";
    let set = followed(script).set();
    let migrator = Migrator::new(&set).retries(0);
    let started = Instant::now();
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("55P03")));
    assert_eq!(error.statement(), Some("ALTER TABLE busy ADD COLUMN n int"));
    assert_eq!(db.column(PLACES).await, ["public.busy"]);
    assert_eq!(db.column("SHOW lock_timeout").await, ["77s"]);
    other.execute("ROLLBACK").await;
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2);
    assert_eq!(db.column("SHOW lock_timeout").await, ["77s"]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped() {
    let mut db = database("statement_timeout").await;
    let set =
        followed("-- migrate: statement-timeout 50ms\nCREATE TABLE first (); SELECT pg_sleep(30)").set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("57014")));
    assert_eq!(error.statement(), Some("SELECT pg_sleep(30)"));
    assert_eq!(db.column("SHOW statement_timeout").await, ["0"]);
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(db.log().await, ["failure 1"]);
}

#[tokio::test]
async fn limits_hold_for_their_script_alone() {
    let mut db = database("limits").await;
    let note = "INSERT INTO seen VALUES (current_setting('lock_timeout') || ' ' || current_setting('statement_timeout'))";
    let limited = format!("-- migrate: lock-timeout 3s\n-- migrate: statement-timeout 2min\n{note}");
    let alone = format!("-- migrate: no-transaction\n{note}");
    let alone_limited = format!(
        "-- migrate: no-transaction\n-- migrate: lock-timeout 4s\n{note}; DO $$ BEGIN {note}; END $$"
    );
    let set = folder()
        .migration("1_seen", "CREATE TABLE seen (limits text)", "DROP TABLE seen")
        .migration("2_limited", &limited, "SELECT 1")
        .migration("3_default", note, "SELECT 1")
        .migration("4_alone", &alone, "SELECT 1")
        .migration("5_alone_limited", &alone_limited, "SELECT 1")
        .migration("6_default", note, "SELECT 1")
        .set();
    let migrator = Migrator::new(&set)
        .retries(0)
        .lock_timeout(Duration::from_secs(9))
        .statement_timeout(Duration::from_secs(70));
    db.migrate(&migrator).await.unwrap();
    // A script without transaction has no limits but its own.
    let want = ["3s 2min", "9s 70s", "0 0", "4s 0", "4s 0", "9s 70s"];
    assert_eq!(db.column("SELECT limits FROM seen").await, want);
    assert_eq!(
        db.rows("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')").await,
        [["0", "0"]]
    );
}
