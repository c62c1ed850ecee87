use std::fs;
use std::path::Path;

use migrate::MigrationSet;
use tempfile::TempDir;

/// A migrations folder that lives as long as the test.
pub(crate) struct Folder(TempDir);

/// A folder with these scripts, each named like a file without `.sql`. A migration need not have a way back.
pub(crate) fn folder(dialect: &str, scripts: &[(&str, &str)]) -> Folder {
    let folder = Folder(tempfile::tempdir().unwrap());
    folder.write("migrate.toml", &format!("dialect = '{dialect}'\nrollback = 'optional'"));
    for (name, sql) in scripts {
        folder.write(&format!("{name}.sql"), sql);
    }
    folder
}

/// `folder` for PostgreSQL.
pub(crate) fn postgres(scripts: &[(&str, &str)]) -> Folder {
    folder("postgres", scripts)
}

impl Folder {
    pub(crate) fn write(&self, file: &str, content: &str) {
        fs::write(self.0.path().join(file), content).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn set(&self) -> MigrationSet {
        MigrationSet::read(self.0.path()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
    }
}
