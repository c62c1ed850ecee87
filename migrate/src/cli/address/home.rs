//! The files that libpq finds in the home folder of a user.

use std::env;
use std::path::{Path, PathBuf};

use super::Environment;

/// A file of the home folder; on Windows, where it has no dot, one of the application's data (PostgreSQL manual, 34.16
/// and 34.17).
pub(super) fn file(name: &str, environment: Environment<'_>) -> Option<PathBuf> {
    if cfg!(windows) {
        let name = match name {
            ".pgpass" => "pgpass.conf",
            name => name.strip_prefix(".postgresql/").unwrap_or(name),
        };
        environment("APPDATA").map(|folder| Path::new(&folder).join("postgresql").join(name))
    } else {
        let named = environment("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        named.or_else(env::home_dir).map(|home| home.join(name))
    }
}
