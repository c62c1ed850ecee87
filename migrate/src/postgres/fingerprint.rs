//! Reads the schema of a database from its catalog, and keeps it.
//!
//! The settings that this needs are local to a transaction, and everything is sent at once. That is one round trip, and a
//! pooler cannot send the query to another session than its settings.

use std::pin::pin;
use std::time::{Duration, Instant};

use migrate_core::{HistoryTable, Query};
use tokio_postgres::{Client, Error};

use super::error::{database_error, query_error};
use super::pipeline::{CHECKS_CLIENT, limits, queries};
use crate::driver::{DatabaseError, Row, Timeouts};

/// How often to read the schema at most while others change it, and the longest pause before the next try.
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

/// Runs `create`, then the queries that read the schema and write the kept one.
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

/// The settings of that transaction. The statement ends when its client does, so nothing goes on for a killed runner. And
/// it fails if row-level security would hide rows, those of the history's tables too.
fn begin(mode: &str, timeouts: Timeouts) -> String {
    let settings = HistoryTable::FINGERPRINT_SETTINGS;
    let limits = limits("SET LOCAL", timeouts);
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED, {mode};
        SELECT set_config('client_connection_check_interval', '1000', true) WHERE {CHECKS_CLIENT};
        SET LOCAL row_security = off;{settings}{limits}"
    )
}

/// Retries while others drop objects that are being read, until the time limit of a statement. Each try is a transaction
/// of its own, so a failed one did nothing.
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

/// An error, and the query that failed.
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
    // `join!` polls in this order, so the messages are sent in this order. A COMMIT after a failure rolls back.
    let (begun, rows, ended) = futures_util::join!(begun, rows, ended);
    begun.map_err(|error| (error, None))?;
    let rows = rows.map_err(|(error, query)| (error, Some(query)))?;
    ended.map_err(|error| (error, None))?;
    Ok(rows)
}

/// The error has no code: a code for a missing table would be read as our own table missing.
fn changed_too_often(error: Error, tries: u32) -> DatabaseError {
    let error = database_error(error);
    DatabaseError {
        hint: Some("try again when other sessions create and drop less in this database".to_owned()),
        ..DatabaseError::of_ours(&format!(
            "others changed the schema during each of {tries} attempts to read it: {error}"
        ))
    }
}

/// Whether a query failed because the catalog had changed since it began. The server reports an object
/// that vanished while it was read as an internal error ("cache lookup failed", "could not open relation"). An error about
/// a name in the query itself has a position. Reading a definition also takes locks, so a deadlock is possible.
fn is_outdated(error: &Error) -> bool {
    const INTERNAL_ERROR: &str = "XX000";
    const DEADLOCK_DETECTED: &str = "40P01";
    const UNDEFINED: [&str; 5] = ["42P01", "42703", "42704", "42883", "3F000"];
    error.as_db_error().is_some_and(|error| match error.code().code() {
        INTERNAL_ERROR | DEADLOCK_DETECTED => true,
        code => UNDEFINED.contains(&code) && error.position().is_none(),
    })
}
