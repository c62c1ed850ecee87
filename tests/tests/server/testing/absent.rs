//! What is said when there can be no server.

use crate::testing::place::Place;
use crate::testing::process::text;

#[test]
fn without_programs_the_error_says_what_to_do() {
    let place = Place::new();
    let output = place
        .command("shared::the_shared_server_answers")
        .env("MIGRATE_TEST_PG_BIN", "/nowhere/bin")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = text(&output);
    for line in [
        "no PostgreSQL found. These tests need a real server. Do one of:",
        "  cargo xtask test ",
        "  apt-get install postgresql ",
        "  MIGRATE_TEST_PG_BIN=DIR cargo test ",
        "  MIGRATE_TEST_PG_URL=postgres://… cargo test ",
        "looked in: /nowhere/bin (MIGRATE_TEST_PG_BIN)",
    ] {
        assert!(text.contains(line), "no line {line:?} in\n{text}");
    }
}

#[test]
fn a_wrong_setting_is_named() {
    let place = Place::new();
    for (variable, value, want) in [
        ("MIGRATE_TEST_PG_URL", "postgres://host:port", "MIGRATE_TEST_PG_URL is not a connection string"),
        ("MIGRATE_TEST_PG_URL", "postgres:///x?host=/nowhere", "cannot connect to postgresql://%2Fnowhere/x"),
        ("MIGRATE_TEST_PG_IDLE", "soon", "MIGRATE_TEST_PG_IDLE is not a number of seconds"),
        ("MIGRATE_TEST_TMP", "/nowhere", "cannot create /nowhere/migrate-test-"),
    ] {
        let output =
            place.command("shared::the_shared_server_answers").env(variable, value).output().unwrap();
        assert!(!output.status.success());
        assert!(text(&output).contains(want), "no {want:?} in\n{}", text(&output));
    }
}
