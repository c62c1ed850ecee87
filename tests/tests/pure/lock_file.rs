//! The lock file on disk, and in git.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use migrate::lock_file::{LockChange, LockError, check, write};
use migrate::{Dialect, MigrationSet};
use migrate_tests::{Folder, version};

const LOCK: &str = "migrate.lock";

fn folder() -> Folder {
    Folder::new(Dialect::Any).table(1, "box").table(2, "lid")
}

fn text(folder: &Folder) -> String {
    fs::read_to_string(folder.path(LOCK)).unwrap()
}

fn told(changes: &[LockChange]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn is_written_once_and_then_only_grows() {
    let folder = folder();
    let created = ["the lock file is new", "locks 1_create_box", "locks 2_create_lid"];
    assert_eq!(told(&check(folder.directory()).unwrap()), created);
    assert!(!Path::new(&folder.path(LOCK)).exists(), "`check` reads only");
    assert_eq!(told(&write(folder.directory(), &[]).unwrap()), created);
    let first = text(&folder);
    assert_eq!(folder.set().migrations().len(), 2);

    assert!(check(folder.directory()).unwrap().is_empty());
    let written = fs::metadata(folder.path(LOCK)).unwrap().modified().unwrap();
    assert!(write(folder.directory(), &[]).unwrap().is_empty());
    // The macro runs again whenever the file is touched.
    assert_eq!(fs::metadata(folder.path(LOCK)).unwrap().modified().unwrap(), written);

    let folder = folder.table(3, "key");
    assert_eq!(told(&write(folder.directory(), &[]).unwrap()), ["locks 3_create_key"]);
    assert!(text(&folder).starts_with(&first));
    let files = fs::read_dir(folder.directory()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        files.into_iter().all(|name| !name.to_str().unwrap().starts_with('.')),
        "nothing is left beside it"
    );
}

#[test]
fn is_left_alone_when_something_is_wrong() {
    let folder = folder();
    write(folder.directory(), &[]).unwrap();
    let before = text(&folder);

    let error = write(folder.directory(), &[version(2)]).unwrap_err();
    assert!(matches!(error, LockError::NothingToAccept { version: two } if two == version(2)), "{error}");
    let folder = folder.table(3, "key").write("1_create_box.up.sql", "CREATE TABLE box (id bigint)");
    let error = write(folder.directory(), &[]).unwrap_err();
    assert!(matches!(error, LockError::Folder(_)), "{error}");
    let text_of_error = error.to_string();
    assert!(text_of_error.contains("the script of 1_create_box was edited after it was locked"), "{error}");
    assert!(text_of_error.contains("`cargo migrate lock --accept 1` accepts it"), "{error}");
    assert_eq!(text(&folder), before);

    let changes = write(folder.directory(), &[version(1)]).unwrap();
    assert_eq!(told(&changes), ["accepts the edit of 1_create_box"]);
    assert_eq!(folder.set().migrations().len(), 3);
}

#[test]
fn that_cannot_be_written_says_so_and_leaves_nothing_behind() {
    let folder = folder();
    fs::create_dir(folder.path(LOCK)).unwrap();
    fs::write(folder.path("migrate.lock/.keep"), "").unwrap();
    let error = write(folder.directory(), &[]).unwrap_err();
    assert!(matches!(error, LockError::Write { .. }), "{error}");
    assert!(error.to_string().contains(&folder.path(LOCK)), "{error}");
    let names = fs::read_dir(folder.directory()).unwrap().map(|entry| entry.unwrap().file_name());
    let left = names.filter(|name| name.to_str().unwrap().starts_with(".migrate")).count();
    assert_eq!(left, 0);
}

/// Two branches that both lock a migration: git cannot merge them by itself, whichever comes first.
#[test]
fn collides_in_git() {
    let folder = folder();
    write(folder.directory(), &[]).unwrap();
    let base = text(&folder);
    let folder = folder.table(3, "key");
    write(folder.directory(), &[]).unwrap();
    let ours = text(&folder);
    let folder = folder.without("3_create_key").table(4, "bag").write(LOCK, &base);
    write(folder.directory(), &[]).unwrap();
    let theirs = text(&folder);

    let git = tempfile::tempdir().unwrap();
    for (name, text) in [("base", &base), ("ours", &ours), ("theirs", &theirs)] {
        fs::write(git.path().join(name), text).unwrap();
    }
    let mut merge = Command::new("git");
    merge.args(["merge-file", "-p", "ours", "base", "theirs"]).current_dir(git.path());
    let merged = merge.output().unwrap();
    assert_eq!(merged.status.code(), Some(1), "one conflict");

    let folder = folder.table(3, "key").write(LOCK, std::str::from_utf8(&merged.stdout).unwrap());
    let diagnostics = MigrationSet::read(folder.directory()).unwrap_err().to_string();
    assert!(diagnostics.contains("git left a merge conflict in the lock file"), "{diagnostics}");
    assert!(write(folder.directory(), &[]).is_err());
}
