use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup as OnlineBackup;
use rusqlite::{Connection, OpenFlags};

use super::{Backup, failure, shell};
use crate::cli::connection::File;
use crate::cli::failure::Failure;

/// Copies page by page while others may read and write (<https://sqlite.org/backup.html>), and looks at the copy.
pub(super) fn copy(file: &File, path: &Path) -> Result<Backup, Failure> {
    let unfinished = path.with_extension("unfinished");
    let copied = try_copy(file, &unfinished);
    if let Err(error) = copied {
        let _ = fs::remove_file(&unfinished);
        return Err(failure(&format!("{}: {error}", path.display())));
    }
    fs::rename(&unfinished, path).map_err(|error| failure(&format!("{}: {error}", path.display())))?;
    let original = file.connection.path().unwrap_or_default();
    let [copy, target] = [path.to_string_lossy().as_ref(), original].map(shell);
    let [wal, shm] = ["-wal", "-shm"].map(|end| shell(&format!("{original}{end}")));
    // The log of the file as it is now does not belong to the copy.
    Ok(Backup { path: path.to_owned(), restore: format!("rm -f {wal} {shm} && cp {copy} {target}") })
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
