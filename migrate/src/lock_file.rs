//! `migrate.lock`: the migrations of a folder as they are once nobody may change them any more.
//!
//! One line for each migration holds the checksums of its scripts. Once the file exists, `embed_migrations!` refuses a
//! listed migration that was edited, renamed or removed, and a new one that does not come last. What the file does not
//! list is a draft, and free to change. The file is committed: two branches that both lock a migration collide in
//! git, and not in production.
//!
//! ```no_run
//! for change in migrate::lock_file::write("migrations", &[])? {
//!     println!("{change}");
//! }
//! # Ok::<(), migrate::lock_file::LockError>(())
//! ```

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use migrate_core::LockChange;
use migrate_core::{Analyse, Diagnostics, LockUpdate, Source, Version};

/// What [`write()`] would change in the lock file of `folder`: nothing, when every migration is locked. For CI.
///
/// # Errors
///
/// [`LockError::Folder`] when something is wrong with the folder, as for [`write()`].
pub fn check(folder: impl AsRef<Path>) -> Result<Vec<LockChange>, LockError> {
    update(folder.as_ref(), &[], None).map(|update| update.changes().to_vec())
}

/// Locks the drafts of `folder`, and accepts the edits of the migrations `accept`. The lines that are there stay as
/// they are. Returns what was changed; when that is nothing, nothing is written. The folder is read as `migrate.toml`
/// says: a `dialect` that only the macro is given is not known here.
///
/// An edit is to be accepted only when it does not change what the script does. Databases that have applied the script
/// as it was are then up to date all the same. They cost a second round trip at each start, until
/// `Migrator::repair` records the new checksum.
///
/// # Errors
///
/// [`LockError::Folder`] when something is wrong with the folder, also when something that is locked was changed.
/// [`LockError::NothingToAccept`] when a migration of `accept` is as it was locked. [`LockError::Write`] when the file
/// cannot be written; then it is as it was.
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

fn update(folder: &Path, accept: &[Version], analyse: Option<Analyse>) -> Result<LockUpdate, LockError> {
    let source = Source::read(folder, &folder.to_string_lossy()).map_err(LockError::Folder)?;
    source.lock(accept, analyse).map_err(LockError::Folder)
}

/// Writes the lock file beside the old one and then takes its place, so that nobody ever reads half of it.
fn replace(folder: &Path, text: &str) -> io::Result<()> {
    // Hidden, so that a reader who comes in between does not take it for a migration.
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

/// Why a lock file was not checked or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum LockError {
    /// Something is wrong with the folder.
    Folder(Diagnostics),
    /// There is no edit of this migration to accept.
    NothingToAccept {
        /// Its version.
        version: Version,
    },
    /// The lock file cannot be written.
    Write {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
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
