//! The caller's connection.

use std::time::Duration;

use migrate::{Dialect, ErrorKind, Migrator, Target};
use migrate_tests::{Folder, schema_of};
use rusqlite::Connection;

use crate::rebuild::{rebuild, rebuilding};
use crate::{column, folder};

#[test]
fn the_settings_of_the_connection_are_as_before() {
    let scripts =
        [rebuild("true"), rebuild("id = 1"), "SELEC 1".to_owned(), "CREATE TABLE x (id integer)".to_owned()];
    for script in scripts {
        for (keys, timeout_ms) in [("1", "0"), ("0", "1234"), ("1", "60000")] {
            let mut connection = Connection::open_in_memory().unwrap();
            connection.pragma_update(None, "foreign_keys", keys == "1").unwrap();
            connection.busy_timeout(Duration::from_millis(timeout_ms.parse().unwrap())).unwrap();
            let set = rebuilding(&script).set();
            let migrator = Migrator::new(&set);
            let settings = |connection: &Connection| {
                (column(connection, "PRAGMA foreign_keys"), column(connection, "PRAGMA busy_timeout"))
            };
            let want = (vec![keys.to_owned()], vec![timeout_ms.to_owned()]);
            assert_eq!(settings(&connection), want);
            let _ = migrator.migrate(&mut connection);
            assert_eq!(settings(&connection), want, "{script}");
            let _ = migrator.rollback(&mut connection, 1);
            assert_eq!(settings(&connection), want, "{script}");
            migrator.status(&mut connection).unwrap();
            migrator.plan(&mut connection, Target::Down(0)).unwrap();
            assert_eq!(settings(&connection), want, "{script}");
            assert!(connection.is_autocommit());
        }
    }
}

#[test]
fn a_connection_inside_a_transaction_is_refused() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("BEGIN; CREATE TABLE mine (id integer)").unwrap();
    let set = folder().table(1, "a").set();
    let error = Migrator::new(&set).migrate(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    // What the caller has begun is the caller's to end.
    assert!(!connection.is_autocommit());
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(schema_of(&connection), "table mine mine CREATE TABLE mine (id integer)");
}

#[test]
fn a_set_for_postgres_is_refused() {
    let mut connection = Connection::open_in_memory().unwrap();
    let set = Folder::new(Dialect::Postgres).table(1, "a").set();
    let error = Migrator::new(&set).migrate(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEngine);
    assert!(error.to_string().contains("written for postgres and cannot run on SQLite"), "{error}");
    assert_eq!(schema_of(&connection), "");
}
