//! The histories of a database, by which a person recognizes what is in it: queries go in, names come out.

use std::fmt;

use migrate_core::{AnyHistory, Value};
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;

/// A history and the sets in it.
#[derive(Debug, Serialize)]
pub(super) struct Sets {
    /// The table, as SQL writes it.
    history: String,
    sets: Vec<String>,
}

/// The histories of all sets, whatever their schema and prefix.
pub(super) fn of(connection: &mut Connection) -> Result<Vec<Sets>, Failure> {
    let rows = connection.query(&AnyHistory::all(connection.engine())).map_err(Failure::from)?;
    rows.unwrap_or_default()
        .iter()
        .filter_map(|row| AnyHistory::of_row(row))
        .map(|history| sets(connection, &history))
        .collect()
}

/// A history that this role may not read is named without its sets: it is dropped all the same.
fn sets(connection: &mut Connection, history: &AnyHistory) -> Result<Sets, Failure> {
    let rows = match connection.query(&history.sets()) {
        Err(error) if error.code() != Some(INSUFFICIENT_PRIVILEGE) => return Err(Failure::from(error)),
        rows => rows.ok().flatten().unwrap_or_default(),
    };
    let names = rows.iter().filter_map(|row| row.first().and_then(Value::as_text));
    Ok(Sets { history: history.quoted(), sets: names.map(str::to_owned).collect() })
}

const INSUFFICIENT_PRIVILEGE: &str = "42501";

impl fmt::Display for Sets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sets { history, sets } = self;
        match &sets[..] {
            [] => write!(f, "the history {history}"),
            [set] => write!(f, "the set {set}, of the history {history}"),
            sets => write!(f, "the sets {}, of the history {history}", sets.join(", ")),
        }
    }
}
