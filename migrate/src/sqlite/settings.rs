use std::time::Duration;

use rusqlite::Connection;

/// How long a statement waits for another process that writes to the file.
const BUSY_TIMEOUT_MS: u32 = 30_000;

/// The settings of the caller's connection that a run changes.
#[derive(Debug)]
pub(super) struct Settings {
    busy_timeout_ms: u32,
    foreign_keys: bool,
}

impl Settings {
    /// Saves the settings, and makes the connection wait for other writers rather than fail.
    ///
    /// A caller's busy *handler* cannot be read, so it cannot be restored.
    pub(super) fn take(connection: &Connection) -> rusqlite::Result<Settings> {
        let busy_timeout_ms = connection.query_row("PRAGMA busy_timeout", [], |row| row.get(0))?;
        let foreign_keys = connection.query_row("PRAGMA foreign_keys", [], |row| row.get(0))?;
        if busy_timeout_ms < BUSY_TIMEOUT_MS {
            connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS.into()))?;
        }
        Ok(Settings { busy_timeout_ms, foreign_keys })
    }

    pub(super) fn foreign_keys_off(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch("PRAGMA foreign_keys = OFF")
    }

    pub(super) fn foreign_keys_back(&self, connection: &Connection) {
        let state = if self.foreign_keys { "ON" } else { "OFF" };
        // Neither can fail on an open connection outside of a transaction, and this also runs on the way out of an
        // error.
        let _ = connection.execute_batch(&format!("PRAGMA foreign_keys = {state}"));
    }

    pub(super) fn put_back(&self, connection: &Connection) {
        self.foreign_keys_back(connection);
        let _ = connection.busy_timeout(Duration::from_millis(self.busy_timeout_ms.into()));
    }
}
