//! An open database of either engine: an address comes in, and a connection that all verbs can use comes out.

#[cfg(feature = "postgres")]
mod index_build;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod reach;
#[cfg(feature = "postgres")]
mod reached;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "postgres")]
mod tls;

use migrate_core::{Engine, Plan, Query, Status, Target};

#[cfg(feature = "postgres")]
pub(super) use index_build::IndexBuild;
#[cfg(feature = "postgres")]
pub(super) use postgres::Server;
#[cfg(feature = "postgres")]
pub(super) use reached::Reached;
#[cfg(feature = "sqlite")]
pub(super) use sqlite::File;

use super::address::Address;
use super::failure::Failure;
use super::progress::Progress;
use crate::driver::Row;
use crate::schema::{Drift, Dump};
use crate::{Error, Migrator, Report, Verification};

pub(super) enum Connection {
    #[cfg(feature = "postgres")]
    Postgres(Box<Server>),
    #[cfg(feature = "sqlite")]
    Sqlite(File),
}

/// What a verb is about to do. It decides what happens if an SQLite file does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// A missing file counts as an empty database.
    Read,
    /// The file must exist.
    Change,
    /// A missing file is created.
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

    pub(super) fn status(&mut self, migrator: &Migrator<'_>) -> Result<Status, Error> {
        either!(self, database => database.status(migrator))
    }

    pub(super) fn plan(&mut self, migrator: &Migrator<'_>, target: Target) -> Result<Plan, Error> {
        either!(self, database => database.plan(migrator, target))
    }

    pub(super) fn verify(&mut self, migrator: &Migrator<'_>) -> Result<Verification, Error> {
        either!(self, database => database.verify(migrator))
    }

    pub(super) fn drift(&mut self, migrator: &Migrator<'_>) -> Result<Drift, Error> {
        either!(self, database => database.drift(migrator))
    }

    pub(super) fn dump(&mut self, migrator: &Migrator<'_>) -> Result<Dump, Error> {
        either!(self, database => database.dump(migrator))
    }

    pub(super) fn accept_drift(&mut self, migrator: &Migrator<'_>) -> Result<(), Error> {
        either!(self, database => database.accept_drift(migrator))
    }

    pub(super) fn run(
        &mut self,
        migrator: &Migrator<'_>,
        target: Target,
        progress: &Progress,
    ) -> Result<Report, Error> {
        match self {
            #[cfg(feature = "postgres")]
            Connection::Postgres(server) => server.run(migrator, target, progress),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(file) => {
                let _ = progress;
                file.run(migrator, target)
            }
        }
    }

    /// Drops everything and applies all migrations.
    pub(super) fn reset(&mut self, migrator: &Migrator<'_>, progress: &Progress) -> Result<Report, Error> {
        match self {
            #[cfg(feature = "postgres")]
            Connection::Postgres(server) => server.reset(migrator, progress),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(file) => {
                let _ = progress;
                file.reset(migrator)
            }
        }
    }

    /// The name that people type to confirm a change: that of the database, or of the file.
    pub(super) fn name(&mut self) -> Result<String, Failure> {
        either!(self, database => database.name())
    }

    /// The rows, or `None` if the query names a table that does not exist.
    pub(super) fn query(&mut self, query: &Query) -> Result<Option<Vec<Row>>, Error> {
        either!(self, database => database.query(query))
    }

    /// Runs statements in their own transaction.
    pub(super) fn execute(&mut self, sql: &str) -> Result<(), Error> {
        either!(self, database => database.execute(sql))
    }
}

const ASKING: &str = "asking the database";
