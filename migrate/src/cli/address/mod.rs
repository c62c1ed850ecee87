//! The address of a database, parsed once: a text comes in, such as `postgres://ada@localhost/shop`, and a typed [`Address`]
//! comes out.
//!
//! `variables` finds the text, and `form` tells its kind. `uri` and `pairs` read the two forms of libpq into `settings`; `foreign`
//! knows what other drivers add.
//! `service` and the environment complete them, `refused` rejects what libpq honours and this program does not, and
//! `postgres` holds the result. The driver's own parser is not used: if a host is given twice, it adds the second, and
//! libpq replaces the first.

#[cfg(feature = "postgres")]
mod foreign;
mod form;
#[cfg(feature = "postgres")]
mod home;
#[cfg(feature = "postgres")]
mod pairs;
#[cfg(feature = "postgres")]
mod password_file;
#[cfg(feature = "postgres")]
mod password_line;
#[cfg(feature = "postgres")]
mod postgres;
mod redacted;
#[cfg(feature = "postgres")]
mod refused;
#[cfg(feature = "postgres")]
mod server;
#[cfg(feature = "postgres")]
mod service;
#[cfg(feature = "postgres")]
mod settings;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "postgres")]
mod target;
#[cfg(feature = "postgres")]
mod tls;
#[cfg(feature = "postgres")]
mod uri;
mod variables;

use std::ffi::OsString;
use std::{env, fmt};

use form::Form;
#[cfg(feature = "postgres")]
pub use postgres::PostgresAddress;
pub(super) use redacted::{may_be_address, redacted};
#[cfg(feature = "postgres")]
pub(super) use server::ServerAddress;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteAddress;
#[cfg(feature = "postgres")]
pub(super) use target::Target;
#[cfg(feature = "postgres")]
pub use tls::SslMode;
#[cfg(feature = "postgres")]
pub(super) use tls::{Roots, Tls, TlsVersions};
pub use variables::AddressSource;
pub(super) use variables::Variables;

use super::failure::Failure;
use crate::Engine;

/// Looks up a variable of the environment by its name. Tests pass their own.
type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;

/// The address of a database.
///
/// Display and Debug show it without its password.
///
/// ```
/// # #[cfg(feature = "postgres")] {
/// use migrate::cli::Address;
///
/// let address = Address::parse("postgres://ada:secret@localhost/shop").unwrap();
/// assert_eq!(address.to_string(), "postgresql://ada@localhost:5432/shop");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A database of a PostgreSQL server.
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresAddress>),
    /// An SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteAddress),
}

/// Why a text is not an [`Address`].
///
/// It never shows the text, which may hold a password. Display shows the message and, after ` help: `, what to write.
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
    /// Reads a URL, keywords of libpq, or the path of an SQLite file.
    ///
    /// As in libpq, a service, the environment and defaults complete the address of a server.
    ///
    /// # Errors
    ///
    /// If the text is none of these, has a parameter that this program does not honour, or needs an engine that this
    /// program was built without.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        Address::parse_in(text, &|name| env::var_os(name))
    }

    /// The same with an environment that need not be that of this process.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "only a server is looked for there")
    )]
    fn parse_in(text: &str, environment: Environment<'_>) -> Result<Address, AddressError> {
        match Form::of(text)? {
            #[cfg(feature = "postgres")]
            Form::Uri(text) => Address::postgres(uri::parse(text)?, environment),
            #[cfg(feature = "postgres")]
            Form::Pairs(text) => Address::postgres(pairs::parse(text)?, environment),
            #[cfg(not(feature = "postgres"))]
            Form::Uri(_) => Err(built_without("PostgreSQL", "postgres")),
            #[cfg(feature = "sqlite")]
            Form::Sqlite(text) => SqliteAddress::parse(text).map(Address::Sqlite),
            #[cfg(feature = "sqlite")]
            Form::Path(text) => SqliteAddress::of_path(text).map(Address::Sqlite),
            #[cfg(not(feature = "sqlite"))]
            Form::Sqlite(_) | Form::Path(_) => Err(built_without("SQLite", "sqlite")),
        }
    }

    /// The engine of the database.
    pub fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "postgres")]
            Address::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// Finds and reads the address that the argument, the environment or `.env` names, and returns its source.
    ///
    /// # Errors
    ///
    /// If none of them names an address, or if it cannot be read.
    pub fn find(argument: Option<&str>) -> Result<(Address, AddressSource), Failure> {
        let (text, source) = variables::find(argument)?;
        match Address::parse(&text) {
            Ok(address) => Ok((address.seen_from(&source), source)),
            Err(AddressError { message, help }) => {
                Err(Failure::new("address", format!("{message}\n --> {source}")).help(help))
            }
        }
    }

    /// Resolves a relative path: in a file `.env` it starts in the folder of that file.
    #[cfg(feature = "sqlite")]
    fn seen_from(self, source: &AddressSource) -> Address {
        match self {
            Address::Sqlite(file) => Address::Sqlite(file.seen_from(source.folder())),
            #[cfg(feature = "postgres")]
            Address::Postgres(_) => self,
        }
    }

    #[cfg(not(feature = "sqlite"))]
    fn seen_from(self, _source: &AddressSource) -> Address {
        self
    }

    /// The options of other drivers in the address that are ignored, by name.
    pub(super) fn ignored(&self) -> &[String] {
        match self {
            #[cfg(feature = "postgres")]
            Address::Postgres(address) => address.ignored(),
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => &[],
        }
    }

    /// Takes the password from the password file, unless the address or the environment has one.
    ///
    /// # Errors
    ///
    /// Returns a warning if the file must not be used. The address then has no password, and a connection is still tried.
    pub(super) fn take_password(&mut self) -> Result<(), String> {
        match self {
            #[cfg(feature = "postgres")]
            Address::Postgres(address) => address.take_password(),
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => Ok(()),
        }
    }

    #[cfg(feature = "postgres")]
    fn postgres(settings: settings::Settings, environment: Environment<'_>) -> Result<Address, AddressError> {
        PostgresAddress::new(settings, environment).map(Box::new).map(Address::Postgres)
    }
}

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
fn built_without(engine: &str, feature: &str) -> AddressError {
    AddressError::new(
        format!("the address is for {engine}, and this program was built without it"),
        format!("build it with the feature `{feature}` of `migrate`"),
    )
}

/// Whether a text looks like a name, and not like a secret, so that a message may show it.
#[cfg(feature = "postgres")]
fn is_printable(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads a number as the C library does: with blanks around it, and a sign.
#[cfg(feature = "postgres")]
fn number(text: &str) -> Option<i32> {
    text.trim_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']).parse().ok()
}

/// A text encoded for a URL.
#[cfg(feature = "postgres")]
fn encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
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
