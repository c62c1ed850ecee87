//! Reads and writes what is kept of the schema.

use std::time::{Duration, Instant};

use migrate_core::{HistoryTable, KeptSchema, Value};
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

/// The rows of a [`KeptSchema`], inside of a transaction.
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
    change: impl FnOnce(&mut KeptSchema),
) -> Result<(), DatabaseError> {
    connection.execute_batch(&format!("BEGIN IMMEDIATE;{create}")).map_err(database_error)?;
    let rows = rows(connection, history, limit)?;
    let before = KeptSchema::from_rows(&rows).map_err(|problem| DatabaseError::of_ours(&problem))?;
    let mut after = before.clone();
    change(&mut after);
    if before != after {
        let stored = rows.iter().filter(|row| row.first().is_some_and(is_stored)).count();
        write(connection, history, stored, &before, &after, limit)?;
    }
    connection.execute_batch("COMMIT").map_err(database_error)
}

/// Whether a row with that state lies in the table. The others are about the schema and the log.
fn is_stored(state: &Value) -> bool {
    matches!(state.as_text(), Some("kept" | "added" | "removed" | "head"))
}

/// How many rows are taken away one by one. Where more go, all are written anew.
const ONE_BY_ONE: usize = 16;

/// Writes what differs, where that many rows are stored. Each has to be written: a trigger that swallows one says nothing.
fn write(
    connection: &Connection,
    history: &HistoryTable,
    stored: usize,
    before: &KeptSchema,
    after: &KeptSchema,
    limit: Limit,
) -> Result<(), DatabaseError> {
    let [clear, take_away, add] = history.write_kept();
    let unless_written = |rows: usize, written: usize| match rows == written {
        true => Ok(()),
        false => Err(DatabaseError::unwritten(history.kept_name())),
    };
    let each = |sql: &str, rows: &[[&str; 7]]| {
        let mut statement = connection.prepare(sql).map_err(database_error)?;
        rows.iter().try_for_each(|row| {
            limit.check()?;
            unless_written(1, statement.execute(params_from_iter(row)).map_err(database_error)?)
        })
    };
    let gone = before.rows_without(after);
    if gone.len() <= ONE_BY_ONE && stored == before.rows().len() {
        each(&take_away, &gone)?;
        return each(&add, &after.rows_without(before));
    }
    let cleared = connection.execute(&clear, []).map_err(database_error)?;
    unless_written(stored, cleared)?;
    each(&add, &after.rows())
}
