//! The lock under which a run writes.
//!
//! It is an advisory lock, polled and never waited for: a session that waits in the database holds a snapshot,
//! and `CREATE INDEX CONCURRENTLY` of the holder would wait for that in turn, until one of them falls to the
//! deadlock detector.
//!
//! For the same reason everything here uses the simple protocol, and each try is a transaction of its own: an
//! unnamed portal of the extended protocol keeps its snapshot until the end of the transaction, and
//! `CREATE INDEX CONCURRENTLY` waits for the end of each *transaction* that had a snapshot when it looked.
//!
//! A bare client has no second connection for the lock, so its session takes it. Behind a pooler that would strand it,
//! because the pooler gives the session to others: there each transaction takes the lock for itself.

use std::time::Duration;

use migrate_core::{Query, Value};
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::{announced, blocker, error};
use crate::driver::{LockFailure, ReadOnly};

/// The transaction that holds the lock stays idle, so no timeout for idle sessions may end it. Only the settings that
/// this server has are set.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout');";

/// What is between the client and the server, as its session shows: that of the process which was announced, or another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    Nothing,
    Pooler,
}

/// Begins a transaction and takes the lock in it. The lock ends with the transaction.
pub(super) async fn take(client: &Client, key: i64, deadline: Duration) -> Result<Between, LockFailure> {
    poll(client, Request::Transaction, key, deadline).await
}

/// Ends that transaction.
pub(super) async fn release(client: &Client) -> Result<(), Error> {
    client.batch_execute("COMMIT").await
}

/// Takes the lock for the session, if nothing is between it and the client. Behind a pooler this waits until no one holds the
/// lock, by taking it in a transaction that ends at once.
pub(super) async fn take_session_or_turn(
    client: &Client,
    key: i64,
    deadline: Duration,
) -> Result<Between, LockFailure> {
    poll(client, Request::Session, key, deadline).await
}

/// Releases the lock of the session.
pub(super) async fn release_session(client: &Client, key: i64) -> Result<(), Error> {
    client.batch_execute(&format!("SELECT pg_advisory_unlock({key})")).await
}

/// The query that takes the lock inside a transaction, and fails if another session holds it.
pub(super) fn turn(key: i64) -> Query {
    let sql = "SELECT 1 / (CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END)";
    Query { sql: sql.to_owned(), values: vec![Value::from(key)] }
}

/// For how long to hold a lock.
#[derive(Clone, Copy)]
enum Request {
    Transaction,
    /// For as long as the session, if nothing is between it and the client.
    Session,
}

/// The outcome of one try.
enum Try {
    Taken(Between),
    Held,
    InTransaction,
    ReadOnly(ReadOnly),
}

impl Request {
    async fn attempt(self, client: &Client, key: i64, process: i32) -> Result<Try, Error> {
        // In a caller's transaction the lock would outlive the run. Outside of one, the transaction began in this very
        // moment, which tells the two apart.
        let (begin, takes) = match self {
            Request::Transaction => (BEGIN, String::new()),
            Request::Session => (
                "",
                format!(
                    "WHEN now() <> statement_timestamp() THEN 'inside'
                    WHEN pg_backend_pid() = {process} AND pg_try_advisory_lock({key}) THEN 'taken'
                    WHEN pg_backend_pid() = {process} THEN 'held'"
                ),
            ),
        };
        // That a database takes no writes is found before the wait for a lock of no use.
        let sql = format!(
            "{begin} SELECT CASE WHEN pg_is_in_recovery() THEN 'standby'
            WHEN current_setting('transaction_read_only') = 'on' THEN 'read-only' {takes}
            WHEN pg_try_advisory_xact_lock({key}) THEN 'taken' ELSE 'held' END, pg_backend_pid() = {process}"
        );
        let outcome = match answer(client, &sql).await?.each_ref().map(Option::as_deref) {
            [Some("taken"), Some("t")] => return Ok(Try::Taken(Between::Nothing)),
            [Some("taken"), _] => return Ok(Try::Taken(Between::Pooler)),
            [Some("inside"), _] => Try::InTransaction,
            [Some("standby"), _] => Try::ReadOnly(ReadOnly::Standby),
            [Some("read-only"), _] => Try::ReadOnly(ReadOnly::Session),
            _ => Try::Held,
        };
        if let Request::Transaction = self {
            client.batch_execute("ROLLBACK").await?;
        }
        Ok(outcome)
    }
}

/// Tries until it succeeds or the deadline has passed.
async fn poll(
    client: &Client,
    request: Request,
    key: i64,
    deadline: Duration,
) -> Result<Between, LockFailure> {
    // No session has the process 0.
    let process = announced::process_id(client).await.unwrap_or_default();
    let failed = |error| LockFailure::Database(error::database_error(error));
    let until = Instant::now() + deadline;
    let mut pause = Duration::from_millis(20);
    loop {
        match request.attempt(client, key, process).await.map_err(failed)? {
            Try::Taken(between) => return Ok(between),
            Try::InTransaction => return Err(LockFailure::InTransaction),
            Try::ReadOnly(why) => return Err(LockFailure::ReadOnly(why)),
            Try::Held => {}
        }
        if Instant::now() >= until {
            let holder = blocker::holder(client, key).await.map_err(failed)?;
            return Err(LockFailure::Held { deadline, holder });
        }
        let jittered = pause.mul_f64(0.5 + fastrand::f64());
        sleep(jittered.min(until.saturating_duration_since(Instant::now()))).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(1));
    }
}

/// The last row, of two values.
async fn answer(client: &Client, sql: &str) -> Result<[Option<String>; 2], Error> {
    let answers = client.simple_query(sql).await?;
    let row = answers.iter().rev().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    Ok([0, 1].map(|column| row.and_then(|row| row.get(column)).map(str::to_owned)))
}
