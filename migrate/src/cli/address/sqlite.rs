//! The address of an SQLite database: a path or a `sqlite:` URL comes in, and a path comes out.

use std::fmt;
use std::path::{Path, PathBuf};

use super::AddressError;

/// The address of an SQLite database: the path of a file, or `:memory:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteAddress {
    path: PathBuf,
}

/// The parameters of SQLite (<https://sqlite.org/uri.html>) and of drivers. An error may name them.
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
    /// An address from a plain path, in which every character is literal.
    pub(super) fn of_path(path: &str) -> Result<SqliteAddress, AddressError> {
        if path.is_empty() {
            return Err(AddressError::new("the address names no file", "write its path: `sqlite:app.db`"));
        }
        Ok(SqliteAddress { path: PathBuf::from(path) })
    }

    /// Reads the text after `sqlite:`. It may begin with two slashes; a third slash begins an absolute path.
    pub(super) fn parse(text: &str) -> Result<SqliteAddress, AddressError> {
        let text = text.strip_prefix("//").unwrap_or(text);
        let (path, parameters) = text.split_once('?').unwrap_or((text, ""));
        // Prisma and sqlx write these parameters, and they change nothing here.
        let is_known = |(key, value): &(&str, &str)| {
            matches!(
                (*key, *value),
                ("mode", "rwc" | "rw") | ("connection_limit" | "socket_timeout" | "cache", _)
            )
        };
        let pairs = parameters.split('&').filter(|pair| !pair.is_empty());
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        if let Some((key, value)) = pairs.find(|pair| !is_known(pair)) {
            // A value may be the key of an encrypted file, and an unknown parameter may be a misplaced password.
            let shown = match (key, value) {
                ("mode", "ro" | "memory") => format!("mode={value}"),
                (key, _) if PARAMETERS.contains(&key) => key.to_owned(),
                _ => "…".to_owned(),
            };
            return Err(AddressError::new(
                format!("the address of the database has the parameter `{shown}`"),
                "leave it out: a migration reads and writes the file, and creates it if it is missing",
            ));
        }
        SqliteAddress::of_path(&decoded(path))
    }

    /// The path of the file, or `:memory:`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the database is in memory, and ends with the program.
    pub fn is_in_memory(&self) -> bool {
        self.path == Path::new(":memory:")
    }

    /// The same file, with a relative path resolved against `folder`.
    pub(super) fn seen_from(self, folder: &Path) -> SqliteAddress {
        if self.is_in_memory() { self } else { SqliteAddress { path: folder.join(self.path) } }
    }
}

/// Decodes `%41` to `A`. A `%` without two hexadecimal digits stays as it is.
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
