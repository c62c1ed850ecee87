//! Brings the tables of an older history to this format.

use migrate_core::{HistoryTable, Value};
use rusqlite::Connection;

use super::driver::rows_within;
use super::error::database_error;
use super::kept::Limit;
use crate::driver::DatabaseError;

/// The tables are rebuilt, so indexes and triggers that others added go with them: they are made again. Where this fails,
/// a transaction is left open.
pub(super) fn run(connection: &Connection, history: &HistoryTable) -> Result<(), DatabaseError> {
    let execute = |sql: &str| connection.execute_batch(sql).map_err(database_error);
    execute("BEGIN IMMEDIATE")?;
    let attached = rows_within(connection, &history.attached(), Limit::NONE)?;
    history.upgrade().iter().try_for_each(|query| execute(&query.sql))?;
    attached.iter().flatten().filter_map(Value::as_text).try_for_each(execute)?;
    execute("COMMIT")
}
