//! Databases that cannot be prepared.

use migrate::testing::Server;
use rusqlite::Connection;
use tokio_postgres::Client;

use crate::migrate_test::process::{Processes, databases_become, text};
use crate::migrate_test::sets;

#[migrate::test(sets::SQLITE)]
#[ignore = "run by others"]
async fn a_set_of_another_engine(_client: Client) {}

#[migrate::test(sets::ONCE)]
#[should_panic(expected = "whatever it says")]
#[ignore = "run by others"]
fn a_set_of_another_engine_and_a_panic(_connection: Connection) {
    panic!("whatever it says");
}

#[migrate::test(up_to = 3)]
#[ignore = "run by others"]
async fn a_version_that_is_not_there(_client: Client) {}

#[migrate::test(seed = ["fixtures/seeds/orders.sql", "fixtures/seeds/wrong.sql"])]
#[ignore = "run by others"]
async fn a_wrong_seed(_client: Client) {}

#[migrate::test(seed = "fixtures/seeds/wrong.sql")]
#[ignore = "run by others"]
fn a_wrong_seed_on_sqlite(_connection: Connection) {}

#[tokio::test]
async fn a_test_that_cannot_be_prepared_fails_and_says_why() {
    let private = Server::private().unwrap();
    for (test, says) in [
        (
            "unprepared::a_set_of_another_engine",
            "this migration set is written for sqlite and cannot run on PostgreSQL",
        ),
        (
            "unprepared::a_set_of_another_engine_and_a_panic",
            "is written for postgres and cannot run on SQLite",
        ),
        ("unprepared::a_version_that_is_not_there", "3"),
        (
            "unprepared::a_wrong_seed",
            "the seed fixtures/seeds/wrong.sql:3 failed: ERROR: syntax error at or near \"order\"",
        ),
        (
            "unprepared::a_wrong_seed_on_sqlite",
            "the seed fixtures/seeds/wrong.sql failed: near \"order\": syntax error",
        ),
    ] {
        let output = Processes::on(&private).output(test);
        assert!(!output.status.success() && text(&output).contains("1 failed"), "{test}: {}", text(&output));
        let intro = format!("the database of the test server::migrate_test::{test} cannot be prepared: ");
        let at = text(&output).find(&intro).unwrap_or_else(|| panic!("{}", text(&output)));
        let message = text(&output)[at + intro.len()..].lines().next().unwrap().to_owned();
        assert!(message.contains(says), "{test}: {message}");
    }
    let client = private.server().connect().await.unwrap();
    databases_become(&client, &[]).await;
}
