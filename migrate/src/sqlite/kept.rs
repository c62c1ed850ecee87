//! Reads and writes the kept schema.

use std::time::{Duration, Instant};

use migrate_core::{HistoryTable, KeptSchema, Value};
use rusqlite::{Connection, params_from_iter};

use super::driver::rows_within;
use super::error::database_error;
use crate::driver::{DatabaseError, Row, Timeouts};

/// The deadline for reading and writing the schema.
#[derive(Clone, Copy)]
pub(super) struct Limit(Option<(Instant, Duration)>);

impl Limit {
    pub(super) const NONE: Limit = Limit(None);

    /// A deadline that begins now. Zero is no limit.
    pub(super) fn of(timeouts: Timeouts) -> Limit {
        Limit(timeouts.statement.filter(|limit| !limit.is_zero()).map(|limit| (Instant::now(), limit)))
    }

    /// Fails once the deadline has passed.
    pub(super) fn check(self) -> Result<(), DatabaseError> {
        match self.0 {
            Some((began, limit)) if began.elapsed() >= limit => Err(DatabaseError::kept_too_slowly(limit)),
            _ => Ok(()),
        }
    }
}

/// The rows of a [`KeptSchema`]. The caller has begun a transaction.
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

/// Runs `create` and changes the kept schema. If that fails, the transaction stays open for the caller to roll back.
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

/// Whether a row with that state is stored in the table of the kept schema.
fn is_stored(state: &Value) -> bool {
    matches!(state.as_text(), Some("kept" | "added" | "removed" | "head"))
}

/// Up to how many rows to delete one by one. If more go, the table is written anew.
const ONE_BY_ONE: usize = 16;

/// Writes the rows that differ. Each write is checked, because a trigger that swallows a row reports nothing.
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
