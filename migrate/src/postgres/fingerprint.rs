//! Reads the schema of a database from its catalog, and keeps it.
//!
//! The settings that this needs hold for a transaction, and all of it is sent at once: one round trip, and a pooler cannot
//! give the query to another session than the settings.

use std::pin::pin;
use std::time::{Duration, Instant};

use migrate_core::{HistoryTable, Query};
use tokio_postgres::{Client, Error};

use super::error::{database_error, query_error};
use super::pipeline::{CHECKS_CLIENT, limits, queries};
use crate::driver::{DatabaseError, Row, Timeouts};

/// How often the schema is read at the most while others change it, and the longest pause before the next try.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(200);

/// The rows of a query that reads the schema.
pub(super) async fn read(
    client: &Client,
    timeouts: Timeouts,
    query: &Query,
) -> Result<Vec<Row>, DatabaseError> {
    transaction(client, &begin("READ ONLY", timeouts), std::slice::from_ref(query), timeouts.statement).await
}

/// Runs queries that read the schema and write what is kept of it, after `create`.
pub(super) async fn write(
    client: &Client,
    timeouts: Timeouts,
    create: &str,
    queries: &[Query],
) -> Result<(), DatabaseError> {
    transaction(client, &(begin("READ WRITE", timeouts) + create), queries, timeouts.statement)
        .await
        .map(drop)
}

/// The statement ends with its client: of a runner that was killed, nothing goes on. And where row-level security would
/// leave rows out, of the history's tables too, it fails.
fn begin(mode: &str, timeouts: Timeouts) -> String {
    let settings = HistoryTable::FINGERPRINT_SETTINGS;
    let limits = limits("SET LOCAL", timeouts);
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED, {mode};
        SELECT set_config('client_connection_check_interval', '1000', true) WHERE {CHECKS_CLIENT};
        SET LOCAL row_security = off;{settings}{limits}"
    )
}

/// Tries again while others drop what is being read, unless the limit of a statement is over. A try is a transaction of
/// its own: one that failed did nothing.
async fn transaction(
    client: &Client,
    begin: &str,
    each: &[Query],
    limit: Option<Duration>,
) -> Result<Vec<Row>, DatabaseError> {
    let began = Instant::now();
    let has_time = || limit.is_none_or(|limit| limit.is_zero() || began.elapsed() < limit);
    for tries in 1..TRIES {
        match try_transaction(client, begin, each).await {
            Err((error, _)) if is_outdated(&error) && has_time() => {
                let pause = Duration::from_millis(2).saturating_mul(1 << tries).min(PAUSE);
                tokio::time::sleep(pause.mul_f64(fastrand::f64())).await;
            }
            Err((error, _)) if is_outdated(&error) => return Err(changed_too_often(error, tries)),
            rows => return rows.map_err(explained),
        }
    }
    try_transaction(client, begin, each).await.map_err(|failure| match is_outdated(&failure.0) {
        true => changed_too_often(failure.0, TRIES),
        false => explained(failure),
    })
}

/// An error, and the query that it is of.
type Failure<'q> = (Error, Option<&'q Query>);

fn explained((error, query): Failure<'_>) -> DatabaseError {
    match query {
        Some(query) => query_error(error, query),
        None => database_error(error),
    }
}

async fn try_transaction<'q>(
    client: &Client,
    begin: &str,
    each: &'q [Query],
) -> Result<Vec<Row>, Failure<'q>> {
    let begun = pin!(client.batch_execute(begin));
    let rows = pin!(queries(client, each.iter()));
    let ended = pin!(client.batch_execute("COMMIT"));
    // `join!` polls in this order, and so sends in this order. A COMMIT after a failure rolls back.
    let (begun, rows, ended) = futures_util::join!(begun, rows, ended);
    begun.map_err(|error| (error, None))?;
    let rows = rows.map_err(|(error, query)| (error, Some(query)))?;
    ended.map_err(|error| (error, None))?;
    Ok(rows)
}

/// It has no code: that of a table which is not there would be taken for ours.
fn changed_too_often(error: Error, tries: u32) -> DatabaseError {
    let error = database_error(error);
    DatabaseError {
        hint: Some("try again when other sessions create and drop less in this database".to_owned()),
        ..DatabaseError::of_ours(&format!(
            "others changed the schema each of the {tries} times that it was read: {error}"
        ))
    }
}

/// Whether a query failed because the catalog had changed since it began. An internal error is the server's word for an
/// object that is gone behind its back ("cache lookup failed", "could not open relation"). What a query itself names is
/// missed with the position of the name. And who reads a definition takes locks, which those who drop things wait for.
fn is_outdated(error: &Error) -> bool {
    const INTERNAL_ERROR: &str = "XX000";
    const DEADLOCK_DETECTED: &str = "40P01";
    const UNDEFINED: [&str; 5] = ["42P01", "42703", "42704", "42883", "3F000"];
    error.as_db_error().is_some_and(|error| match error.code().code() {
        INTERNAL_ERROR | DEADLOCK_DETECTED => true,
        code => UNDEFINED.contains(&code) && error.position().is_none(),
    })
}
