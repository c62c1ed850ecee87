//! The protection of a database, such as `production`: a row in `migrate_settings`, next to the history. It is kept in the
//! database, and not in a file, so that it holds on every machine.

use migrate_core::{HistoryTable, Value};

use super::connection::Connection;
use super::failure::Failure;
use crate::driver::DatabaseError;
use crate::{Error, Migrator};

/// The name of the protection, such as `production`; `None` if the database is not protected.
pub(super) fn of(connection: &mut Connection, migrator: &Migrator<'_>) -> Result<Option<String>, Failure> {
    let table = migrator.history_table(connection.engine());
    let rows = connection.query(&table.protection())?.unwrap_or_default();
    if rows.iter().any(|row| row.first().and_then(Value::as_text).is_none()) {
        return Err(Error::database(ASKING, DatabaseError::hidden(table.settings_name())).into());
    }
    let name = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    Ok(name.map(str::to_owned))
}

const ASKING: &str = "checking whether the database is protected";

/// Protects the database. The table is created only if it is missing, because a role that may write to it need not have the
/// right to create it.
pub(super) fn set(connection: &mut Connection, migrator: &Migrator<'_>, name: &str) -> Result<(), Failure> {
    let table = migrator.history_table(connection.engine());
    let protect = table.protect(name, &migrator.runner());
    let mut written = connection.query(&protect)?;
    if written.is_none() {
        create(connection, &table)?;
        written = connection.query(&protect)?;
    }
    let is_written = written.iter().flatten().flatten().any(|value| value.as_text() == Some(name));
    if is_written { Ok(()) } else { Err(unwritten("protecting the database", &table)) }
}

/// The failure of a write that had no effect: a trigger can swallow a row without an error.
fn unwritten(doing: &'static str, table: &HistoryTable) -> Failure {
    Error::database(doing, DatabaseError::unwritten(table.settings_name())).into()
}

fn create(connection: &mut Connection, table: &HistoryTable) -> Result<(), Error> {
    const INVALID_SCHEMA_NAME: &str = "3F000";
    match (connection.execute(&table.create_settings()), table.create_schema()) {
        (Err(error), Some(schema)) if error.code() == Some(INVALID_SCHEMA_NAME) => {
            connection.execute(&(schema + &table.create_settings()))
        }
        (created, _) => created,
    }
}

pub(super) fn clear(connection: &mut Connection, migrator: &Migrator<'_>) -> Result<(), Failure> {
    let table = migrator.history_table(connection.engine());
    connection.query(&table.unprotect())?;
    match of(connection, migrator)? {
        None => Ok(()),
        Some(_) => Err(unwritten("removing the protection", &table)),
    }
}
