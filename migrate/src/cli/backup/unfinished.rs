//! A backup until it is complete: it has another name, and is removed unless it is finished.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::failure;
use crate::cli::failure::Failure;

/// A backup that is being written. Only its owner can read it, because it holds all data of the database.
pub(super) struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Creates an empty file next to the finished one.
    pub(super) fn create(finished: &Path) -> Result<Unfinished, Failure> {
        let path = finished.with_extension("unfinished");
        private_file(&path).map_err(|error| failure(&format!("{}: {error}", path.display())))?;
        Ok(Unfinished { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Renames it to the finished backup.
    pub(super) fn finish(self, finished: &Path) -> Result<(), Failure> {
        fs::rename(&self.path, finished).map_err(|error| failure(&format!("{}: {error}", finished.display())))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A finished backup was renamed, so this removes only one that failed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Creates the file with its rights at once: if they were set later, others could open it before that.
fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
