//! A database on a PostgreSQL server that makes the round trip.
//!
//! What comes in are a set and a version; what goes out are fingerprints and numbers of rows. SQL of seeds runs in a
//! session of its own, so that a `SET` in it does not change what the migrations see.

use std::collections::BTreeMap;

use migrate_core::Engine;
use tokio_postgres::Client;

use super::subject::{Subject, counting};
use crate::database;
use crate::error::Error;
use crate::testing::contents::BoxError;
use crate::testing::database::TestDatabase;
use crate::testing::server::Server;

/// A database on a server, and a connection to it.
pub(super) struct Database {
    server: Server,
    database: TestDatabase,
    client: Client,
}

impl Database {
    pub(super) async fn create(server: Server) -> Result<Self, BoxError> {
        let database = server.create_database(HINT).await?;
        let client = database.connect().await?;
        Ok(Self { server, database, client })
    }
}

const HINT: &str = "round_trip";

impl Subject for Database {
    const ENGINE: Engine = Engine::Postgres;

    type Database<'a> = &'a mut Client;

    async fn renew(&mut self) -> Result<(), BoxError> {
        *self = Self::create(self.server.clone()).await?;
        Ok(())
    }

    fn database(&mut self) -> &mut Client {
        &mut self.client
    }

    async fn answer<'a, T: Send + 'a>(
        answer: <&'a mut Client as database::Database>::Answer<'a, T>,
    ) -> Result<T, Error> {
        answer.await
    }

    async fn execute(&mut self, sql: &str) -> Result<(), BoxError> {
        let client = self.database.connect().await?;
        client.batch_execute(sql).await.map_err(|error| match error.as_db_error() {
            Some(error) => error.to_string().into(),
            None => error.into(),
        })
    }

    async fn rows(&mut self) -> Result<BTreeMap<String, u64>, BoxError> {
        let tables = self.client.query(TABLES, &[]).await?;
        let tables: Vec<String> = tables.iter().map(|row| row.get(0)).collect();
        let Some(counting) = counting(&tables) else { return Ok(BTreeMap::new()) };
        let counts = self.client.query(&counting, &[]).await?;
        counts.iter().map(|row| Ok((row.get(0), u64::try_from(row.get::<_, i64>(1))?))).collect()
    }
}

/// All tables but those of the history. The rows of partitions are counted as those of their table.
const TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT (n.nspname = 'public' AND c.relname IN ('migrate_history', 'migrate_log', 'migrate_schema'))
    ORDER BY 1";
