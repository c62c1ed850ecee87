//! Histories of format 1 on SQLite: several runners on one file, what others added to the tables, and older versions at work.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use migrate::{MigrationSet, Migrator};
use migrate_tests::{Sandbox, SqliteFile, select};
use rusqlite::Connection;

use crate::{column, history};

fn fixture(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/history_1").join(file)
}

fn set() -> MigrationSet {
    MigrationSet::read(fixture("any")).unwrap()
}

/// A database of format 1 on which versions 1 and 2 are applied, and another connection to it.
async fn load() -> (SqliteFile, Connection) {
    let db = SqliteFile::create("").await;
    let connection = Connection::open(db.directory().join("app.db")).unwrap();
    connection.execute_batch(&fs::read_to_string(fixture("sqlite/applied.sql")).unwrap()).unwrap();
    (db, connection)
}

#[tokio::test]
async fn of_several_runners_one_upgrades_and_all_succeed() {
    for mode in ["delete", "wal"] {
        let (db, connection) = load().await;
        select(&connection, &format!("PRAGMA journal_mode = {mode}"));
        let set = set();
        let start = Barrier::new(8);
        let mut runners = Vec::new();
        for _ in 0..8 {
            runners.push(db.beside().await);
        }
        let run = &|mut runner: SqliteFile| {
            start.wait();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(runner.migrate(&Migrator::new(&set))).map(|report| report.migrations.len())
        };
        let applied: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> =
                runners.into_iter().map(|runner| scope.spawn(move || run(runner))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let applied: usize = applied.into_iter().map(Result::unwrap).sum();
        assert_eq!(applied, 1, "{mode}");
        assert_eq!(column(&connection, "SELECT DISTINCT format FROM migrate_history"), ["2"]);
        assert_eq!(history(&connection), ["1 applied", "2 applied", "3 applied"]);
    }
}

#[tokio::test]
async fn indexes_triggers_views_and_settings_of_others_stay() {
    let (mut db, connection) = load().await;
    connection
        .execute_batch(
            "CREATE TABLE audit (version integer);
             CREATE INDEX migrate_history_name ON migrate_history (name);
             CREATE TRIGGER audit AFTER INSERT ON migrate_log BEGIN INSERT INTO audit VALUES (new.version); END;
             CREATE VIEW applied AS SELECT version, name FROM migrate_history",
        )
        .unwrap();
    db.execute("PRAGMA foreign_keys = on; PRAGMA recursive_triggers = on; PRAGMA legacy_alter_table = off")
        .await;
    db.migrate(&Migrator::new(&set())).await.unwrap();
    assert_eq!(column(&connection, "SELECT version FROM audit"), ["3"]);
    assert_eq!(column(&connection, "SELECT version FROM applied ORDER BY 1"), ["1", "2", "3"]);
    let objects =
        "SELECT name FROM sqlite_schema WHERE name IN ('migrate_history_name', 'audit') ORDER BY name, type";
    assert_eq!(column(&connection, objects), ["audit", "audit", "migrate_history_name"]);
    assert_eq!(db.column("PRAGMA foreign_keys").await, ["1"]);
    assert_eq!(db.column("SELECT count(*) FROM sqlite_temp_schema").await, ["0"]);
}

#[tokio::test]
async fn nothing_is_half_upgraded() {
    let (mut db, connection) = load().await;
    // It cannot be made again: two of its rows will be the same.
    connection
        .execute_batch("CREATE UNIQUE INDEX one_format ON migrate_history (nullif(format, 1))")
        .unwrap();
    let before = select(&connection, "SELECT * FROM migrate_history");
    db.migrate(&Migrator::new(&set())).await.unwrap_err();
    assert_eq!(select(&connection, "SELECT * FROM migrate_history"), before);
    connection.execute_batch("DROP INDEX one_format").unwrap();
    db.migrate(&Migrator::new(&set())).await.unwrap();
}

#[tokio::test]
async fn an_older_version_can_record_nothing() {
    let (mut db, connection) = load().await;
    db.migrate(&Migrator::new(&set())).await.unwrap();
    let claim = "INSERT INTO migrate_history (set_name, version, name, checksum, chain, down_script, down_checksum,
        down_transaction, older_binaries, host, application, applied_by, state, started_at, format, statements_done)
        VALUES ('other', 1, 'a', 'v1:', 'v1:', NULL, NULL, true, 'ok', NULL, NULL, NULL, 'applying', '', 1, 0)";
    let error = connection.execute_batch(claim).unwrap_err().to_string();
    assert_eq!(error, "CHECK constraint failed: needs_a_newer_version_of_the_library");
    let record =
        "INSERT INTO migrate_log (action, host, application, logged_at, set_name, version, name, checksum,
        elapsed_ms, applied_by) SELECT 'apply', NULL, NULL, '', set_name, version, name, checksum, NULL, NULL
        FROM migrate_history WHERE version = 1";
    let error = connection.execute_batch(record).unwrap_err().to_string();
    assert_eq!(error, "NOT NULL constraint failed: migrate_log.target");
}
