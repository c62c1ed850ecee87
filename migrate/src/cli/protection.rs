//! A database that is not to be changed lightly says so itself.

use migrate_core::{HistoryTable, Value};

use super::connection::Connection;
use super::failure::Failure;
use crate::{Error, Migrator};

/// What the database is protected as, such as `production`.
pub(super) fn of(connection: &mut Connection, migrator: &Migrator<'_>) -> Result<Option<String>, Failure> {
    let query = migrator.history_table(connection.engine()).protection();
    let rows = connection.query(&query)?.unwrap_or_default();
    let name = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    Ok(name.map(str::to_owned))
}

/// The table is made when it is needed: a role that may write to it need not be one that may create it.
pub(super) fn set(connection: &mut Connection, migrator: &Migrator<'_>, name: &str) -> Result<(), Failure> {
    let table = migrator.history_table(connection.engine());
    let protect = table.protect(name, &migrator.runner());
    if connection.query(&protect)?.is_none() {
        create(connection, &table)?;
        connection.query(&protect)?;
    }
    Ok(())
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
    connection.query(&migrator.history_table(connection.engine()).unprotect())?;
    Ok(())
}
