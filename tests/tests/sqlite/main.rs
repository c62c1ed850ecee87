//! What only SQLite has: table rebuilds, the settings of a connection, files, and other processes on them.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod connection;
mod file;
mod format;
mod rebuild;
mod rebuild_oracle;
mod reset;
mod runners;
mod script;
mod swallowed;
mod syntax;
mod up_fails;

use migrate::Dialect;
use migrate_tests::{Folder, select};
use rusqlite::Connection;

fn folder() -> Folder {
    Folder::new(Dialect::Sqlite)
}

fn column(connection: &Connection, sql: &str) -> Vec<String> {
    select(connection, sql).into_iter().map(|mut row| row.swap_remove(0)).collect()
}

fn history(connection: &Connection) -> Vec<String> {
    column(connection, "SELECT version || ' ' || state FROM migrate_history ORDER BY version")
}

const TABLES: &str =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'migrate%' ORDER BY 1";
