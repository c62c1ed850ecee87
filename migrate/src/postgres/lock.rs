//! The lock under which a run writes.
//!
//! It is an advisory lock, polled and never waited for: a session that waits in the database holds a snapshot,
//! and `CREATE INDEX CONCURRENTLY` of the holder would wait for that in turn, until one of them falls to the
//! deadlock detector.
//!
//! For the same reason everything here uses the simple protocol, and each try is a transaction of its own: an
//! unnamed portal of the extended protocol keeps its snapshot until the end of the transaction, and
//! `CREATE INDEX CONCURRENTLY` waits for the end of each *transaction* that had a snapshot when it looked.

//! A bare client has no second connection for the lock, and a lock of its session would be stranded by a
//! transaction pooler, which gives the session to others. There each transaction takes the lock for itself.

use std::time::Duration;

use migrate_core::{Query, Value};
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::{blocker, error};
use crate::driver::{LockFailure, ReadOnly};

/// The transaction that holds the lock stays idle, so no timeout for idle sessions may end it. Only the settings that
/// this server has are set.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout');";

/// Begins a transaction and takes the lock in it. The lock ends with the transaction.
pub(super) async fn take(client: &Client, key: i64, deadline: Duration) -> Result<(), LockFailure> {
    poll(client, Request::Transaction, key, deadline).await
}

/// Ends that transaction.
pub(super) async fn release(client: &Client) -> Result<(), Error> {
    client.batch_execute("COMMIT").await
}

/// Waits until no one holds the lock: takes it and releases it at once.
pub(super) async fn wait_for_turn(client: &Client, key: i64, deadline: Duration) -> Result<(), LockFailure> {
    poll(client, Request::Turn, key, deadline).await
}

/// The query that takes the lock inside a transaction, and fails if another session holds it.
pub(super) fn turn(key: i64) -> Query {
    let sql = "SELECT 1 / (CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END)";
    Query { sql: sql.to_owned(), values: vec![Value::from(key)] }
}

/// Takes a lock for the session, around a statement that refuses a transaction.
pub(super) async fn take_session(client: &Client, key: i64, deadline: Duration) -> Result<(), LockFailure> {
    poll(client, Request::Session, key, deadline).await
}

/// Releases it. If the server reports that this session does not hold the lock, a pooler has switched sessions and still
/// has the one that holds it. That session is ended once it has been idle for a while, or it would keep the lock.
pub(super) async fn release_session(client: &Client, key: i64) -> Result<(), Error> {
    const TRIES: usize = 60;
    if is_true(client, &format!("SELECT pg_advisory_unlock({key})")).await? {
        return Ok(());
    }
    let holders = blocker::holders(key);
    // A session that was busy a moment ago may be about to serve another client again.
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE state = 'idle' AND state_change < clock_timestamp() - interval '1 second' AND pid IN ({holders})"
    );
    for _ in 0..TRIES {
        let is_held = is_true(client, &format!("SELECT EXISTS ({holders})")).await?;
        if !is_held || is_true(client, &end).await? {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// For how long to hold a lock.
#[derive(Clone, Copy)]
enum Request {
    Transaction,
    Turn,
    Session,
}

/// The outcome of one try.
enum Try {
    Taken,
    Held,
    InTransaction,
    ReadOnly(ReadOnly),
}

/// A try, as text. A database that takes no writes is found before the wait for a lock of no use.
fn attempt(taking: &str) -> String {
    format!(
        "SELECT CASE WHEN pg_is_in_recovery() THEN 'standby'
        WHEN current_setting('transaction_read_only') = 'on' THEN 'read-only'
        WHEN {taking} THEN 'taken' ELSE 'held' END"
    )
}

impl Request {
    async fn attempt(self, client: &Client, key: i64) -> Result<Try, Error> {
        let sql = match self {
            Request::Transaction => BEGIN.to_owned() + &attempt(&format!("pg_try_advisory_xact_lock({key})")),
            // In a caller's transaction the lock would outlive the run. Outside of one, the transaction began in this
            // very moment, which tells the two apart.
            Request::Turn => format!(
                "SELECT CASE WHEN now() = statement_timestamp() THEN ({}) END",
                attempt(&format!("pg_try_advisory_xact_lock({key})"))
            ),
            // The script may have made the session read-only by now.
            Request::Session => {
                format!("SELECT CASE WHEN pg_try_advisory_lock({key}) THEN 'taken' ELSE 'held' END")
            }
        };
        let outcome = match answer(client, &sql).await?.as_deref() {
            Some("taken") => return Ok(Try::Taken),
            Some("standby") => Try::ReadOnly(ReadOnly::Standby),
            Some("read-only") => Try::ReadOnly(ReadOnly::Session),
            None => Try::InTransaction,
            Some(_) => Try::Held,
        };
        if let Request::Transaction = self {
            client.batch_execute("ROLLBACK").await?;
        }
        Ok(outcome)
    }
}

/// Tries until it succeeds or the deadline has passed.
async fn poll(client: &Client, request: Request, key: i64, deadline: Duration) -> Result<(), LockFailure> {
    let failed = |error| LockFailure::Database(error::database_error(error));
    let until = Instant::now() + deadline;
    let mut pause = Duration::from_millis(20);
    loop {
        match request.attempt(client, key).await.map_err(failed)? {
            Try::Taken => return Ok(()),
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

/// The first value of the last row.
async fn answer(client: &Client, sql: &str) -> Result<Option<String>, Error> {
    let answers = client.simple_query(sql).await?;
    let row = answers.iter().rev().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    Ok(row.and_then(|row| row.get(0)).map(str::to_owned))
}

async fn is_true(client: &Client, sql: &str) -> Result<bool, Error> {
    Ok(answer(client, sql).await?.as_deref() == Some("t"))
}
