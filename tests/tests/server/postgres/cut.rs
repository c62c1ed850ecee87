//! Futures that are dropped, connections that are cut, and what remains of them.

use std::time::Duration;

use migrate::{Migrator, SetState};
use migrate_tests::{Sandbox, query, version};
use tokio::time::timeout;

use crate::postgres::{alone, database, folder, followed};

#[tokio::test]
async fn a_dropped_run_leaves_a_healthy_pool_and_a_truthful_history() {
    let mut db = database("dropped").await;
    let mut folder = folder();
    for n in 1..=12 {
        let wait = if n == 6 { "; SELECT pg_sleep(1)" } else { "" };
        let up = format!("SET search_path TO public; CREATE TABLE t{n:02} (){wait}");
        folder = folder.migration(&format!("{n}_t"), &up, &format!("DROP TABLE t{n:02}"));
    }
    let set = folder.set();
    let migrator = Migrator::new(&set);
    let cut = timeout(Duration::from_millis(400), migrator.migrate(db.pool())).await;
    assert!(cut.is_err(), "the run was over before it could be dropped: {cut:?}");

    alone(&mut db).await;
    assert_eq!(db.pool().status().size, 1);
    let applied =
        "SELECT 't' || lpad(version::text, 2, '0') FROM migrate_history WHERE state = 'applied' ORDER BY 1";
    assert_eq!(db.column(applied).await, db.tables().await);
    assert_eq!(db.column("SELECT count(*) FROM migrate_history WHERE state <> 'applied'").await, ["0"]);
    assert_eq!(db.column("SHOW search_path").await, ["\"$user\", public"]);

    let before = db.tables().await.len();
    let report = db.migrate(&migrator).await.unwrap();
    assert_eq!(report.migrations.len(), 12 - before);
    assert_eq!(db.tables().await.len(), 12);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

#[tokio::test]
async fn a_run_without_transaction_that_is_dropped_goes_on() {
    let mut db = database("dropped_alone").await;
    let up = |wait: u8| {
        format!(
            "-- migrate: no-transaction\nCREATE TABLE first (n int);\nSELECT pg_sleep({wait});\nINSERT INTO first VALUES (1)"
        )
    };
    let slow = followed(&up(1));
    let set = slow.set();
    assert!(timeout(Duration::from_millis(400), Migrator::new(&set).migrate(db.pool())).await.is_err());
    alone(&mut db).await;
    let done = db.column("SELECT statements_done FROM migrate_history WHERE version = 1").await;
    // The server may have come to the end of what it was sent.
    assert!(done == ["1"] || done == ["2"], "{done:?}");
    assert_eq!(db.history().await, ["1 applying"]);
    assert_eq!(db.migrate(&Migrator::new(&set)).await.unwrap().migrations.len(), 2);
    assert_eq!(db.column("SELECT n FROM first").await, ["1"]);
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_a_truthful_history() {
    let mut db = database("cut").await;
    let set = folder()
        .table(1, "a")
        .migration("2_b", "CREATE TABLE b (); SELECT pg_terminate_backend(pg_backend_pid())", "DROP TABLE b")
        .table(3, "c")
        .set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    // Which one it was is known from the answers, unless the driver meets the closed socket before it has read them.
    let told = (error.version(), error.report().migrations.len());
    assert!([(Some(version(2)), 1), (Some(version(1)), 0)].contains(&told), "{told:?}");
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(db.history().await, ["1 applied"]);
}

#[tokio::test]
async fn the_pool_is_as_healthy_as_before() {
    let mut db = database("healthy").await;
    let set = followed("CREATE TABLE first ()").set();
    let broken = followed("CREATE TABLE first ()").migration("2_second", "SELEC 1", "SELECT 1").set();
    for _ in 0..3 {
        db.migrate(&Migrator::new(&set)).await.unwrap();
        db.rollback(&Migrator::new(&set), 1).await.unwrap();
        db.migrate(&Migrator::new(&broken)).await.unwrap_err();
    }
    alone(&mut db).await;
    let status = db.pool().status();
    assert_eq!((status.max_size, status.size, status.available, status.waiting), (1, 1, 1, 0));
    // Not in a transaction: a statement that refuses one runs.
    let client = db.pool().get().await.unwrap();
    assert_eq!(query(&client, "VACUUM first").await, [[""; 0]; 0]);
}
