//! The database of a verb: options come in, and an open connection with its address goes out.

use std::fmt;

use migrate_core::{Engine, Query, Status, Value, Version};
use serde_json::{Map, Value as Json, json};

use super::address::Address;
#[cfg(all(unix, feature = "testing", feature = "postgres"))]
use super::address::SslMode;
use super::connection::{Access, Connection};
use super::console::Console;
use super::failure::Failure;
use super::options::Options;
use super::style::{self, styled};
use crate::{Error, Migrator, Report};

/// The database that a verb works on.
///
/// Its public methods are for `cargo migrate`, and may change in any release.
#[doc(hidden)]
pub struct Database {
    pub(super) connection: Connection,
    address: Address,
}

impl Database {
    /// Finds the database, prints its address, and opens it. A missing SQLite file is not created.
    pub fn open(options: &Options, console: &Console) -> Result<Database, Failure> {
        Database::open_for(Access::Existing, options, console)
    }

    pub(super) fn open_for(
        access: Access,
        options: &Options,
        console: &Console,
    ) -> Result<Database, Failure> {
        let (mut address, source) = Address::find(options.database_url.as_deref())?;
        console.note(styled(style::FAINT, format_args!("{address} ({source})")));
        if !address.ignored().is_empty() {
            let ignored = address.ignored().join(", ");
            let note = format_args!("options of other drivers in the address are ignored: {ignored}");
            console.note(styled(style::FAINT, note));
        }
        if let Err(warning) = address.take_password() {
            console.warn(&warning);
        }
        let connection = Connection::open(&address, access, console.program())?;
        if let Some(server) = connection.one_of_several() {
            console.note(styled(style::FAINT, format_args!("connected to {server}")));
        }
        Ok(Database { connection, address })
    }

    /// The engine of the database.
    pub fn engine(&self) -> Engine {
        self.connection.engine()
    }

    /// The name that people type to confirm a change: that of the database, or of the file.
    pub fn name(&mut self) -> Result<String, Failure> {
        self.connection.name()
    }

    /// The server of `--database-url`, for throw-away databases.
    #[cfg(all(unix, feature = "testing", feature = "postgres"))]
    pub fn test_server(options: &Options, console: &Console) -> Result<crate::testing::Server, Failure> {
        // This comes before a connection: an address that is refused need not lead to a server.
        match Address::find(options.database_url.as_deref())?.0 {
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => return Err(no_test_server(IN_MEMORY)),
            Address::Postgres(address) => match address.ssl_mode() {
                SslMode::Disable | SslMode::Allow | SslMode::Prefer => {}
                _ => return Err(no_test_server(NOT_ENCRYPTED)),
            },
        }
        // Opening the database prints the address, and says what to do if the server does not answer.
        match Database::open(options, console)?.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Err(no_test_server(IN_MEMORY)),
            Connection::Postgres(server) => match server.reached().ssl_mode() {
                SslMode::Disable => Ok(crate::testing::Server::with(server.reached().config())),
                _ => Err(no_test_server(NOT_ENCRYPTED)),
            },
        }
    }

    /// How the database compares with the set.
    pub fn status(&mut self, migrator: &Migrator<'_>) -> Result<Status, Error> {
        migrator.status(&mut self.connection)
    }

    /// Records all migrations up to this version as applied.
    pub fn baseline(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error> {
        migrator.baseline(&mut self.connection, version)
    }

    /// The rows of a query whose columns are texts. If a table of the query does not exist, there are none.
    pub fn texts(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let rows = self.connection.query(&Query { sql: sql.to_owned(), values: Vec::new() })?;
        let texts = |row: Vec<Value>| row.iter().map(|value| value.as_text().map(str::to_owned)).collect();
        Ok(rows.unwrap_or_default().into_iter().map(texts).collect())
    }

    /// An answer in JSON: the address of the database, and the fields of `value`.
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
const IN_MEMORY: &str = "the address is an SQLite file, and throw-away databases of SQLite are in memory";
#[cfg(all(unix, feature = "testing", feature = "postgres"))]
const NOT_ENCRYPTED: &str =
    "the server is reached with TLS, and connections to throw-away databases are not encrypted";

#[cfg(all(unix, feature = "testing", feature = "postgres"))]
fn no_test_server(why: &str) -> Failure {
    Failure::new("address", why).help(
        "name a PostgreSQL server that can be reached without TLS (`sslmode=disable`), or leave out `--database-url`: the \
         test then starts a server of its own",
    )
}
