//! From the files of a folder to a [`MigrationSet`], or to everything that is wrong with them.

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
mod script;
mod style;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

pub use outline::{NewMigration, Outline, Renumbering};
pub(crate) use script::{first_words, parse_recorded};

use crate::analysis::Analyse;
use crate::{Diagnostic, Diagnostics, Dialect, LockUpdate, MigrationSet, Version};

/// The files of a migrations folder, read and not yet understood.
#[derive(Debug, Default)]
pub struct Source {
    /// The folder as the user named it; only for messages.
    pub(crate) root: String,
    /// All files below it, by path.
    pub(crate) files: Vec<SourceFile>,
    /// Folders without an entry.
    pub(crate) empty_folders: Vec<String>,
}

/// A file of the folder: its path inside, with `/` between the components, and what it holds.
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

    /// What it holds, where that is text.
    pub fn text(&self) -> Option<&str> {
        str::from_utf8(&self.bytes).ok()
    }
}

/// A set whose SQL was judged, and what does not keep it from being made.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The set.
    pub set: MigrationSet,
    /// In the order of the paths and of the places in a file.
    pub warnings: Vec<Diagnostic>,
}

/// What a caller decides instead of `migrate.toml`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Instead of `dialect`.
    pub dialect: Option<Dialect>,
    /// Instead of `set`.
    pub set: Option<String>,
    /// Instead of `lint-from`.
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
    /// With every problem of every file, not only the first, also what is no SQL, and the hazards that the policy
    /// denies; the warnings are among them.
    pub fn check(self, overrides: &Overrides, analyse: Analyse) -> Result<Checked, Diagnostics> {
        let checked = assemble::assemble(&self, overrides, Some(analyse));
        checked.map(|(set, warnings)| Checked { set, warnings })
    }

    /// The paths of the files that the set depends on: another list of them is another set. Empty while `migrate.toml`
    /// does not read.
    pub fn watched(&self) -> Vec<&str> {
        let Ok(config) = assemble::config(self) else { return Vec::new() };
        let paths = self.files.iter().map(SourceFile::path);
        paths.filter(|path| !names::is_left_out(path, &config)).collect()
    }

    /// The names in a folder, or `None` when it does not exist or does not read.
    pub(crate) fn list(folder: &Path) -> Option<Source> {
        directory::list(folder)
    }

    /// What the lock file of the folder has to become: its lines, with the edits of `accept`, and the drafts behind
    /// them, with what `analyse` finds in those. Nothing is written.
    ///
    /// # Errors
    ///
    /// With every problem of the folder, as [`Source::into_set`]; but a draft is none.
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
    /// With everything that is wrong with the folder but its SQL, which is not parsed.
    pub fn read(folder: impl AsRef<Path>) -> Result<MigrationSet, Diagnostics> {
        let folder = folder.as_ref();
        Source::read(folder, &folder.to_string_lossy())?.into_set(&Overrides::default())
    }

    /// The set of a folder that `include_dir!` embedded, for those who embed it anyway. It is parsed at run time.
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
    /// With everything that is wrong with the folder but its SQL, which is not parsed.
    #[cfg(feature = "include_dir")]
    pub fn from_dir(dir: &include_dir::Dir<'_>) -> Result<MigrationSet, Diagnostics> {
        Source::from_dir(dir).into_set(&Overrides::default())
    }
}

/// A path inside a folder as messages show it; an empty part leaves no slash behind.
pub(crate) fn join(folder: &str, name: &str) -> String {
    match (folder.trim_end_matches('/'), name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}
