//! An SQLite file: an address comes in, and an open connection comes out.

use std::path::PathBuf;

use migrate_core::{Plan, Query, Status, Target};
use rusqlite::Connection;

use super::{ASKING, Access};
use crate::cli::address::SqliteAddress;
use crate::cli::failure::Failure;
use crate::database::BlockingDatabase;
use crate::driver::{Driver, Row};
use crate::migrator::finished;
use crate::schema::{Drift, Dump};
use crate::{Error, Migrator, Report, Verification};

/// An open SQLite file.
pub(crate) struct File {
    pub(crate) connection: Connection,
    path: PathBuf,
}

impl File {
    /// Opens the file. Reading never writes, so it does not create a missing file: an empty database in memory stands in
    /// for it.
    pub(super) fn open(address: &SqliteAddress, access: Access) -> Result<File, Failure> {
        let path = address.path();
        let exists = address.is_in_memory() || path.exists();
        let connection = match (exists, access) {
            (false, Access::Read) => Connection::open_in_memory(),
            (false, Access::Change) => {
                return Err(Failure::new("no-database", format!("there is no file {}", path.display()))
                    .help("check the path; `up` creates it"));
            }
            _ => Connection::open(path),
        };
        let connection = connection.map_err(|error| {
            Failure::new("database", format!("cannot open {}: {error}", path.display()))
                .help("check that its folder exists and that you may write to it")
        })?;
        Ok(File { connection, path: path.to_owned() })
    }

    /// An address names one file only.
    pub(super) fn one_of_several(&self) -> Option<String> {
        None
    }

    pub(super) fn status(&mut self, migrator: &Migrator<'_>) -> Result<Status, Error> {
        migrator.status_blocking(&mut self.connection)
    }

    pub(super) fn plan(&mut self, migrator: &Migrator<'_>, target: Target) -> Result<Plan, Error> {
        migrator.plan_blocking(&mut self.connection, target)
    }

    pub(super) fn verify(&mut self, migrator: &Migrator<'_>) -> Result<Verification, Error> {
        migrator.verify_blocking(&mut self.connection)
    }

    pub(super) fn drift(&mut self, migrator: &Migrator<'_>) -> Result<Drift, Error> {
        migrator.drift_blocking(&mut self.connection)
    }

    pub(super) fn dump(&mut self, migrator: &Migrator<'_>) -> Result<Dump, Error> {
        migrator.dump_blocking(&mut self.connection)
    }

    pub(super) fn accept_drift(&mut self, migrator: &Migrator<'_>) -> Result<(), Error> {
        migrator.accept_drift_blocking(&mut self.connection)
    }

    pub(super) fn run(&mut self, migrator: &Migrator<'_>, target: Target) -> Result<Report, Error> {
        migrator.run_blocking(&mut self.connection, target)
    }

    pub(super) fn reset(&mut self, migrator: &Migrator<'_>) -> Result<Report, Error> {
        let name = self.connection.path().unwrap_or_default().to_owned();
        migrator.reset_blocking(&mut self.connection, &name)
    }

    pub(super) fn name(&self) -> Result<String, Failure> {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        Ok(name.to_string_lossy().into_owned())
    }

    pub(super) fn query(&mut self, query: &Query) -> Result<Option<Vec<Row>>, Error> {
        let mut driver = (&mut self.connection).open()?;
        finished(driver.query(query)).map_err(|error| Error::database(ASKING, error))
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<(), Error> {
        let mut driver = (&mut self.connection).open()?;
        finished(driver.create(sql)).map_err(|error| Error::database(ASKING, error))
    }
}
