//! Reads the schema of a database from its catalog, and keeps it.
//!
//! The settings that this needs hold for a transaction, and all of it is sent at once: one round trip, and a pooler cannot
//! give the query to another session than the settings.

use std::iter::once;
use std::pin::pin;

use migrate_core::{HistoryTable, Query};
use tokio_postgres::{Client, Error};

use super::pipeline::{limits, queries};
use crate::driver::{Row, Timeouts};

/// The rows of a query that reads the schema.
pub(super) async fn read(client: &Client, timeouts: Timeouts, query: &Query) -> Result<Vec<Row>, Error> {
    transaction(client, "READ ONLY", timeouts, "", once(query)).await
}

/// Runs queries that read the schema and write what is kept of it, after `create`.
pub(super) async fn write(
    client: &Client,
    timeouts: Timeouts,
    create: &str,
    queries: impl Iterator<Item = &Query>,
) -> Result<(), Error> {
    transaction(client, "READ WRITE", timeouts, create, queries).await.map(drop)
}

async fn transaction<'q>(
    client: &Client,
    mode: &str,
    timeouts: Timeouts,
    first: &str,
    each: impl Iterator<Item = &'q Query>,
) -> Result<Vec<Row>, Error> {
    let settings = HistoryTable::FINGERPRINT_SETTINGS;
    let limits = limits("SET LOCAL", timeouts);
    let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED, {mode};{settings}{limits}{first}");
    let begun = pin!(client.batch_execute(&begin));
    let rows = pin!(queries(client, each));
    let ended = pin!(client.batch_execute("COMMIT"));
    // `join!` polls in this order, and so sends in this order. A COMMIT after a failure rolls back.
    let (begun, rows, ended) = futures_util::join!(begun, rows, ended);
    begun?;
    let rows = rows?;
    ended?;
    Ok(rows)
}
