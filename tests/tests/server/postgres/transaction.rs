//! Transactions of the caller and of a script.

use migrate::{Dialect, ErrorKind, Migrator};
use migrate_tests::{Folder, PostgresClient, Sandbox};

use crate::postgres::{database, followed};

/// The caller's own transaction is neither committed nor rolled back by us.
#[tokio::test]
async fn a_client_inside_a_transaction_is_refused() {
    let mut db = PostgresClient::create("inside").await;
    let first = Folder::new(Dialect::Postgres).table(1, "a");
    db.migrate(&Migrator::new(&first.set())).await.unwrap();
    db.execute("BEGIN; CREATE TABLE mine ()").await;
    let set = first.table(2, "b").set();
    let result = db.migrate(&Migrator::new(&set)).await;
    db.execute("ROLLBACK").await;
    assert_eq!(db.tables().await, ["a"]);
    assert!(result.is_err());
}

#[tokio::test]
async fn a_transaction_of_the_script_inside_a_block_is_refused_by_the_server() {
    let mut db = database("block_commit").await;
    let set = followed("CREATE TABLE first (); DO $$ BEGIN COMMIT; END $$").set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("2D000")));
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(db.history().await, [""; 0]);
}

#[tokio::test]
async fn a_block_that_commits_runs_without_transaction() {
    let mut db = database("block_commit_alone").await;
    let batches = "-- migrate: no-transaction\nCREATE TABLE first (n int);
        DO $$ BEGIN FOR n IN 1..3 LOOP INSERT INTO first VALUES (n); COMMIT; END LOOP; END $$;";
    let set = followed(batches).set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column("SELECT count(*) FROM first").await, ["3"]);
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
}
