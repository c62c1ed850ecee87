//! What a script may hold.

use migrate::{ErrorKind, Migrator};
use migrate_tests::Folder;
use rusqlite::Connection;

use crate::{TABLES, column, folder, history};

#[test]
fn the_body_of_a_trigger_is_one_statement() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = "CREATE TABLE a (n integer); CREATE TABLE b (n integer);
        CREATE TRIGGER copy AFTER INSERT ON a BEGIN
            INSERT INTO b VALUES (NEW.n); -- and; again
            INSERT INTO b SELECT CASE WHEN NEW.n > 1 THEN ';' ELSE 'END;' END;
        END;
        INSERT INTO a VALUES (7);";
    let set = folder().migration("1_a", script, "DROP TABLE a; DROP TABLE b").set();
    let report = Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(report.migrations[0].statements, 4);
    assert_eq!(column(&connection, "SELECT n FROM b"), ["7", ";"]);
}

#[test]
fn a_statement_that_gives_rows_is_no_failure() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = "CREATE TABLE a (n integer); INSERT INTO a VALUES (1), (2) RETURNING n; SELECT * FROM a; PRAGMA table_info(a)";
    let set = folder().migration("1_a", script, "DROP TABLE a").set();
    Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT n FROM a"), ["1", "2"]);
}

/// Two migrations, of which the second ends the transaction in a way that no scanner can see.
fn ends_its_transaction(script: &str) -> Folder {
    folder()
        .migration("1_a", "CREATE TABLE a (id integer PRIMARY KEY); INSERT INTO a VALUES (1)", "DROP TABLE a")
        .migration("2_b", script, "DROP TABLE b")
        .table(3, "c")
}

#[test]
fn a_script_that_ends_its_transaction_is_an_error() {
    for script in [
        "CREATE TABLE b (id integer);\nINSERT OR ROLLBACK INTO a VALUES (1);\nCREATE TABLE bb (id integer)",
        "CREATE TABLE b (id integer);\nCREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT RAISE(ROLLBACK, 'no'); END;\nDELETE FROM a;",
        "CREATE TABLE b (id integer PRIMARY KEY ON CONFLICT ROLLBACK);\nINSERT INTO b VALUES (1), (1);",
    ] {
        let mut connection = Connection::open_in_memory().unwrap();
        let folder = ends_its_transaction(script);
        let set = folder.set();
        let error = Migrator::new(&set).migrate(&mut connection).unwrap_err();
        assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(set.migrations()[1].version())));
        assert_eq!(error.report().migrations.len(), 1);
        assert_eq!(history(&connection), ["1 applied"], "{script}");
        assert_eq!(column(&connection, TABLES), ["a"], "{script}");
        let log = column(&connection, "SELECT action || version FROM migrate_log ORDER BY id");
        assert_eq!(log, ["apply1", "failure2"]);
        assert!(connection.is_autocommit());
        let set = folder.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE b").set();
        assert_eq!(Migrator::new(&set).migrate(&mut connection).unwrap().migrations.len(), 2);
    }
}

#[test]
fn savepoints_are_the_scripts_own_affair() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = "CREATE TABLE a (n integer); SAVEPOINT s; INSERT INTO a VALUES (1); ROLLBACK TO s; RELEASE s; INSERT INTO a VALUES (2)";
    let set = folder().migration("1_a", script, "DROP TABLE a").set();
    Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT n FROM a"), ["2"]);
    // One that is left open ends with the transaction.
    let set = folder()
        .migration("1_a", script, "DROP TABLE a")
        .migration("2_b", "SAVEPOINT t; INSERT INTO a VALUES (3)", "SELECT 1")
        .set();
    Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(history(&connection), ["1 applied", "2 applied"]);
    assert!(connection.is_autocommit());
}

#[test]
fn vacuum_is_journaled() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = |last: &str| {
        format!(
            "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'x');\nVACUUM;\nDELETE FROM box;\nVACUUM {last};"
        )
    };
    let folder = folder().table(1, "box").migration("2_compact", &script("missing"), "SELECT 1");
    let error = Migrator::new(&folder.set()).migrate(&mut connection).unwrap_err();
    assert_eq!(
        (error.position().unwrap().to_string(), error.statement()),
        ("5:8".to_owned(), Some("VACUUM missing"))
    );
    assert_eq!(column(&connection, "SELECT statements_done FROM migrate_history WHERE version = 2"), ["3"]);
    assert_eq!(column(&connection, "SELECT count(*) FROM box"), ["0"]);
    let set = folder.migration("2_compact", &script("main"), "SELECT 1").set();
    let report = Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!((report.migrations.len(), report.migrations[0].statements), (1, 1));
    assert_eq!(history(&connection), ["1 applied", "2 applied"]);
}

#[test]
fn a_recorded_script_is_no_file_of_the_folder() {
    let mut connection = Connection::open_in_memory().unwrap();
    let folder = folder().table(1, "a");
    let older = folder.set();
    let newer = folder.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE missing").set();
    Migrator::new(&newer).migrate(&mut connection).unwrap();
    let error = Migrator::new(&older).rollback(&mut connection, 1).unwrap_err();
    assert_eq!(error.path(), Some("the rollback script that the history recorded for 2_b"));
}
