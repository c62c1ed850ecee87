//! A script that fails: what is told of it, and what it leaves behind.

use std::error::Error as _;

use migrate::diagnostic::Position;
use migrate::{ErrorKind, Migrator, SetState};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{folder, versions};

conformance! {
    the_first_statement_fails,
    a_statement_in_the_middle_fails,
    the_last_statement_fails,
    a_syntax_error_is_found_where_it_stands,
    a_syntax_error_behind_other_letters_than_ascii,
    an_error_in_a_file_of_another_platform,
    an_error_in_a_file_with_a_byte_order_mark,
    the_error_tells_all_there_is_to_know,
    the_first_migration_of_all_fails,
    nothing_is_left_of_the_failed_migration,
    after_correcting_the_file_the_next_run_goes_on,
    failing_again_is_logged_again,
}

/// A set of three in which the second fails, and where it does.
async fn fails(mut db: impl Sandbox, script: &str, at: (usize, usize), statement: &str) {
    let folder = folder(&db).table(1, "a").migration("2_b", script, "DROP TABLE b").table(3, "c");
    let set = folder.set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script, "{error}");
    assert_eq!(error.version(), Some(version(2)));
    assert_eq!(error.path(), Some(folder.path("2_b.up.sql").as_str()));
    let (line, column) = at;
    assert_eq!(error.position(), Some(Position { line, column }), "{error}");
    assert_eq!(error.statement(), Some(statement));
    assert_eq!(versions(error.report()), [1]);
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.log().await, ["apply 1", "failure 2"]);
}

async fn the_first_statement_fails(db: impl Sandbox) {
    let script = "\n  DROP VIEW missing;\nCREATE TABLE b (id integer);\nCREATE TABLE bb (id integer)";
    fails(db, script, (2, 3), "DROP VIEW missing").await;
}

async fn a_statement_in_the_middle_fails(db: impl Sandbox) {
    let script = "CREATE TABLE b (id integer PRIMARY KEY);
INSERT INTO b VALUES (1); INSERT INTO b VALUES (1);
INSERT INTO b VALUES (2);";
    fails(db, script, (2, 27), "INSERT INTO b VALUES (1)").await;
}

async fn the_last_statement_fails(db: impl Sandbox) {
    let script = "CREATE TABLE b (id integer);\n/* a comment; */\n\tDROP VIEW missing -- the last";
    fails(db, script, (3, 2), "DROP VIEW missing").await;
}

async fn a_syntax_error_is_found_where_it_stands(db: impl Sandbox) {
    let script = "CREATE TABLE b (id integer);\nINSERT INTO b\n  VALUS (1);\nINSERT INTO b VALUES (2);";
    fails(db, script, (3, 3), "INSERT INTO b\n  VALUS (1)").await;
}

async fn a_syntax_error_behind_other_letters_than_ascii(db: impl Sandbox) {
    let script = "-- Größe: 5 €\nCREATE TABLE b (id integer, label text);\n\
        INSERT INTO b VALUES (1, 'Jürgen 😀'), (2, 'ÿ') RETURN id;";
    let statement = "INSERT INTO b VALUES (1, 'Jürgen 😀'), (2, 'ÿ') RETURN id";
    let column = statement.split("RETURN").next().unwrap().chars().count() + 1;
    fails(db, script, (3, column), statement).await;
}

async fn an_error_in_a_file_of_another_platform(db: impl Sandbox) {
    let script =
        "-- a comment\r\nCREATE TABLE b (\r\n  id integer\r\n);\r\n\r\n  INSERT INTO b\r\n  VALUS (1);\r\n";
    fails(db, script, (7, 3), "INSERT INTO b\n  VALUS (1)").await;
}

async fn an_error_in_a_file_with_a_byte_order_mark(db: impl Sandbox) {
    let script = "\u{feff}CREATE TABLE b (id integer); CREATE TABLE bb (id integer) )nonsense;";
    fails(db, script, (1, 59), "CREATE TABLE bb (id integer) )nonsense").await;
}

async fn the_error_tells_all_there_is_to_know<S: Sandbox>(mut db: S) {
    let script = "CREATE TABLE b (id integer PRIMARY KEY);\nINSERT INTO b VALUES (7), (7);";
    let folder = folder(&db).table(1, "a").migration("2_b", script, "DROP TABLE b");
    let set = folder.set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.code(), Some(S::DUPLICATE_KEY));
    assert!(error.source().is_some());
    assert_eq!(error.refusals(), []);
    let text = error.to_string();
    let place = format!("\n --> {}:2:1\n", folder.path("2_b.up.sql"));
    for part in [
        "migration 2_b failed: ",
        S::DUPLICATE_KEY,
        &place,
        "\n 2 | INSERT INTO b VALUES (7), (7);\n   | ^",
        "\n help: it was rolled back; correct the script and run again",
        "\n done before:\n   applied      1_create_a  ",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_eq!(format!("{error:?}"), text);
    let detail = "SELECT detail FROM migrate_log WHERE action = 'failure'";
    let detail = db.column(detail).await;
    assert!(detail[0].starts_with("apply: ") && detail[0].contains(S::DUPLICATE_KEY), "{detail:?}");
}

async fn the_first_migration_of_all_fails<S: Sandbox>(mut db: S) {
    let set = folder(&db).migration("1_a", "CREATE TABL a (id integer)", "DROP TABLE a").table(2, "b").set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some(S::SYNTAX_ERROR)));
    assert_eq!(error.position(), Some(Position { line: 1, column: 8 }));
    assert!(error.report().is_empty());
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(db.history().await, [""; 0]);
    assert_eq!(db.log().await, ["failure 1"]);
}

async fn nothing_is_left_of_the_failed_migration(mut db: impl Sandbox) {
    let script = "CREATE TABLE b (id integer); CREATE INDEX b_id ON b (id); CREATE VIEW v AS SELECT * FROM a;
        INSERT INTO a VALUES (1, 'left'); ALTER TABLE a ADD COLUMN n integer; DROP TABLE missing";
    let set = folder(&db).table(1, "a").migration("2_b", script, "DROP TABLE b").table(3, "c").set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let (history, schema) = (db.records().await.0, db.schema().await);
    db.migrate(&migrator).await.unwrap_err();
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.records().await.0, history);
    assert_eq!(db.column("SELECT count(*) FROM a").await, ["0"]);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
}

async fn after_correcting_the_file_the_next_run_goes_on(mut db: impl Sandbox) {
    let broken = "CREATE TABLE b (id integer); INSERT INTO missing VALUES (1)";
    let folder = folder(&db).table(1, "a").migration("2_b", broken, "DROP TABLE b").table(3, "c");
    let error = db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    assert_eq!(error.version(), Some(version(2)));
    let set = folder.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE b").set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [2, 3]);
    assert_eq!(db.tables().await, ["a", "b", "c"]);
    assert_eq!(db.status(&Migrator::new(&set)).await.unwrap().state, SetState::UpToDate);
    assert_eq!(db.log().await, ["apply 1", "failure 2", "apply 2", "apply 3"]);
    assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());
}

async fn failing_again_is_logged_again(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").migration("2_b", "DROP TABLE missing", "SELECT 1").set();
    let migrator = Migrator::new(&set);
    let first = db.migrate(&migrator).await.unwrap_err();
    let second = db.migrate(&migrator).await.unwrap_err();
    assert_eq!((versions(first.report()), versions(second.report())), (vec![1], vec![]));
    assert_eq!(db.log().await, ["apply 1", "failure 2", "failure 2"]);
}
