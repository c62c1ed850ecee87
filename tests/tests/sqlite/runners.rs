//! Several at once on one file.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

use migrate::{MigrationSet, Migrator, SetState};
use migrate_tests::{Folder, select};
use rusqlite::Connection;

use crate::{column, folder};

fn many() -> Folder {
    (1..=20).fold(folder(), |folder, n| folder.table(n, &format!("t{n:02}")))
}

#[test]
fn threads_on_one_file_apply_each_migration_once() {
    for mode in ["delete", "wal"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app.db");
        select(&Connection::open(&path).unwrap(), &format!("PRAGMA journal_mode = {mode}"));
        let folder = many();
        let set = folder.set();
        let start = Barrier::new(8);
        let run = || {
            let mut connection = Connection::open(&path).unwrap();
            start.wait();
            let report = Migrator::new(&set).migrate(&mut connection);
            report.map(|report| report.migrations.len()).map_err(|error| error.to_string())
        };
        let applied: Result<Vec<usize>, String> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(applied.map(|counts| counts.iter().sum::<usize>()), Ok(20), "{mode}");
        each_was_applied_once(&path, &set);
    }
}

fn each_was_applied_once(path: &Path, set: &MigrationSet) {
    let mut connection = Connection::open(path).unwrap();
    let versions: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
    assert_eq!(column(&connection, "SELECT version FROM migrate_log ORDER BY id"), versions);
    assert_eq!(column(&connection, "SELECT count(*) FROM migrate_history WHERE state = 'applied'"), ["20"]);
    assert_eq!(Migrator::new(set).status(&mut connection).unwrap().state, SetState::UpToDate);
}

const FILE_VARIABLE: &str = "MIGRATE_TEST_SQLITE_FILE";
const FOLDER_VARIABLE: &str = "MIGRATE_TEST_SQLITE_FOLDER";

/// What each process of the next case does; on its own, the case of a single one.
#[test]
fn a_process_applies_what_is_pending() {
    let (file, folder) = (env::var(FILE_VARIABLE), env::var(FOLDER_VARIABLE));
    if let (Ok(file), Ok(folder)) = (file, folder) {
        let set = MigrationSet::read(folder).unwrap();
        Migrator::new(&set).migrate(&mut Connection::open(file).unwrap()).unwrap();
    } else {
        let mut connection = Connection::open_in_memory().unwrap();
        let report = Migrator::new(&many().set()).migrate(&mut connection).unwrap();
        assert_eq!(report.migrations.len(), 20);
    }
}

#[test]
fn processes_on_one_file_apply_each_migration_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    let folder = many();
    let spawn = || {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(["--exact", "runners::a_process_applies_what_is_pending"]);
        process.env(FILE_VARIABLE, &path).env(FOLDER_VARIABLE, folder.directory());
        process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let processes: Vec<_> = (0..8).map(|_| spawn()).collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    each_was_applied_once(&path, &folder.set());
}
