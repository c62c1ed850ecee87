//! A backup of an SQLite file with SQLite's own backup API.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup as OnlineBackup;
use rusqlite::{Connection, OpenFlags};

use super::unfinished::Unfinished;
use super::{Backup, failure, shell};
use crate::cli::connection::File;
use crate::cli::failure::Failure;

/// Copies the file page by page while others may read and write (<https://sqlite.org/backup.html>), and checks the copy.
pub(super) fn copy(file: &File, path: &Path) -> Result<Backup, Failure> {
    let unfinished = Unfinished::create(path)?;
    if let Err(error) = try_copy(file, unfinished.path()) {
        for beside in beside(&unfinished.path().to_string_lossy()) {
            let _ = fs::remove_file(beside);
        }
        return Err(failure(&format!("{}: {error}", path.display())));
    }
    unfinished.finish(path)?;
    let original = file.connection.path().unwrap_or_default();
    Ok(Backup { path: path.to_owned(), restore: restore(path, original) })
}

/// The command that restores the backup. It removes the journals of the original first: SQLite would otherwise roll a hot
/// journal back into the restored file (<https://sqlite.org/lockingv3.html#hot_journals>).
fn restore(copy: &Path, original: &str) -> String {
    let beside = beside(original).map(|path| shell(&path)).join(" ");
    format!("rm -f {beside} && cp {} {}", shell(&copy.to_string_lossy()), shell(original))
}

/// The files that SQLite keeps next to a database, for both kinds of journal.
fn beside(path: &str) -> [String; 3] {
    ["-journal", "-wal", "-shm"].map(|end| format!("{path}{end}"))
}

fn try_copy(file: &File, path: &Path) -> Result<(), String> {
    const PAGES: i32 = 1000;
    let text = |error: rusqlite::Error| error.to_string();
    let mut copy = Connection::open(path).map_err(text)?;
    let backup = OnlineBackup::new(&file.connection, &mut copy).map_err(text)?;
    backup.run_to_completion(PAGES, Duration::from_millis(10), None).map_err(text)?;
    drop(backup);
    copy.close().map_err(|(_, error)| error.to_string())?;
    let copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(text)?;
    let verdict: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(text)?;
    if verdict == "ok" { Ok(()) } else { Err(format!("the copy is not sound: {verdict}")) }
}
