//! Reads the schema of a database from its catalog.

use std::pin::pin;

use migrate_core::HistoryTable;
use tokio_postgres::{Client, Error};

use super::pipeline::limits;
use super::query;
use crate::driver::{Row, Timeouts};

/// The rows of a fingerprint, in one round trip.
///
/// The settings hold for a transaction, and all of it is sent at once. So a pooler cannot give the query to another session
/// than the settings.
pub(super) async fn rows(
    client: &Client,
    history: &HistoryTable,
    timeouts: Timeouts,
) -> Result<Vec<Row>, Error> {
    let begin = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY;{}{}",
        HistoryTable::FINGERPRINT_SETTINGS,
        limits("SET LOCAL", timeouts)
    );
    let fingerprint = history.fingerprint();
    let begun = pin!(client.batch_execute(&begin));
    let rows = pin!(query::run(client, &fingerprint));
    let ended = pin!(client.batch_execute("COMMIT"));
    // `join!` polls in this order, and so sends in this order. A COMMIT after a failure rolls back.
    let (begun, rows, ended) = futures_util::join!(begun, rows, ended);
    begun?;
    let rows = rows?;
    ended?;
    Ok(rows)
}
