//! What a role has to be allowed.

use migrate::{Migrator, SetState, Target};
use migrate_tests::{PostgresClient, Sandbox, version};

use crate::postgres::followed;

#[tokio::test]
async fn reading_needs_no_right_but_select() {
    let mut db = PostgresClient::create("reader").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    // A role of the server's own that may read every table and do nothing else.
    db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC; SET ROLE pg_read_all_data").await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    assert_eq!(db.plan(&migrator, Target::Latest).await.unwrap().steps.len(), 2);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(error.to_string().contains("needs CREATE on their schema"), "{error}");
    db.execute("RESET ROLE").await;
    db.migrate_to(&migrator, version(1)).await.unwrap();
    db.execute("SET ROLE pg_read_all_data").await;
    let records = db.records().await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    assert_eq!(db.plan(&migrator, Target::Latest).await.unwrap().steps.len(), 1);
    assert_eq!(db.plan(&migrator, Target::Down(1)).await.unwrap().steps.len(), 1);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!(error.code(), Some("42501"), "{error}");
    assert!(error.to_string().contains("grant SELECT, INSERT, UPDATE and DELETE"), "{error}");
    assert_eq!(db.records().await, records);
    db.execute("RESET ROLE").await;
    db.migrate(&migrator).await.unwrap();
    db.execute("SET ROLE pg_read_all_data").await;
    // With nothing to do, not even a run needs more.
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert!(db.verify(&migrator).await.unwrap().is_ok());
}

#[tokio::test]
async fn status_runs_in_a_session_that_may_only_read() {
    let mut db = PostgresClient::create("read_only").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    db.execute("SET default_transaction_read_only = on").await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    assert_eq!(db.plan(&migrator, Target::Latest).await.unwrap().steps.len(), 2);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!(error.code(), Some("25006"), "{error}");
}
