use std::fmt;
use std::path::{Path, PathBuf};

use super::AddressError;

/// A file of SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteAddress {
    path: PathBuf,
}

/// What SQLite itself (<https://sqlite.org/uri.html>) and drivers know.
const PARAMETERS: [&str; 14] = [
    "mode",
    "cache",
    "vfs",
    "psow",
    "nolock",
    "immutable",
    "modeof",
    "key",
    "foreign_keys",
    "journal_mode",
    "synchronous",
    "busy_timeout",
    "timeout",
    "statement-cache-capacity",
];

impl SqliteAddress {
    /// The path of a file, each character of which is meant.
    pub(super) fn of_path(path: &str) -> Result<SqliteAddress, AddressError> {
        if path.is_empty() {
            return Err(AddressError::new("the address names no file", "write its path: `sqlite:app.db`"));
        }
        Ok(SqliteAddress { path: PathBuf::from(path) })
    }

    /// Reads what stands after `sqlite:`. Two slashes may follow, and then a third one begins the path of the root.
    pub(super) fn parse(text: &str) -> Result<SqliteAddress, AddressError> {
        let text = text.strip_prefix("//").unwrap_or(text);
        let (path, parameters) = text.split_once('?').unwrap_or((text, ""));
        // Prisma and sqlx write these, and they say nothing that is not so anyway.
        let is_known = |(key, value): &(&str, &str)| {
            matches!(
                (*key, *value),
                ("mode", "rwc" | "rw") | ("connection_limit" | "socket_timeout" | "cache", _)
            )
        };
        let pairs = parameters.split('&').filter(|pair| !pair.is_empty());
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        if let Some((key, value)) = pairs.find(|pair| !is_known(pair)) {
            // A value may be the key of a file that is encrypted, and a key that no one knows a password in its place.
            let shown = match (key, value) {
                ("mode", "ro" | "memory") => format!("mode={value}"),
                (key, _) if PARAMETERS.contains(&key) => key.to_owned(),
                _ => "…".to_owned(),
            };
            return Err(AddressError::new(
                format!("the address of the database has the parameter `{shown}`"),
                "leave it out: a migration needs to read and write the file, and creates it where it is missing",
            ));
        }
        SqliteAddress::of_path(&decoded(path))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is no file but a database that ends with the program.
    pub fn is_in_memory(&self) -> bool {
        self.path == Path::new(":memory:")
    }

    /// The same file for one who stands in another folder than the one who wrote the address.
    pub(super) fn seen_from(self, folder: &Path) -> SqliteAddress {
        if self.is_in_memory() { self } else { SqliteAddress { path: folder.join(self.path) } }
    }
}

/// A text with `%41` as `A`. What is no such code stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) if byte == b'%' => {
                out.push(code);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl fmt::Display for SqliteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.path.display())
    }
}
