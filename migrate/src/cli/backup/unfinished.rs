use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::failure;
use crate::cli::failure::Failure;

/// A backup that is being written, for its owner alone to read: it holds all that the database does. Unless it is
/// finished it goes.
pub(super) struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// An empty file, beside the one that it is going to be.
    pub(super) fn create(finished: &Path) -> Result<Unfinished, Failure> {
        let path = finished.with_extension("unfinished");
        private_file(&path).map_err(|error| failure(&format!("{}: {error}", path.display())))?;
        Ok(Unfinished { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it the name of a backup.
    pub(super) fn finish(self, finished: &Path) -> Result<(), Failure> {
        fs::rename(&self.path, finished).map_err(|error| failure(&format!("{}: {error}", finished.display())))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A finished one is no longer there.
        let _ = fs::remove_file(&self.path);
    }
}

/// Before anything is in it, so that no one can open it in between.
fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
