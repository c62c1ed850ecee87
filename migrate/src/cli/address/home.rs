//! The files that libpq reads from a user's home folder: a name and the environment come in, and a path comes out.

use std::env;
use std::path::{Path, PathBuf};

use super::Environment;

/// The path of a file in the home folder. On Windows it is in the application data, and its name has no dot (PostgreSQL
/// manual, 34.16 and 34.17).
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
