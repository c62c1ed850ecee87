//! Databases that come and go.

use std::thread;
use std::time::{Duration, Instant};

use migrate::testing::Server;
use tokio_postgres::error::SqlState;

use crate::testing::process::{command, succeeds};

#[tokio::test]
async fn two_databases_are_isolated() {
    let server = Server::shared().unwrap();
    let (one, two) =
        (server.create_database("same").await.unwrap(), server.create_database("same").await.unwrap());
    assert_ne!(one.name(), two.name());
    one.connect().await.unwrap().batch_execute("CREATE TABLE only_in_one ()").await.unwrap();
    let error = two.connect().await.unwrap().batch_execute("TABLE only_in_one").await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNDEFINED_TABLE));
    let by_url: tokio_postgres::Config = one.url().parse().unwrap();
    assert_eq!(by_url.get_dbname(), Some(one.name()));
}

#[tokio::test]
async fn a_dropped_database_is_gone_although_somebody_is_connected() {
    let server = Server::shared().unwrap();
    let database = server.create_database("gone").await.unwrap();
    let connected = database.connect().await.unwrap();
    let name = database.name().to_owned();
    drop(database);
    are_gone(&server.connect().await.unwrap(), &[&name]).await;
    assert!(connected.batch_execute("SELECT").await.is_err());
}

/// Nobody waits for the server to drop a database.
async fn are_gone(client: &tokio_postgres::Client, names: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let query = "SELECT FROM pg_database WHERE datname = ANY($1)";
    while !client.query(query, &[&names]).await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "{names:?} are not dropped within a minute");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_failed_test_keeps_its_database() {
    let server = Server::shared().unwrap();
    let database = server.create_database("failed").await.unwrap();
    let (name, config) = (database.name().to_owned(), database.config());
    let failed = thread::spawn(move || {
        let _database = database;
        panic!("as a test does that fails");
    });
    assert!(failed.join().is_err());
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    drop((client, connection));
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    server.connect().await.unwrap().batch_execute(&drop).await.unwrap();
}

#[tokio::test]
async fn leftovers_of_earlier_runs_are_swept() {
    let server = Server::shared().unwrap();
    let client = server.connect().await.unwrap();
    let young = server.create_database("young").await.unwrap();
    let process = std::process::id();
    let (old, foreign) = (format!("mt_old_1_{process:x}_0"), format!("mt_foreign_{process}"));
    for name in [&old, &foreign] {
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    }
    succeeds(&mut command("databases::two_databases_are_isolated"));
    are_gone(&client, &[&old]).await;
    let query = "SELECT datname::text FROM pg_database WHERE datname = ANY($1) ORDER BY datname";
    let left = client.query(query, &[&vec![old.as_str(), &foreign, young.name()]]).await.unwrap();
    let left: Vec<String> = left.iter().map(|row| row.get(0)).collect();
    client.batch_execute(&format!("DROP DATABASE {foreign}")).await.unwrap();
    assert_eq!(left, [foreign.as_str(), young.name()]);
}
