use std::path::PathBuf;

use migrate::MigrationSet;
use migrate::cli::Failure;
use migrate_core::{Checked, Overrides, Source};

/// The folder of the migrations.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    overrides: Overrides,
}

impl Folder {
    pub(crate) fn new(path: PathBuf, set: Option<String>) -> Folder {
        Folder { path, overrides: Overrides { set, ..Overrides::default() } }
    }

    /// Its files.
    pub(crate) fn source(&self) -> Result<Source, Failure> {
        Ok(Source::read(&self.path, &self.path.to_string_lossy())?)
    }

    /// The migrations, without a look at what their SQL does.
    pub(crate) fn read(&self) -> Result<MigrationSet, Failure> {
        Ok(self.source()?.into_set(&self.overrides)?)
    }

    /// The migrations, judged as the compiler judges them.
    pub(crate) fn check(&self) -> Result<Checked, Failure> {
        Ok(self.source()?.check(&self.overrides)?)
    }
}
