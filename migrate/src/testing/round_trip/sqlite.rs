//! A database in memory that makes the round trip on SQLite.

use std::collections::BTreeMap;

use migrate_core::Engine;
use rusqlite::Connection;

use super::subject::{Subject, counting};
use crate::database;
use crate::error::Error;
use crate::testing::contents::BoxError;

/// A database in memory.
pub(super) struct Database(Connection);

impl Database {
    pub(super) fn create() -> Result<Self, BoxError> {
        Ok(Self(Connection::open_in_memory()?))
    }
}

impl Subject for Database {
    const ENGINE: Engine = Engine::Sqlite;

    type Database<'a> = &'a mut Connection;

    async fn renew(&mut self) -> Result<(), BoxError> {
        *self = Self::create()?;
        Ok(())
    }

    fn database(&mut self) -> &mut Connection {
        &mut self.0
    }

    async fn answer<'a, T: Send + 'a>(
        answer: <&'a mut Connection as database::Database>::Answer<'a, T>,
    ) -> Result<T, Error> {
        answer
    }

    async fn execute(&mut self, sql: &str) -> Result<(), BoxError> {
        Ok(self.0.execute_batch(sql)?)
    }

    async fn rows(&mut self) -> Result<BTreeMap<String, u64>, BoxError> {
        let tables: Vec<String> =
            self.0.prepare(TABLES)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let Some(counting) = counting(&tables) else { return Ok(BTreeMap::new()) };
        let mut counting = self.0.prepare(&counting)?;
        let counts = counting.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        counts
            .map(|row| row.map_err(Into::into).and_then(|(table, rows)| Ok((table, rows.try_into()?))))
            .collect()
    }
}

/// All tables but those of the history.
const TABLES: &str = "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ('migrate_history', 'migrate_log', 'migrate_schema')
    ORDER BY 1";
