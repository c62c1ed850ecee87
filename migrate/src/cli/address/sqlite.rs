use std::fmt;
use std::path::{Path, PathBuf};

use super::{AddressError, decoded, parameters};

/// A file of SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteAddress {
    path: PathBuf,
}

impl SqliteAddress {
    /// Reads what stands behind `sqlite:`. Two slashes may follow, and then a third one begins the path of the root.
    pub(super) fn parse(text: &str) -> Result<SqliteAddress, AddressError> {
        let (path, parameters) = parameters(text.strip_prefix("//").unwrap_or(text))?;
        // Prisma and sqlx write these, and they say nothing that is not so anyway.
        let is_known = |(key, value): &&(String, String)| {
            matches!(
                (key.as_str(), value.as_str()),
                ("mode", "rwc" | "rw") | ("connection_limit" | "socket_timeout" | "cache", _)
            )
        };
        if let Some((key, value)) = parameters.iter().find(|pair| !is_known(pair)) {
            return Err(AddressError::new(
                format!("the address of the database has the parameter `{key}={value}`"),
                "leave it out: a migration needs to read and write the file, and creates it where it is missing",
            ));
        }
        if path.is_empty() {
            return Err(AddressError::new("the address names no file", "write its path: `sqlite:app.db`"));
        }
        Ok(SqliteAddress { path: PathBuf::from(decoded(path)) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is no file but a database that ends with the program.
    pub fn is_in_memory(&self) -> bool {
        self.path == Path::new(":memory:")
    }
}

impl fmt::Display for SqliteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.path.display())
    }
}
