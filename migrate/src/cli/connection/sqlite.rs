//! An SQLite file: an address comes in, and an open connection comes out.

use std::path::PathBuf;

use rusqlite::Connection;

use super::Access;
use crate::cli::address::SqliteAddress;
use crate::cli::failure::Failure;
use crate::database::{Database, Task};
use crate::error::Error;

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
            (false, Access::Existing) => {
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

    pub(super) fn name(&self) -> Result<String, Failure> {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        Ok(name.to_string_lossy().into_owned())
    }

    pub(super) fn perform<T: Task>(&mut self, task: T) -> Result<T::Answer, Error> {
        (&mut self.connection).perform(task)
    }
}
