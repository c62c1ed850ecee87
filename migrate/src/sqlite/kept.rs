//! Reads and writes what is kept of the schema.

use migrate_core::{HistoryTable, Kept, Value};
use rusqlite::{Connection, params_from_iter};

use super::driver::rows as query;
use super::error::database_error;
use crate::driver::{DatabaseError, Row};

/// The rows of a [`Kept`], inside of a transaction.
pub(super) fn rows(connection: &Connection, history: &HistoryTable) -> Result<Vec<Row>, DatabaseError> {
    let mut rows = query(connection, &history.kept_schema())?;
    let live = history.fingerprint_rows(query(connection, &history.fingerprint())?);
    rows.extend(live.into_iter().map(|row| [Value::from("live")].into_iter().chain(row).collect()));
    Ok(rows)
}

/// Changes what is kept, after `create`. Where that fails, a transaction is left open.
pub(super) fn change(
    connection: &Connection,
    history: &HistoryTable,
    create: &str,
    change: impl FnOnce(&mut Kept),
) -> Result<(), DatabaseError> {
    connection.execute_batch(&format!("BEGIN IMMEDIATE;{create}")).map_err(database_error)?;
    let rows = rows(connection, history)?;
    let mut kept = Kept::from_rows(&rows).map_err(|problem| DatabaseError::of_ours(&problem))?;
    change(&mut kept);
    write(connection, history, &kept).map_err(database_error)
}

fn write(connection: &Connection, history: &HistoryTable, kept: &Kept) -> rusqlite::Result<()> {
    let [clear, insert] = history.write_kept();
    connection.execute_batch(&clear)?;
    let mut insert = connection.prepare(&insert)?;
    for row in kept.rows() {
        insert.execute(params_from_iter(row))?;
    }
    connection.execute_batch("COMMIT")
}
