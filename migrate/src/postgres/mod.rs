//! Runs on PostgreSQL.
//!
//! No statement is ever prepared under a name: `query_typed` and the simple protocol take one round trip where
//! `query` takes two, and work through a pooler that lends another connection to each transaction.

mod connection;
mod error;
mod pipeline;
mod query;
mod session;

use std::time::Duration;

use migrate_core::{Engine, Query};
use tokio_postgres::Client;

use crate::driver::{DatabaseError, Driver, Failure, Piece, Row, Timeouts, Transaction};
use connection::Connection;
use session::Session;

/// A connection to PostgreSQL for one run.
#[derive(Debug)]
pub struct PostgresDriver<'a> {
    connection: Connection<'a>,
}

impl PostgresDriver<'_> {
    fn client(&self) -> &Client {
        self.connection.client()
    }
}

impl Driver for PostgresDriver<'_> {
    const ENGINE: Engine = Engine::Postgres;

    async fn query(&mut self, query: &Query) -> Result<Option<Vec<Row>>, DatabaseError> {
        const UNDEFINED_TABLE: &str = "42P01";
        self.connection.busy();
        let result = query::run(self.client(), query).await.map_err(error::database_error);
        self.connection.idle();
        match result {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if error.code.as_deref() == Some(UNDEFINED_TABLE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.connection.busy();
        // Several statements in one message are one transaction.
        let result = self.client().batch_execute(sql).await.map_err(error::database_error);
        self.connection.idle();
        result
    }

    async fn transactions(
        &mut self,
        transactions: &[Transaction<'_>],
        committed: &mut (dyn FnMut(usize, Duration) + Send),
    ) -> Result<(), Failure> {
        self.connection.busy();
        let result = pipeline::run(self.client(), transactions, committed).await;
        self.connection.idle();
        result
    }

    async fn run_alone(&mut self, piece: &Piece<'_>) -> Result<(), DatabaseError> {
        self.connection.busy();
        let result = run_alone(self.client(), piece).await;
        self.connection.idle();
        result
    }

    fn is_moved(error: &DatabaseError) -> bool {
        const UNIQUE_VIOLATION: &str = "23505";
        const DIVISION_BY_ZERO: &str = "22012";
        matches!(error.code.as_deref(), Some(UNIQUE_VIOLATION | DIVISION_BY_ZERO))
    }

    fn is_created(error: &DatabaseError) -> bool {
        const DUPLICATE_TABLE: &str = "42P07";
        // Two runners that create one table at once meet in the catalog's own unique indexes.
        const UNIQUE_VIOLATION: &str = "23505";
        matches!(error.code.as_deref(), Some(DUPLICATE_TABLE | UNIQUE_VIOLATION))
    }
}

/// Limits outside of a transaction are the session's, so they are put back.
async fn run_alone(client: &Client, piece: &Piece<'_>) -> Result<(), DatabaseError> {
    if piece.timeouts == Timeouts::default() {
        return pipeline::run_piece(client, piece).await;
    }
    let session = Session::save(client).await.map_err(error::database_error)?;
    client.batch_execute(&pipeline::limits("SET", piece.timeouts)).await.map_err(error::database_error)?;
    let result = pipeline::run_piece(client, piece).await;
    let restored = session.restore(client).await.map_err(error::database_error);
    result.and(restored)
}
