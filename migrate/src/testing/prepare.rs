//! `prepare.sql`: what a set of migrations needs from outside, such as roles, extensions and the tables of a platform.
//!
//! What comes in is a set or its folder; what goes out is SQL that a test runs in an empty database before the first
//! migration. A real database never sees it, so it is not embedded in the set.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use migrate_core::{MigrationSet, PREPARE_FILE};

use super::contents::BoxError;

/// The text of a `prepare.sql`.
#[derive(Clone, Debug)]
pub(super) struct Prepare(String);

impl Prepare {
    /// The one in the folder of a set, if there is one.
    pub(super) fn of_set(set: &MigrationSet) -> Result<Option<Prepare>, BoxError> {
        folder(set).map_or(Ok(None), |folder| Prepare::of_folder(&folder))
    }

    /// The one in a folder, if there is one.
    pub(super) fn of_folder(folder: &Path) -> Result<Option<Prepare>, BoxError> {
        let path = folder.join(PREPARE_FILE);
        match fs::read_to_string(&path) {
            Ok(sql) => Ok(Some(Prepare(sql))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
        }
    }

    pub(super) fn sql(&self) -> &str {
        &self.0
    }

    /// The error of the server about it.
    pub(super) fn failed(&self, error: &str) -> String {
        let of_roles = if error.contains("already exists") || error.contains("pg_authid") {
            "; it runs in every throw-away database, and roles belong to the whole server: \
             create them only if they are missing"
        } else {
            ""
        };
        format!("{PREPARE_FILE} failed: {error}{of_roles}")
    }
}

/// The folder of a set. A release build does not know where it was embedded from, but cargo names the package of a test.
fn folder(set: &MigrationSet) -> Option<PathBuf> {
    set.folder().map(Path::to_path_buf).or_else(|| {
        let root = set.display_path("");
        let package = env::var_os("CARGO_MANIFEST_DIR")?;
        (!root.is_empty()).then(|| Path::new(&package).join(root))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_is_there_has_its_advice() {
        let prepare = Prepare(String::new());
        let said = prepare.failed("ERROR: role \"app\" already exists");
        assert!(said.starts_with("prepare.sql failed: ERROR: role"), "{said}");
        assert!(said.ends_with("create them only if they are missing"), "{said}");
        assert_eq!(prepare.failed("no"), "prepare.sql failed: no");
    }
}
