//! Reads and writes what is kept of the schema.

use std::time::{Duration, Instant};

use migrate_core::{HistoryTable, Kept, Value};
use rusqlite::{Connection, params_from_iter};

use super::driver::rows_within;
use super::error::database_error;
use crate::driver::{DatabaseError, Row, Timeouts};

/// Until when the schema may be read and written.
#[derive(Clone, Copy)]
pub(super) struct Limit(Option<(Instant, Duration)>);

impl Limit {
    pub(super) const NONE: Limit = Limit(None);

    /// From now on; zero is no limit.
    pub(super) fn of(timeouts: Timeouts) -> Limit {
        Limit(timeouts.statement.filter(|limit| !limit.is_zero()).map(|limit| (Instant::now(), limit)))
    }

    /// Fails once the time is over.
    pub(super) fn check(self) -> Result<(), DatabaseError> {
        match self.0 {
            Some((began, limit)) if began.elapsed() >= limit => Err(DatabaseError::kept_too_slowly(limit)),
            _ => Ok(()),
        }
    }
}

/// The rows of a [`Kept`], inside of a transaction.
pub(super) fn rows(
    connection: &Connection,
    history: &HistoryTable,
    limit: Limit,
) -> Result<Vec<Row>, DatabaseError> {
    let mut rows = rows_within(connection, &history.kept_schema(), limit)?;
    let live = history.fingerprint_rows(rows_within(connection, &history.fingerprint(), limit)?);
    rows.extend(live.into_iter().map(|row| [Value::from("live")].into_iter().chain(row).collect()));
    Ok(rows)
}

/// Changes what is kept, after `create`. Where that fails, a transaction is left open.
pub(super) fn change(
    connection: &Connection,
    history: &HistoryTable,
    create: &str,
    limit: Limit,
    change: impl FnOnce(&mut Kept),
) -> Result<(), DatabaseError> {
    connection.execute_batch(&format!("BEGIN IMMEDIATE;{create}")).map_err(database_error)?;
    let rows = rows(connection, history, limit)?;
    let before = Kept::from_rows(&rows).map_err(|problem| DatabaseError::of_ours(&problem))?;
    let mut after = before.clone();
    change(&mut after);
    if before != after {
        write(connection, history, before.rows().len(), &after, limit)?;
    }
    connection.execute_batch("COMMIT").map_err(database_error)
}

/// Writes all rows anew, where so many are. Each has to be: a trigger that swallows one says nothing.
fn write(
    connection: &Connection,
    history: &HistoryTable,
    rows: usize,
    kept: &Kept,
    limit: Limit,
) -> Result<(), DatabaseError> {
    let [clear, insert] = history.write_kept();
    let unless_written = |is_written| match is_written {
        true => Ok(()),
        false => Err(DatabaseError::unwritten(history.kept_name())),
    };
    let cleared = connection.execute(&clear, []).map_err(database_error)?;
    unless_written(cleared == rows)?;
    let mut insert = connection.prepare(&insert).map_err(database_error)?;
    for row in kept.rows() {
        limit.check()?;
        unless_written(insert.execute(params_from_iter(row)).map_err(database_error)? == 1)?;
    }
    Ok(())
}
