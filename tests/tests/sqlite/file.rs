//! Databases in memory, in files and beside others.

use migrate::{ErrorKind, Migrator, SetState, Target};
use migrate_tests::version;
use rusqlite::{Connection, OpenFlags};

use crate::{TABLES, column, folder};

#[test]
fn memory_file_and_wal() {
    let directory = tempfile::tempdir().unwrap();
    let file = Connection::open(directory.path().join("file.db")).unwrap();
    let wal = Connection::open(directory.path().join("wal.db")).unwrap();
    assert_eq!(column(&wal, "PRAGMA journal_mode = wal"), ["wal"]);
    let set = folder().table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    for mut connection in [Connection::open_in_memory().unwrap(), file, wal] {
        let mode = column(&connection, "PRAGMA journal_mode");
        assert_eq!(migrator.migrate(&mut connection).unwrap().migrations.len(), 2);
        assert!(migrator.migrate(&mut connection).unwrap().is_empty());
        assert_eq!(migrator.rollback(&mut connection, 1).unwrap().migrations.len(), 1);
        assert_eq!(column(&connection, TABLES), ["a"]);
        assert_eq!(column(&connection, "PRAGMA journal_mode"), mode);
    }
}

#[test]
fn a_script_may_switch_to_wal() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(directory.path().join("app.db")).unwrap();
    let set = folder()
        .migration(
            "1_wal",
            "-- migrate: no-transaction\nPRAGMA journal_mode = WAL;",
            "-- migrate: no-transaction\nPRAGMA journal_mode = DELETE;",
        )
        .table(2, "a")
        .set();
    Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(column(&connection, "PRAGMA journal_mode"), ["wal"]);
    Migrator::new(&set).rollback(&mut connection, 2).unwrap();
    assert_eq!(column(&connection, "PRAGMA journal_mode"), ["delete"]);
}

#[test]
fn status_and_plan_work_on_a_file_that_is_only_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    let set = folder().table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (id integer)").unwrap();
    let read_only = || Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(migrator.status(&mut read_only()).unwrap().state, SetState::Behind);
    assert_eq!(migrator.plan(&mut read_only(), Target::Latest).unwrap().steps.len(), 2);
    let error = migrator.migrate(&mut read_only()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("the database file is read-only; nothing was changed\n help: open the file")
    );
    migrator.migrate(&mut Connection::open(&path).unwrap()).unwrap();
    assert_eq!(migrator.status(&mut read_only()).unwrap().state, SetState::UpToDate);
    assert!(migrator.migrate(&mut read_only()).unwrap().is_empty());
    let path = path.to_str().unwrap().to_owned();
    let refused = [
        migrator.rollback(&mut read_only(), 1).map(drop),
        migrator.redo(&mut read_only()).map(drop),
        migrator.resolve_rolled_back(&mut read_only(), version(2)).map(drop),
        migrator.reset(&mut read_only(), &path).map(drop),
        migrator.accept_drift(&mut read_only()),
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ReadOnly);
    }
    let mut query_only = Connection::open(&path).unwrap();
    query_only.execute_batch("PRAGMA query_only = ON").unwrap();
    let error = migrator.rollback(&mut query_only, 1).unwrap_err();
    assert!(error.to_string().contains("`PRAGMA query_only` is on"), "{error}");
}

#[test]
fn the_history_is_the_main_databases() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = Connection::open_in_memory().unwrap();
    let other = directory.path().join("other.db");
    connection.execute("ATTACH ?1 AS other", [other.to_str().unwrap()]).unwrap();
    connection
        .execute_batch("CREATE TEMP TABLE migrate_history (x); CREATE TABLE other.migrate_history (x)")
        .unwrap();
    let set = folder().table(1, "a").set();
    let migrator = Migrator::new(&set);
    assert_eq!(migrator.status(&mut connection).unwrap().state, SetState::Behind);
    assert_eq!(migrator.migrate(&mut connection).unwrap().migrations.len(), 1);
    assert!(migrator.migrate(&mut connection).unwrap().is_empty());
    assert_eq!(column(&connection, "SELECT version FROM main.migrate_history"), ["1"]);
    assert_eq!(column(&connection, "SELECT count(*) FROM temp.migrate_history"), ["0"]);
}
