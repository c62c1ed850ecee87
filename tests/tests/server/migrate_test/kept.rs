//! What remains of a test.

use migrate::testing::Server;
use rusqlite::Connection;
use tokio_postgres::{Client, NoTls};

use crate::migrate_test::process::{Processes, command, databases_become, is_child, kept, text, until};
use crate::migrate_test::{INSERT, Outcome, count, count_lite};

#[migrate::test]
async fn a_test_that_fails(client: Client) -> Outcome {
    client.batch_execute(INSERT).await?;
    if is_child() { Err("as it is meant to".into()) } else { Ok(()) }
}

#[migrate::test]
async fn a_test_that_panics(client: Client) {
    client.batch_execute(INSERT).await.unwrap();
    assert!(!is_child(), "as it is meant to");
}

#[migrate::test]
#[should_panic(expected = "as it is meant to")]
async fn a_test_that_does_not_panic(client: Client) {
    client.batch_execute(INSERT).await.unwrap();
    assert!(is_child(), "as it is meant to");
}

#[tokio::test]
async fn the_database_of_a_failed_test_is_kept_and_named() {
    let private = Server::private().unwrap();
    for test in ["kept::a_test_that_fails", "kept::a_test_that_panics", "kept::a_test_that_does_not_panic"] {
        let output = Processes::on(&private).output(test);
        assert!(!output.status.success() && text(&output).contains("1 failed"), "{}", text(&output));
        let url = kept(&output);
        assert!(
            url.contains(&format!("/mt_server__migrate_test__{}", &test.replace("::", "__")[..8])),
            "{url}"
        );
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        assert_eq!(count(&client).await, 1);
    }
}

#[tokio::test]
async fn the_database_of_a_successful_test_is_gone() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    for test in [
        "argument::a_client_leads_to_a_migrated_database",
        "argument::other_attributes_are_kept",
        "argument::a_plain_test_waits_in_its_own_way",
    ] {
        let output = Processes::on(&private).output(test);
        assert!(output.status.success() && !text(&output).contains("database kept"), "{}", text(&output));
    }
    let kept_all = Processes::on(&private)
        .command("argument::a_plain_test_waits_in_its_own_way")
        .env("MIGRATE_TEST_KEEP", "1")
        .output()
        .unwrap();
    let kept = kept(&kept_all).rsplit('/').next().unwrap().to_owned();
    let template = "SELECT datname::text FROM pg_database WHERE NOT datallowconn AND datname LIKE 'mt%'";
    let template: String = client.query_one(template, &[]).await.unwrap().get(0);
    databases_become(&client, &[&kept, &template]).await;
}

#[migrate::test]
async fn a_test_that_hangs(client: Client) {
    if is_child() {
        client.batch_execute("SELECT pg_sleep(600)").await.unwrap();
    }
}

#[tokio::test]
async fn the_database_of_a_killed_test_is_swept_later() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    let mut test = Processes::on(&private).start("kept::a_test_that_hangs");
    let left = "SELECT datname::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    until(async || !client.query(left, &[]).await.unwrap().is_empty()).await;
    let name: String = client.query_one(left, &[]).await.unwrap().get(0);
    test.kill().unwrap();
    test.wait().unwrap();
    client
        .batch_execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await
        .unwrap();

    // A second is not an hour: it stays. An hour later it does not.
    let run = || Processes::on(&private).output("argument::a_client_leads_to_a_migrated_database");
    assert!(run().status.success());
    let template = "SELECT datname::text FROM pg_database WHERE NOT datallowconn AND datname LIKE 'mt%'";
    let template: String = client.query_one(template, &[]).await.unwrap().get(0);
    databases_become(&client, &[&name, &template]).await;
    until(async || {
        client.batch_execute(&format!("ALTER DATABASE {name} RENAME TO mt_hangs_1_2_3")).await.is_ok()
    })
    .await;
    assert!(run().status.success());
    databases_become(&client, &[&template]).await;
}

#[migrate::test]
fn a_test_that_fails_on_sqlite(connection: Connection) -> Outcome {
    connection.execute_batch(INSERT)?;
    if is_child() { Err("as it is meant to".into()) } else { Ok(()) }
}

#[migrate::test]
async fn a_test_that_panics_on_sqlite(connection: Connection) {
    connection.execute_batch(INSERT).unwrap();
    connection.execute_batch("BEGIN; INSERT INTO orders (id, total) VALUES (8, 0)").unwrap();
    assert!(!is_child(), "as it is meant to");
}

#[test]
fn the_database_of_a_failed_test_is_written_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    for test in ["kept::a_test_that_fails_on_sqlite", "kept::a_test_that_panics_on_sqlite"] {
        let output = command(test).env("TMPDIR", directory.path()).output().unwrap();
        assert!(!output.status.success() && text(&output).contains("1 failed"), "{}", text(&output));
        let file = kept(&output);
        assert!(
            file.starts_with(directory.path().to_str().unwrap()) && file.contains(&test.replace("::", "__")),
            "{file}"
        );
        assert_eq!(count_lite(&Connection::open(&file).unwrap()), 1, "what was committed");
    }
}
