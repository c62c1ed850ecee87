//! The lock under which a run writes.
//!
//! It is an advisory lock, polled and never waited for: a session that waits in the database holds a snapshot,
//! and `CREATE INDEX CONCURRENTLY` of the holder would wait for that in turn, until one of them falls to the
//! deadlock detector.
//!
//! For the same reason everything here uses the simple protocol, and each try is a transaction of its own: an
//! unnamed portal of the extended protocol keeps its snapshot until the end of the transaction, and
//! `CREATE INDEX CONCURRENTLY` waits for the end of each *transaction* that had a snapshot when it looked.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::{blocker, error};
use crate::driver::LockFailure;

/// How a lock is taken, and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Until the end of the transaction, which is open for this alone. It works through a pooler, and the server
    /// ends it with the connection.
    Transaction,
    /// Until it is given back, for a client that needs its transactions for the migrations.
    Session,
}

/// The transaction that holds the lock stays idle, so nothing may end it for that; the settings are those that
/// this server knows.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout');";

/// Asks for the lock until it is there.
pub(super) async fn take(
    client: &Client,
    scope: Scope,
    key: i64,
    deadline: Duration,
) -> Result<(), LockFailure> {
    let failed = |error| LockFailure::Database(error::database_error(error));
    let until = Instant::now() + deadline;
    let mut pause = Duration::from_millis(20);
    loop {
        match try_take(client, scope, key).await.map_err(failed)? {
            Try::Taken => return Ok(()),
            Try::Held => {}
            Try::InTransaction => {
                release(client, scope, key).await.map_err(failed)?;
                return Err(LockFailure::InTransaction);
            }
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

/// What became of one try.
enum Try {
    Taken,
    Held,
    InTransaction,
}

async fn try_take(client: &Client, scope: Scope, key: i64) -> Result<Try, Error> {
    let sql = match scope {
        Scope::Transaction => format!("{BEGIN} SELECT pg_try_advisory_xact_lock({key})"),
        // A statement outside of a transaction begins its own at the very moment that it comes.
        Scope::Session => format!("SELECT pg_try_advisory_lock({key}), now() = statement_timestamp()"),
    };
    let answers = client.simple_query(&sql).await?;
    let row = answers.iter().rev().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let is_true = |column| row.is_some_and(|row| row.get(column) == Some("t"));
    if scope == Scope::Session && !is_true(1) {
        return Ok(Try::InTransaction);
    }
    if is_true(0) {
        return Ok(Try::Taken);
    }
    if scope == Scope::Transaction {
        client.batch_execute("ROLLBACK").await?;
    }
    Ok(Try::Held)
}

/// Gives the lock back.
pub(super) async fn release(client: &Client, scope: Scope, key: i64) -> Result<(), Error> {
    match scope {
        Scope::Transaction => client.batch_execute("COMMIT").await,
        Scope::Session => client.batch_execute(&format!("SELECT pg_advisory_unlock({key})")).await,
    }
}
