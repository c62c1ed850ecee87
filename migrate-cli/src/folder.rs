use std::path::{Path, PathBuf};

use migrate::cli::Failure;
use migrate::diagnostic::Diagnostics;
use migrate::{MigrationSet, Version};
use migrate_core::{Checked, Outline, Overrides, Source};

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

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its names; of a folder that is not there, none.
    pub(crate) fn outline(&self) -> Result<Outline, Failure> {
        let source = if self.path.exists() { self.source()? } else { Source::default() };
        Ok(source.outline(&self.overrides)?)
    }

    /// What the arguments say instead of `migrate.toml`.
    pub(crate) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Its files.
    pub(crate) fn source(&self) -> Result<Source, Failure> {
        self.source_at(&self.path)
    }

    /// The files of a copy of it; messages name the folder itself.
    pub(crate) fn source_at(&self, copy: &Path) -> Result<Source, Failure> {
        Ok(Source::read(copy, &self.path.to_string_lossy())?)
    }

    /// The migrations, without a look at what their SQL does.
    pub(crate) fn read(&self) -> Result<MigrationSet, Failure> {
        Ok(self.source()?.into_set(&self.overrides)?)
    }

    /// The migrations, judged from a version on, and what is found in them.
    pub(crate) fn check_since(
        &self,
        since: Option<Version>,
    ) -> Result<Result<Checked, Diagnostics>, Failure> {
        let overrides = Overrides { lint_from: since, ..self.overrides.clone() };
        Ok(self.source()?.check(&overrides, migrate_lint::analyse))
    }

    /// The migrations, judged as the compiler judges them.
    pub(crate) fn check(&self) -> Result<Checked, Failure> {
        Ok(self.source()?.check(&self.overrides, migrate_lint::analyse)?)
    }
}
