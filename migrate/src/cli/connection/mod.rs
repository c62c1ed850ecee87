//! An open database of either engine: an address comes in, and a connection that all verbs can use comes out.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod reach;
#[cfg(feature = "postgres")]
mod reached;
#[cfg(feature = "sqlite")]
mod sqlite;
mod task;
#[cfg(feature = "postgres")]
mod tls;

use migrate_core::{Engine, Query};

#[cfg(feature = "postgres")]
pub(super) use postgres::Server;
#[cfg(feature = "postgres")]
pub(super) use reached::Reached;
#[cfg(feature = "sqlite")]
pub(super) use sqlite::File;

use super::address::Address;
use super::failure::Failure;
use super::progress::Progress;
use crate::database::{Database, Task, sealed};
use crate::driver::Row;
use crate::error::Error;
use task::{Ask, Execute, Name};

pub(super) enum Connection {
    #[cfg(feature = "postgres")]
    Postgres(Box<Server>),
    #[cfg(feature = "sqlite")]
    Sqlite(File),
}

/// What a verb does with an SQLite file that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It counts as an empty database.
    Read,
    /// It is an error.
    Existing,
    /// It is created.
    Create,
}

/// Makes the same call for either engine.
macro_rules! either {
    ($connection:expr, $of:ident => $call:expr) => {
        match $connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres($of) => $call,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite($of) => $call,
        }
    };
}

impl Connection {
    #[cfg_attr(
        not(all(feature = "postgres", feature = "sqlite")),
        expect(unused_variables, reason = "each engine asks one of them")
    )]
    pub(super) fn open(address: &Address, access: Access, program: &str) -> Result<Connection, Failure> {
        match address {
            #[cfg(feature = "postgres")]
            Address::Postgres(address) => {
                Server::connect(address, program).map(Box::new).map(Connection::Postgres)
            }
            #[cfg(feature = "sqlite")]
            Address::Sqlite(address) => File::open(address, access).map(Connection::Sqlite),
        }
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// The server that was reached, if the address names several.
    pub(super) fn one_of_several(&self) -> Option<String> {
        either!(self, database => database.one_of_several())
    }

    /// The name that people type to confirm a change: that of the database, or of the file.
    pub(super) fn name(&mut self) -> Result<String, Failure> {
        either!(self, database => database.name())
    }

    /// The name that a reset expects: that of the database, or the path of the file.
    pub(super) fn full_name(&mut self) -> Result<String, Error> {
        self.perform(Name)
    }

    /// The rows, or `None` if the query names a table that does not exist.
    pub(super) fn query(&mut self, query: &Query) -> Result<Option<Vec<Row>>, Error> {
        self.perform(Ask(query))
    }

    /// Runs statements in their own transaction.
    pub(super) fn execute(&mut self, sql: &str) -> Result<(), Error> {
        self.perform(Execute(sql))
    }

    /// The same database for a run whose progress is shown.
    pub(super) fn shown<'a>(&'a mut self, progress: &'a Progress) -> Shown<'a> {
        Shown { connection: self, progress }
    }
}

impl sealed::Sealed for &mut Connection {}

/// The verbs of a [`Migrator`](crate::Migrator) take this connection, and block until they have their answer.
impl Database for &mut Connection {
    type Answer<'a, T: Send + 'a>
        = Result<T, Error>
    where
        Self: 'a;

    fn perform<'a, T: Task + 'a>(self, task: T) -> Result<T::Answer, Error>
    where
        Self: 'a,
    {
        either!(self, database => database.perform(task))
    }
}

/// A connection whose progress is shown. On PostgreSQL this includes the progress of index builds.
pub(super) struct Shown<'a> {
    connection: &'a mut Connection,
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite reports no progress"))]
    progress: &'a Progress,
}

impl sealed::Sealed for Shown<'_> {}

impl Database for Shown<'_> {
    type Answer<'a, T: Send + 'a>
        = Result<T, Error>
    where
        Self: 'a;

    fn perform<'a, T: Task + 'a>(self, task: T) -> Result<T::Answer, Error>
    where
        Self: 'a,
    {
        match self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(server) => server.perform_shown(task, self.progress),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(file) => file.perform(task),
        }
    }
}
