//! What a role has to be allowed.

use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Pool};
use migrate::{ErrorKind, Migrator, SetState, Target};
use migrate_tests::{PostgresClient, Sandbox, version};
use tokio::time::sleep;
use tokio_postgres::NoTls;

use crate::postgres::{database, followed};

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
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    let text = error.to_string();
    assert!(
        text.contains(
            "the session is read-only; nothing was changed\n help: `default_transaction_read_only`"
        ),
        "{text}"
    );
    db.execute("SET default_transaction_read_only = off").await;
    db.migrate_to(&migrator, version(1)).await.unwrap();
    db.execute("SET default_transaction_read_only = on").await;
    let name = db.name().await;
    let refused = [
        db.migrate(&migrator).await.map(drop),
        db.rollback(&migrator, 1).await.map(drop),
        db.redo(&migrator).await.map(drop),
        db.resolve_rolled_back(&migrator, version(1)).await.map(drop),
        db.reset(&migrator, &name).await.map(drop),
        db.accept_drift(&migrator).await,
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ReadOnly);
    }
    assert_eq!(db.log().await, ["apply 1"]);
    // With nothing to do, a run needs no more than reading.
    db.execute("SET default_transaction_read_only = off").await;
    db.migrate(&migrator).await.unwrap();
    db.execute("SET default_transaction_read_only = on").await;
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_pool_whose_sessions_are_read_only_is_told_so() {
    let mut db = database("read_only_pool").await;
    let set = followed("CREATE TABLE first ()").set();
    let off = format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.database().name());
    PostgresClient::of(&db).await.execute(&off).await;
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
}

#[tokio::test]
async fn a_role_with_one_connection_is_told_that_a_run_needs_two() {
    let db = database("one_connection").await;
    let mut admin = PostgresClient::of(&db).await;
    let role = format!("one_{}", db.database().name());
    admin
        .execute(&format!(
            "CREATE ROLE {role} LOGIN CONNECTION LIMIT 1; GRANT ALL ON SCHEMA public TO {role}"
        ))
        .await;
    let mut config = db.database().config();
    config.user(&role);
    let pool = Pool::builder(Manager::new(config, NoTls)).max_size(2).build().unwrap();
    let set = followed("CREATE TABLE first ()").set();
    let error = Migrator::new(&set).migrate(&pool).await.unwrap_err();
    let text = error.to_string();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Database, Some("53300")), "{text}");
    assert!(text.starts_with("getting a second connection failed: too many connections for role"), "{text}");
    assert!(text.contains("help: a run needs two connections to the server at once"), "{text}");
    admin.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 2")).await;
    // The server needs a moment to see that the connection of the lock is gone.
    let deadline = Instant::now() + Duration::from_secs(20);
    while Migrator::new(&set).migrate(&pool).await.is_err() {
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(50)).await;
    }
    drop(pool);
    admin.execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).await;
}
