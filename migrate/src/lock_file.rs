//! `migrate.lock`: the migrations of a folder that no one may change any more.
//!
//! What comes in is a folder; what goes out is a file with one line for each migration, which holds the checksums of
//! its scripts. Once the file exists, `embed_migrations!` refuses a listed migration that was edited, renamed or
//! removed, and a new one that does not come last. A migration that the file does not list is a draft, and free to
//! change. The file is committed: two branches that both lock a migration collide in git, and not in production.
//!
//! ```no_run
//! for change in migrate::lock_file::write("migrations", &[])? {
//!     println!("{change}");
//! }
//! # Ok::<(), migrate::lock_file::LockError>(())
//! ```
//!
//! `cargo migrate lock` does the same from a shell.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use migrate_core::LockChange;
use migrate_core::{Analyse, Diagnostics, LockUpdate, Source, Version};

/// The changes that [`write()`] would make in the lock file of `folder`; none if every migration is locked. For CI:
///
/// ```
/// let drafts = migrate::lock_file::check("migrations")?;
/// println!("{} migrations are not locked yet", drafts.len());
/// # Ok::<(), migrate::lock_file::LockError>(())
/// ```
///
/// # Errors
///
/// [`LockError::Folder`] if something is wrong with the folder, as for [`write()`].
pub fn check(folder: impl AsRef<Path>) -> Result<Vec<LockChange>, LockError> {
    update(folder.as_ref(), &[], None).map(|update| update.changes().to_vec())
}

/// Locks the drafts of `folder`. If `accept` names migrations, their edits are accepted instead, and no draft is locked.
/// Existing lines of other migrations stay as they are. Returns the changes; without changes nothing is written. The folder is read as `migrate.toml`
/// says: a `dialect` that is given to the macro alone is not known here.
///
/// Accept an edit only if it does not change what the script does. Databases that have applied the old script are
/// then up to date all the same. They cost a second round trip at each start, until `Migrator::repair` records the
/// new checksum.
///
/// # Errors
///
/// [`LockError::Folder`] if something is wrong with the folder, or if a locked migration was changed.
/// [`LockError::NothingToAccept`] if a migration of `accept` is as it was locked. [`LockError::Write`] if the file
/// cannot be written: it is then as it was.
pub fn write(folder: impl AsRef<Path>, accept: &[Version]) -> Result<Vec<LockChange>, LockError> {
    write_analysed(folder.as_ref(), accept, None)
}

/// As [`write()`], and each new line says what `analyse` finds in its migration.
#[doc(hidden)]
pub fn write_analysed(
    folder: &Path,
    accept: &[Version],
    analyse: Option<Analyse>,
) -> Result<Vec<LockChange>, LockError> {
    let update = update(folder, accept, analyse)?;
    let accepts = |version| move |change: &LockChange| matches!(change, LockChange::Accepted { version: of, .. } if *of == version);
    if let Some(version) = accept.iter().find(|version| !update.changes().iter().any(accepts(**version))) {
        return Err(LockError::NothingToAccept { version: *version });
    }
    if !update.changes().is_empty() {
        replace(folder, update.text())
            .map_err(|error| LockError::Write { path: folder.join("migrate.lock"), error })?;
    }
    Ok(update.changes().to_vec())
}

/// The text that the lock file has to have, and the changes.
fn update(folder: &Path, accept: &[Version], analyse: Option<Analyse>) -> Result<LockUpdate, LockError> {
    let source = Source::read(folder, &folder.to_string_lossy()).map_err(LockError::Folder)?;
    source.lock(accept, analyse).map_err(LockError::Folder)
}

/// Writes the new file next to the old one, then renames it, so that no reader ever sees half of it.
fn replace(folder: &Path, text: &str) -> io::Result<()> {
    // A hidden name, so that a reader does not take the file for a migration.
    let new = folder.join(format!(".migrate.lock.{}", std::process::id()));
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&new, folder.join("migrate.lock")));
    if replaced.is_err() {
        let _ = fs::remove_file(&new);
    }
    replaced
}

/// Why a lock file was not checked or written. In each case the file is as it was.
///
/// ```
/// use migrate::lock_file::{self, LockError};
///
/// let missing = lock_file::check("no such folder");
/// assert!(matches!(missing, Err(LockError::Folder(_))));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum LockError {
    /// Something is wrong with the folder.
    Folder(Diagnostics),
    /// The migration has no edit to accept.
    NothingToAccept {
        /// Its version.
        version: Version,
    },
    /// The lock file cannot be written.
    Write {
        /// The path of the lock file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Folder(diagnostics) => diagnostics.fmt(f),
            LockError::NothingToAccept { version } => write!(
                f,
                "migration {version} holds no edit to accept: it is as it was locked, or not locked at all\n \
                 help: name the version that the compile error names"
            ),
            LockError::Write { path, error } => {
                write!(f, "the lock file cannot be written: {error}\n --> {}", path.display())
            }
        }
    }
}

impl std::error::Error for LockError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LockError::Write { error, .. } => Some(error),
            LockError::Folder(_) | LockError::NothingToAccept { .. } => None,
        }
    }
}
