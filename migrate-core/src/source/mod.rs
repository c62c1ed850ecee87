//! From the files of a folder to a [`MigrationSet`], or to everything that is wrong with them.
//!
//! ```text
//! folder → directory → names → parts → script → checks → locked → assemble → MigrationSet
//!          (reads)     (which   (which  (text →  (order,  (migrate.lock)
//!                       form)    file)   Script)  versions)
//! ```
//!
//! No step stops at its first problem: each passes on what it understood and adds what it did not to one list, so that a
//! user sees every mistake of a folder at once.

mod assemble;
mod checks;
mod directory;
mod draft;
mod gate;
mod locked;
#[cfg(test)]
mod locked_tests;
mod names;
mod outline;
#[cfg(test)]
mod outline_tests;
mod parts;
mod problems;
mod residue;
mod script;
mod staleness;
mod style;
mod suggestion;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

pub use names::PREPARE_FILE;
pub use outline::{NewMigration, Outline, Renumbering};
pub(crate) use script::{first_words, parse_recorded};
pub use staleness::Staleness;

use crate::analysis::Analyse;
use crate::{Diagnostic, Diagnostics, Dialect, LockUpdate, MigrationSet, Version};

/// The files of a migrations folder, read but not yet interpreted.
#[derive(Debug, Default)]
pub struct Source {
    /// The folder as the user named it. Only messages use it.
    pub(crate) root: String,
    /// All files below it, by path.
    pub(crate) files: Vec<SourceFile>,
    /// Folders that hold nothing.
    pub(crate) empty_folders: Vec<String>,
}

/// A file of the folder: its path inside the folder, with `/` between the components, and its content.
#[derive(Debug)]
pub struct SourceFile {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl SourceFile {
    /// The path inside the folder, with `/` between its components.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its content, if that is text.
    pub fn text(&self) -> Option<&str> {
        str::from_utf8(&self.bytes).ok()
    }
}

/// A set whose SQL was analysed, with the warnings that did not stop it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The set.
    pub set: MigrationSet,
    /// The warnings, ordered by path and by position in the file.
    pub warnings: Vec<Diagnostic>,
}

/// Settings of the caller that win over `migrate.toml`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Wins over `dialect`.
    pub dialect: Option<Dialect>,
    /// Wins over `set`.
    pub set: Option<String>,
    /// Wins over `lint-from`.
    pub lint_from: Option<Version>,
}

impl Source {
    /// Reads all files of `folder`; `root` is what messages call it.
    ///
    /// # Errors
    ///
    /// When the folder or a file in it cannot be read, or links form a loop.
    pub fn read(folder: &Path, root: &str) -> Result<Source, Diagnostics> {
        directory::read(folder, root)
    }

    /// The files of a folder that `include_dir!` embedded.
    #[cfg(feature = "include_dir")]
    pub fn from_dir(dir: &include_dir::Dir<'_>) -> Source {
        directory::from_dir(dir)
    }

    /// A folder that is only in memory: the paths inside of it, and what the files hold.
    #[doc(hidden)]
    pub fn of_texts(files: &[(&str, &str)]) -> Source {
        let file =
            |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), bytes: (*text).into() };
        let mut files: Vec<SourceFile> = files.iter().map(file).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Source { files, ..Source::default() }
    }

    /// The files, in the order of their paths.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The set that the files make.
    ///
    /// # Errors
    ///
    /// With every problem of every file, not only the first. The SQL is not parsed.
    pub fn into_set(self, overrides: &Overrides) -> Result<MigrationSet, Diagnostics> {
        assemble::assemble(&self, overrides, None).map(|(set, _)| set)
    }

    /// The set that the files make, with the hazards of each migration, and the warnings about them. `analyse` finds
    /// them: `migrate_lint::analyse`.
    ///
    /// # Errors
    ///
    /// With every problem of every file, not only the first: syntax errors, and the hazards that the policy denies.
    /// The warnings are in the same list.
    pub fn check(self, overrides: &Overrides, analyse: Analyse) -> Result<Checked, Diagnostics> {
        let checked = assemble::assemble(&self, overrides, Some(analyse));
        checked.map(|(set, warnings)| Checked { set, warnings })
    }

    /// The paths of the files that the set depends on: another list of them is another set. Empty if `migrate.toml`
    /// is invalid.
    pub fn watched(&self) -> Vec<&str> {
        let Ok(config) = assemble::config(self) else { return Vec::new() };
        let paths = self.files.iter().map(SourceFile::path);
        paths.filter(|path| !names::is_left_out(path, &config)).collect()
    }

    /// The names in a folder, or `None` if the folder does not exist or cannot be read.
    pub(crate) fn list(folder: &Path) -> Option<Source> {
        directory::list(folder)
    }

    /// The lock file that the folder should have: its present lines, with the edits of `accept`, then the drafts with
    /// what `analyse` finds in them. Nothing is written.
    ///
    /// # Errors
    ///
    /// With every problem of the folder, as [`Source::into_set`]; but a draft is not a problem here.
    pub fn lock(&self, accept: &[Version], analyse: Option<Analyse>) -> Result<LockUpdate, Diagnostics> {
        assemble::lock(self, accept, analyse)
    }
}

impl MigrationSet {
    /// Reads a folder at run time, for tools; an application embeds it instead.
    ///
    /// ```no_run
    /// let set = migrate_core::MigrationSet::read("migrations")?;
    /// println!("{} migrations", set.migrations().len());
    /// # Ok::<(), migrate_core::Diagnostics>(())
    /// ```
    ///
    /// # Errors
    ///
    /// With everything that is wrong with the folder. Its SQL is not parsed.
    pub fn read(folder: impl AsRef<Path>) -> Result<MigrationSet, Diagnostics> {
        let folder = folder.as_ref();
        Source::read(folder, &folder.to_string_lossy())?.into_set(&Overrides::default())
    }

    /// The set of a folder that `include_dir!` embedded, for applications that embed the folder anyway. The files are read
    /// when this is called, not while compiling.
    ///
    /// ```
    /// # use migrate_core::MigrationSet;
    /// static DIR: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../migrate/migrations");
    /// let set = MigrationSet::from_dir(&DIR)?;
    /// assert_eq!(set.migrations().len(), 2);
    /// # Ok::<(), migrate_core::Diagnostics>(())
    /// ```
    ///
    /// # Errors
    ///
    /// With everything that is wrong with the folder. Its SQL is not parsed.
    #[cfg(feature = "include_dir")]
    pub fn from_dir(dir: &include_dir::Dir<'_>) -> Result<MigrationSet, Diagnostics> {
        Source::from_dir(dir).into_set(&Overrides::default())
    }
}

/// A path inside a folder as messages show it. An empty part leaves no slash.
pub(crate) fn join(folder: &str, name: &str) -> String {
    match (folder.trim_end_matches('/'), name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}
