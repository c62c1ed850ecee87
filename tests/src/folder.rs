use std::fs;
use std::path::{Path, PathBuf};

use migrate::{Dialect, MigrationSet, Version};
use tempfile::TempDir;

/// A migrations folder that lives as long as the test.
#[derive(Debug)]
pub struct Folder {
    directory: TempDir,
}

impl Folder {
    /// A folder without a migration, for SQL of this dialect.
    pub fn new(dialect: Dialect) -> Folder {
        Folder::with_policy(&format!("dialect = '{dialect}'"))
    }

    /// A folder without a migration, with this `migrate.toml`.
    pub fn with_policy(policy: &str) -> Folder {
        let folder = Folder { directory: tempfile::tempdir().unwrap() };
        folder.write("migrate.toml", policy)
    }

    /// A copy of the files of another folder, over an empty one.
    pub fn copy_of(original: &Path) -> Folder {
        let folder = Folder { directory: tempfile::tempdir().unwrap() };
        for entry in fs::read_dir(original).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.directory.path().join(entry.file_name())).unwrap();
        }
        folder
    }

    /// Adds a migration, or writes it anew.
    #[must_use]
    pub fn migration(self, name: &str, up: &str, down: &str) -> Folder {
        self.write(&format!("{name}.up.sql"), up).write(&format!("{name}.down.sql"), down)
    }

    /// Adds a migration that creates this table, and drops it on its way back.
    #[must_use]
    pub fn table(self, version: u64, table: &str) -> Folder {
        self.migration(
            &format!("{version}_create_{table}"),
            &format!("CREATE TABLE {table} (id integer PRIMARY KEY, label text)"),
            &format!("DROP TABLE {table}"),
        )
    }

    /// Adds a migration that has no way back.
    #[must_use]
    pub fn irreversible(self, name: &str, up: &str) -> Folder {
        self.write(&format!("{name}.up.sql"), &format!("-- migrate: irreversible \"it loses data\"\n{up}"))
    }

    /// Adds the verify script of a migration.
    #[must_use]
    pub fn verify(self, name: &str, sql: &str) -> Folder {
        self.write(&format!("{name}.verify.sql"), sql)
    }

    /// Writes a file as it is.
    #[must_use]
    pub fn write(self, file: &str, content: &str) -> Folder {
        fs::write(self.directory.path().join(file), content).unwrap();
        self
    }

    /// Removes the files of a migration.
    #[must_use]
    pub fn without(self, name: &str) -> Folder {
        for end in ["up", "down"] {
            let _ = fs::remove_file(self.directory.path().join(format!("{name}.{end}.sql")));
        }
        self
    }

    /// The path of a file as an error names it.
    pub fn path(&self, file: &str) -> String {
        self.directory.path().join(file).to_str().unwrap().to_owned()
    }

    /// The folder itself.
    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    /// The set that the files make.
    pub fn set(&self) -> MigrationSet {
        MigrationSet::read(self.directory.path()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
    }
}

/// The version with this number.
pub fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}
