//! The folder of the migrations, read in the three depths that verbs need: names, scripts, and scripts with their analysis.

use std::iter;
use std::path::{Path, PathBuf};

use migrate::cli::Failure;
use migrate::diagnostic::Diagnostics;
use migrate::{MigrationSet, Version};
use migrate_core::{Checked, Outline, Overrides, PREPARE_FILE, Source};
use migrate_lint::KnownTable;

/// The folder of the migrations, with the arguments that override its `migrate.toml`.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    overrides: Overrides,
}

impl Folder {
    pub(crate) fn new(path: PathBuf, set: Option<String>) -> Folder {
        Folder { path, overrides: Overrides { set, ..Overrides::default() } }
    }

    /// The path of the folder, as the user typed it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the migrations, without their SQL. A missing folder has none.
    pub(crate) fn outline(&self) -> Result<Outline, Failure> {
        let source = if self.path.exists() { self.source()? } else { Source::default() };
        Ok(source.outline(&self.overrides)?)
    }

    /// The tables that the scripts make. A script that does not parse makes none.
    pub(crate) fn tables(&self, outline: &Outline) -> Result<Vec<KnownTable>, Failure> {
        let source = if self.path.exists() { self.source()? } else { Source::default() };
        let paths = iter::once(PREPARE_FILE).chain(outline.up_scripts());
        let text = |path| source.files().iter().find(|file| file.path() == path)?.text();
        let engine = outline.dialect().engines()[0];
        Ok(migrate_lint::tables(paths.filter_map(text), engine))
    }

    /// The arguments that override `migrate.toml`.
    pub(crate) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// The files of the folder.
    pub(crate) fn source(&self) -> Result<Source, Failure> {
        self.source_at(&self.path)
    }

    /// The files of a copy of the folder. Messages name the folder itself, and not the copy.
    pub(crate) fn source_at(&self, copy: &Path) -> Result<Source, Failure> {
        Ok(Source::read(copy, &self.path.to_string_lossy())?)
    }

    /// The migrations, without an analysis of their SQL.
    pub(crate) fn read(&self) -> Result<MigrationSet, Failure> {
        Ok(self.source()?.into_set(&self.overrides)?)
    }

    /// The migrations and the findings in them, from a version on.
    pub(crate) fn check_since(
        &self,
        since: Option<Version>,
    ) -> Result<Result<Checked, Diagnostics>, Failure> {
        let overrides = Overrides { lint_from: since, ..self.overrides.clone() };
        Ok(self.source()?.check(&overrides, migrate_lint::analyse))
    }

    /// The migrations, analysed as the compiler analyses them.
    pub(crate) fn check(&self) -> Result<Checked, Failure> {
        Ok(self.source()?.check(&self.overrides, migrate_lint::analyse)?)
    }
}
