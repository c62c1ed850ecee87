use std::fmt;

use migrate_core::{Engine, Query, Status, Target, Value, Version};
use serde_json::{Map, Value as Json, json};

use super::address::Address;
#[cfg(all(unix, feature = "testing", feature = "postgres"))]
use super::address::SslMode;
use super::connection::{Access, Connection};
use super::console::Console;
use super::failure::Failure;
use super::options::Options;
use super::progress::Progress;
use super::style::{self, styled};
use crate::{Error, Migrator, Report};

/// A database that a verb works on.
///
/// What is public of it serves `cargo migrate`, and follows no rule of versions.
#[doc(hidden)]
pub struct Database {
    pub(super) connection: Connection,
    address: Address,
}

impl Database {
    /// Finds the database, says which it is, and opens it. A file that is not there is not created.
    pub fn open(options: &Options, console: &Console) -> Result<Database, Failure> {
        Database::open_for(Access::Change, options, console)
    }

    pub(super) fn open_for(
        access: Access,
        options: &Options,
        console: &Console,
    ) -> Result<Database, Failure> {
        let (mut address, source) = Address::find(options.database_url.as_deref())?;
        console.note(styled(style::FAINT, format_args!("{address} ({source})")));
        if let Err(warning) = address.take_password() {
            console.warn(&warning);
        }
        let connection = Connection::open(&address, access, console.program())?;
        if let Some(server) = connection.one_of_several() {
            console.note(styled(style::FAINT, format_args!("connected to {server}")));
        }
        Ok(Database { connection, address })
    }

    /// Which engine it is of.
    pub fn engine(&self) -> Engine {
        self.connection.engine()
    }

    /// The name that people type: of the database, or of the file.
    pub fn name(&mut self) -> Result<String, Failure> {
        self.connection.name()
    }

    /// The server of `--database-url`, to make throw-away databases there.
    #[cfg(all(unix, feature = "testing", feature = "postgres"))]
    pub fn test_server(options: &Options, console: &Console) -> Result<crate::testing::Server, Failure> {
        // Before anything is opened: an address that will not do may lead nowhere.
        match Address::find(options.database_url.as_deref())?.0 {
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => return Err(no_test_server(IN_MEMORY)),
            Address::Postgres(address) => match address.ssl_mode() {
                SslMode::Disable | SslMode::Allow | SslMode::Prefer => {}
                _ => return Err(no_test_server(NOT_ENCRYPTED)),
            },
        }
        // It says which server that is, and what to do where it does not answer.
        match Database::open(options, console)?.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Err(no_test_server(IN_MEMORY)),
            Connection::Postgres(server) => match server.reached().ssl_mode() {
                SslMode::Disable => Ok(crate::testing::Server::with(server.reached().config())),
                _ => Err(no_test_server(NOT_ENCRYPTED)),
            },
        }
    }

    /// How it stands.
    pub fn status(&mut self, migrator: &Migrator<'_>) -> Result<Status, Error> {
        self.connection.status(migrator)
    }

    /// Takes all up to this version for applied.
    pub fn baseline(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error> {
        self.connection.run(migrator, Target::Baseline(version), &Progress::silent())
    }

    /// The rows of a query whose columns are texts; none where a table that it names is not there.
    pub fn texts(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let rows = self.connection.query(&Query { sql: sql.to_owned(), values: Vec::new() })?;
        let texts = |row: Vec<Value>| row.iter().map(|value| value.as_text().map(str::to_owned)).collect();
        Ok(rows.unwrap_or_default().into_iter().map(texts).collect())
    }

    /// An answer in JSON: which database, and what `value` says.
    pub(super) fn json(&self, value: &impl serde::Serialize) -> Json {
        let mut document = Map::from_iter([("database".to_owned(), json!(self.address.to_string()))]);
        match serde_json::to_value(value).expect("answers are made of texts, numbers and lists") {
            Json::Object(fields) => document.extend(fields),
            other => unreachable!("an answer is an object, and not {other}"),
        }
        Json::Object(document)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(all(unix, feature = "testing", feature = "postgres", feature = "sqlite"))]
const IN_MEMORY: &str = "the address is a file of SQLite, and throw-away databases of SQLite are in memory";
#[cfg(all(unix, feature = "testing", feature = "postgres"))]
const NOT_ENCRYPTED: &str = "the server of the address is reached with TLS, and connections to throw-away databases are not encrypted";

#[cfg(all(unix, feature = "testing", feature = "postgres"))]
fn no_test_server(why: &str) -> Failure {
    Failure::new("address", why).help(
        "name a server of PostgreSQL that is reached without TLS (`sslmode=disable`), or none: then one is started for the \
         test",
    )
}
