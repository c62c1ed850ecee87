//! Which database: a text, parsed once.

#[cfg(feature = "postgres")]
mod password_file;
#[cfg(feature = "postgres")]
mod password_line;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod variables;

use std::fmt;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresAddress, SslMode};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteAddress;
pub use variables::Origin;

use super::failure::Failure;
use crate::Engine;

/// Where a database is reached. Displayed without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A server.
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresAddress>),
    /// A file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteAddress),
}

/// Why a text is no [`Address`]. It never shows the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    message: String,
    help: String,
}

impl AddressError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> AddressError {
        AddressError { message: message.into(), help: help.into() }
    }
}

impl Address {
    /// Reads a URL, or the path of a file of SQLite.
    ///
    /// # Errors
    ///
    /// When it is neither, or of an engine that this program was built without.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        match text.split_once(':') {
            Some(("postgres" | "postgresql" | "postgis", rest)) => Address::postgres(rest),
            Some(("sqlite" | "sqlite3" | "file", rest)) => Address::sqlite(rest),
            Some((scheme, rest)) if rest.starts_with("//") => Err(AddressError::new(
                format!("the address of the database begins with `{}:`", printable(scheme)),
                "this tool knows `postgres:` and `sqlite:`",
            )),
            _ if text.contains("host=") || text.contains("dbname=") => Err(AddressError::new(
                "the address of the database is a list of keywords",
                "write a URL: `postgres://user@host:5432/name`",
            )),
            _ => Address::sqlite(text),
        }
    }

    /// The engine that it belongs to.
    pub fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "postgres")]
            Address::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// The address that the arguments, the environment or `.env` name, and which of them.
    ///
    /// # Errors
    ///
    /// When none does, or it does not read.
    pub fn find(argument: Option<&str>) -> Result<(Address, Origin), Failure> {
        let (text, origin) = variables::find(argument)?;
        match Address::parse(&text) {
            Ok(address) => Ok((address, origin)),
            Err(AddressError { message, help }) => {
                Err(Failure::new("address", format!("{message}\n --> {origin}")).help(help))
            }
        }
    }

    /// Takes the password of a file, where one is wanted and nothing else has it.
    ///
    /// # Errors
    ///
    /// With a warning: the file is not used.
    pub(super) fn take_password(&mut self) -> Result<(), String> {
        match self {
            #[cfg(feature = "postgres")]
            Address::Postgres(address) => address.take_password(),
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => Ok(()),
        }
    }

    #[cfg(feature = "postgres")]
    fn postgres(rest: &str) -> Result<Address, AddressError> {
        PostgresAddress::parse(rest).map(Box::new).map(Address::Postgres)
    }

    #[cfg(not(feature = "postgres"))]
    fn postgres(_rest: &str) -> Result<Address, AddressError> {
        Err(built_without("PostgreSQL", "postgres"))
    }

    #[cfg(feature = "sqlite")]
    fn sqlite(rest: &str) -> Result<Address, AddressError> {
        SqliteAddress::parse(rest).map(Address::Sqlite)
    }

    #[cfg(not(feature = "sqlite"))]
    fn sqlite(_rest: &str) -> Result<Address, AddressError> {
        Err(built_without("SQLite", "sqlite"))
    }
}

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
fn built_without(engine: &str, feature: &str) -> AddressError {
    AddressError::new(
        format!("the address is one of {engine}, and this program was built without it"),
        format!("build it with the feature `{feature}` of `migrate`"),
    )
}

/// A scheme is a few letters; what is longer may be anything.
fn printable(scheme: &str) -> &str {
    if scheme.len() <= 20 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) { scheme } else { "…" }
}

/// Keys and values, decoded.
type Parameters = Vec<(String, String)>;

/// Splits the parameters behind the `?` off.
fn parameters(text: &str) -> Result<(&str, Parameters), AddressError> {
    let Some((base, parameters)) = text.split_once('?') else { return Ok((text, Vec::new())) };
    if parameters.contains('@') {
        return Err(AddressError::new(
            "the address of the database has a `?` before its `@`",
            "write what is not a letter or a digit in the password as `%` and two hexadecimal digits: `?` is `%3F`",
        ));
    }
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key), decoded(value))
    };
    Ok((base, parameters.split('&').filter(|text| !text.is_empty()).map(pair).collect()))
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "postgres")]
            Address::Postgres(address) => address.fmt(f),
            #[cfg(feature = "sqlite")]
            Address::Sqlite(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n help: {}", self.message, self.help)
    }
}

impl std::error::Error for AddressError {}

#[cfg(test)]
mod tests;
