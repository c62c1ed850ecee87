//! A database that is not to be changed lightly says so itself.

use migrate_core::Value;

use super::connection::Connection;
use super::failure::Failure;
use crate::Migrator;

/// What the database is protected as, such as `production`.
pub(super) fn of(connection: &mut Connection, migrator: &Migrator<'_>) -> Result<Option<String>, Failure> {
    let query = migrator.history_table(connection.engine()).protection();
    let rows = connection.query(&query)?.unwrap_or_default();
    let name = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    Ok(name.map(str::to_owned))
}

pub(super) fn set(connection: &mut Connection, migrator: &Migrator<'_>, name: &str) -> Result<(), Failure> {
    let table = migrator.history_table(connection.engine());
    if let Some(schema) = table.create_schema() {
        // A role that may not create a schema may still own this one.
        if connection.execute(&table.create_settings()).is_err() {
            connection.execute(&(schema + &table.create_settings()))?;
        }
    } else {
        connection.execute(&table.create_settings())?;
    }
    connection.query(&table.protect(name, &migrator.runner()))?;
    Ok(())
}

pub(super) fn clear(connection: &mut Connection, migrator: &Migrator<'_>) -> Result<(), Failure> {
    connection.query(&migrator.history_table(connection.engine()).unprotect())?;
    Ok(())
}
