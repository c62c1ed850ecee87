//! `--backup`: an open database and a folder come in; a copy of the database and the command that restores it come out. If
//! the backup fails, nothing is changed.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod unfinished;

use std::fs;
use std::path::{self, Path, PathBuf};

use migrate_core::{Engine, Query, Value};
use serde::Serialize;

use super::connection::Connection;
use super::database::Database;
use super::failure::Failure;
use super::terminal::safe;

/// A finished backup.
#[derive(Serialize)]
pub(super) struct Backup {
    path: PathBuf,
    /// The shell command that restores it.
    restore: String,
}

/// Makes a backup. Its path is printed even with `--quiet`, before the run that may need it.
pub(super) fn make(database: &mut Database, folder: &Path) -> Result<Backup, Failure> {
    let failed = |error: std::io::Error| {
        failure(&format!("cannot create the folder {}: {error}", folder.display()))
            .help("name a folder that you may write to")
    };
    // The user may type the command to restore it in another folder, so its paths are absolute.
    let folder = path::absolute(folder).map_err(failed)?;
    fs::create_dir_all(&folder).map_err(failed)?;
    let stem = format!("{}-{}", file_name(&database.connection.name()?), now(&mut database.connection)?);
    let backup = match &mut database.connection {
        #[cfg(feature = "postgres")]
        Connection::Postgres(server) => postgres::dump(server.reached(), &folder.join(stem + ".dump"))?,
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(file) => sqlite::copy(file, &folder.join(stem + ".sqlite"))?,
    };
    let text = format!("backup {}\n  restore it with: {}", backup.path.display(), backup.restore);
    anstream::eprintln!("{}", safe(text));
    Ok(backup)
}

fn failure(message: &str) -> Failure {
    Failure::new("backup", format!("no backup, so nothing was changed: {message}"))
}

/// The current time by the clock of the database.
fn now(connection: &mut Connection) -> Result<String, Failure> {
    let sql = match connection.engine() {
        Engine::Postgres => {
            "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISSMS\"Z\"')"
        }
        Engine::Sqlite => "SELECT replace(strftime('%Y%m%dT%H%M%fZ', 'now'), '.', '')",
    };
    let rows = connection.query(&Query { sql: sql.to_owned(), values: Vec::new() })?.unwrap_or_default();
    let text = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    Ok(text.unwrap_or("backup").to_owned())
}

/// The name of a database as part of a file name: a `/` in it must not lead to another folder.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

/// A word quoted for a shell.
fn shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_a_word_as_it_was() {
        for word in ["/srv/a.db", "", "a b", "it's", "$HOME", "`id`", "a;b", "\"q\"", "*", "~", "ä\nb"] {
            let printed =
                Command::new("sh").args(["-c", &format!("printf %s {}", shell(word))]).output().unwrap();
            assert_eq!(String::from_utf8(printed.stdout).unwrap(), word);
        }
        assert_eq!(shell("/srv/a-b_c.db"), "/srv/a-b_c.db");
    }

    #[test]
    fn the_name_of_a_file_is_one() {
        assert_eq!(file_name("shop"), "shop");
        assert_eq!(file_name("../my shop"), ".._my_shop");
    }
}
