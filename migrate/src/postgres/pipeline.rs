//! Many transactions in flight at once, so that a whole run costs a few round trips instead of a few per migration.
//!
//! Nothing may run after a failure, although it was sent before the failure was known. Inside a transaction the
//! server ensures that. From one transaction to the next the claim does: it fails unless the row of the
//! migration before it is recorded. So a script that fails, a COMMIT that fails on a deferred constraint and a
//! syntax error all stop what was sent after them.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{MaybeDone, maybe_done};
use futures_util::{StreamExt, poll};
use migrate_core::{Query, Value};
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::class::LOCK_NOT_AVAILABLE;
use super::session::Session;
use super::watch::{Looks, Watch, watched};
use super::{error, query};
use crate::driver::{DatabaseError, Event, Failure, Piece, Row, Stage, Tell, Timeouts, Transaction};
use crate::trace;

/// How many transactions are in flight at most. More than some dozens gain nothing, and all that are sent after a failure
/// are sent in vain.
pub(super) const IN_FLIGHT: usize = 64;

/// How the transactions of a run differ from plain ones.
pub(super) struct Conditions<'c> {
    /// Finds out who blocks them, if there is a second connection to ask with.
    pub(super) watch: Option<Watch<'c>>,
    /// The query with which each takes the lock.
    pub(super) turn: Option<Query>,
    /// The saved settings for the run's own queries, if a script without transaction may have changed them for its
    /// statements.
    pub(super) session: Option<&'c Session>,
    /// Whether the server checks now and then that its client is still connected. Otherwise the statement of a killed
    /// runner goes on and keeps its locks.
    pub(super) checks_client: bool,
    /// How many of them are sent before the first is answered.
    pub(super) in_flight: usize,
}

type InFlight<'c> =
    Pin<Box<MaybeDone<Pin<Box<dyn Future<Output = Result<Duration, (Stage, DatabaseError)>> + Send + 'c>>>>>;

pub(super) async fn run(
    client: &Client,
    conditions: &Conditions<'_>,
    transactions: &[Transaction<'_>],
    tell: &mut Tell<'_>,
) -> Result<(), Failure> {
    let session = session_before(client, transactions).await?;
    let mut waiting = transactions.iter();
    let mut in_flight: VecDeque<InFlight<'_>> = VecDeque::new();
    let mut failure = None;
    let mut uncommitted = Vec::new();
    for (number, transaction) in transactions.iter().enumerate() {
        while failure.is_none() && in_flight.len() < conditions.in_flight {
            let Some(next) = waiting.next() else { break };
            in_flight.push_back(send(client, conditions, next, session.as_ref()).await);
        }
        let Some(first) = in_flight.pop_front() else { break };
        let span = trace::transaction(transaction.step);
        let looks = Looks::at(transaction.piece.as_ref());
        let outcome = outcome(first, conditions.watch, looks, tell);
        match (trace::inside(span, outcome).await, &failure) {
            (Ok(elapsed), _) => {
                uncommitted.push(Event::Committed { transaction: number, elapsed });
                if transaction.commits {
                    uncommitted.drain(..).for_each(&mut *tell);
                }
            }
            (Err((stage, error)), None) => failure = Some(Failure { transaction: number, stage, error }),
            // Stopped by the earlier failure. It is awaited so that no answer is under way when this returns.
            (Err(_), Some(_)) => {}
        }
    }
    let Some(failure) = failure else { return Ok(()) };
    if !transactions[failure.transaction].commits {
        // A later COMMIT may have ended the transaction already; then this changes nothing.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    Err(failure)
}

/// Waits for the answers of a transaction. If it gave up waiting for a lock, the error names the blockers.
async fn outcome(
    mut in_flight: InFlight<'_>,
    watch: Option<Watch<'_>>,
    looks: Looks,
    tell: &mut Tell<'_>,
) -> Result<Duration, (Stage, DatabaseError)> {
    let ((), last) = watched(in_flight.as_mut(), watch, looks, tell).await;
    let outcome = in_flight.as_mut().take_output().expect("it has just been awaited");
    outcome.map_err(|(stage, error)| match error.code.as_deref() {
        Some(LOCK_NOT_AVAILABLE) => (stage, DatabaseError { blockers: last, ..error }),
        _ => (stage, error),
    })
}

/// The settings that the session gets back after each script that changes it.
async fn session_before(
    client: &Client,
    transactions: &[Transaction<'_>],
) -> Result<Option<Session>, Failure> {
    let Some(transaction) = transactions.iter().position(changes_session) else { return Ok(None) };
    Session::save(client).await.map(Some).map_err(|error| Failure {
        transaction,
        stage: Stage::Claim,
        error: error::database_error(error),
    })
}

/// A script without transaction keeps its settings from one statement to the next.
pub(crate) fn changes_session(transaction: &Transaction<'_>) -> bool {
    transaction.ends_step && transaction.piece.is_some_and(|piece| piece.script().execution().changes_session)
}

/// Sends all messages of a transaction, and returns the future of their answers. A message is sent at the first
/// poll of its future, so every future is polled here once, in order.
async fn send<'c>(
    client: &'c Client,
    conditions: &'c Conditions<'_>,
    transaction: &'c Transaction<'_>,
    session: Option<&'c Session>,
) -> InFlight<'c> {
    let session = session.filter(|_| changes_session(transaction));
    let answers: Pin<Box<dyn Future<Output = _> + Send>> =
        Box::pin(answers(client, conditions, transaction, session));
    let mut in_flight = Box::pin(maybe_done(answers));
    let _ = poll!(in_flight.as_mut());
    in_flight
}

async fn answers(
    client: &Client,
    conditions: &Conditions<'_>,
    transaction: &Transaction<'_>,
    session: Option<&Session>,
) -> Result<Duration, (Stage, DatabaseError)> {
    let Transaction { claim, piece, record, .. } = transaction;
    let timeouts = piece.as_ref().map_or(Timeouts::default(), Piece::timeouts);
    let mut begin = begin(transaction.begins, conditions.checks_client, timeouts);
    if piece.is_none() && conditions.session.is_some() {
        begin += "SET TRANSACTION READ WRITE;";
    }
    // Within one transaction the script's settings cannot be set back and made again, so here the claim and the record
    // come after the statement. If the claim fails, the statement is rolled back.
    let (before, behind) = match conditions.session {
        Some(_) => (&[][..], claim.as_slice()),
        None => (claim.as_slice(), &[][..]),
    };
    let begun = pin!(client.batch_execute(&begin));
    let claimed = pin!(ours(client, conditions.turn.iter().chain(before)));
    let ran = pin!(async {
        match piece {
            Some(piece) => run_piece(client, piece).await,
            None => Ok(()),
        }
    });
    let restored = pin!(async {
        match session {
            Some(session) => session.restore(client, false).await,
            None => Ok(()),
        }
    });
    let set_aside = pin!(async {
        match conditions.session {
            Some(session) => session.restore_locally(client).await,
            None => Ok(()),
        }
    });
    let claimed_behind = pin!(ours(client, behind.iter()));
    let recorded = pin!(ours(client, record.iter()));
    let commit = pin!(client.batch_execute(if transaction.commits { "COMMIT" } else { "" }));
    // `join!` polls in this order, so the messages are sent in this order.
    let (begun, claimed, ran, restored, set_aside, claimed_behind, recorded, commit) =
        futures_util::join!(begun, claimed, ran, restored, set_aside, claimed_behind, recorded, commit);

    // The first failure is the cause. A COMMIT after it answers as if all were well, but rolls back.
    let failed = |stage| move |error| (stage, error::database_error(error));
    begun.map_err(failed(Stage::Claim))?;
    claimed.map_err(|error| (Stage::Claim, error))?;
    ran.map_err(|error| (Stage::Script, error))?;
    restored.map_err(failed(Stage::Record))?;
    set_aside.map_err(failed(Stage::Record))?;
    claimed_behind.map_err(|error| (Stage::Claim, error))?;
    let rows = recorded.map_err(|error| (Stage::Record, error))?;
    commit.map_err(failed(Stage::Commit))?;
    Ok(elapsed(&rows))
}

/// Which servers can check that their client is connected: one on Windows cannot (PostgreSQL manual, 20.3.2).
pub(super) const CHECKS_CLIENT: &str = "version() !~* 'visual c|msvc|mingw'";

/// A script is divided into statements as if this were on, so the server has to read it in the same way.
pub(super) const AS_READ: &str = "standard_conforming_strings = on";

/// The statements at the beginning of a transaction, or of a later part of one.
pub(crate) fn begin(begins: bool, checks_client: bool, timeouts: Timeouts) -> String {
    let begin = match begins {
        true => "BEGIN ISOLATION LEVEL READ COMMITTED;",
        // Settings of the earlier part must not hold for this one.
        false => "SET LOCAL lock_timeout TO DEFAULT; SET LOCAL statement_timeout TO DEFAULT;",
    };
    let check = if checks_client { "SET LOCAL client_connection_check_interval = 1000;" } else { "" };
    format!("{begin}SET LOCAL {AS_READ};{check}{}", limits("SET LOCAL", timeouts))
}

/// Runs queries of the history in a transaction of their own, all sent at once.
pub(super) async fn one_transaction(
    client: &Client,
    begin: &str,
    each: &[Query],
) -> Result<(), DatabaseError> {
    let begun = pin!(client.batch_execute(begin));
    let done = pin!(ours(client, each.iter()));
    let ended = pin!(client.batch_execute("COMMIT"));
    // `join!` polls in this order, and so sends in this order. A COMMIT after a failure rolls back.
    let (begun, done, ended) = futures_util::join!(begun, done, ended);
    begun.map_err(error::database_error)?;
    done?;
    ended.map_err(error::database_error)
}

/// Sends all queries of the history at once, and returns the rows of the last.
async fn ours<'q>(client: &Client, each: impl Iterator<Item = &'q Query>) -> Result<Vec<Row>, DatabaseError> {
    queries(client, each).await.map_err(|(error, query)| error::query_error(error, query))
}

/// Sends all queries at once, and returns the rows of the last or the first failure.
pub(super) async fn queries<'q>(
    client: &Client,
    queries: impl Iterator<Item = &'q Query>,
) -> Result<Vec<Row>, (Error, &'q Query)> {
    let run = async |query| query::run(client, query).await.map_err(|error| (error, query));
    let results = futures_util::future::join_all(queries.map(run)).await;
    results.into_iter().try_fold(Vec::new(), |_, rows| rows)
}

/// The duration that the last record of a step returns.
pub(crate) fn elapsed(rows: &[Row]) -> Duration {
    let ms = rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
    ms.and_then(|ms| ms.try_into().ok()).map_or(Duration::ZERO, Duration::from_millis)
}

/// Sends a piece of a script in one message. The server abandons the message at its first error.
pub(crate) async fn run_piece(client: &Client, piece: &Piece<'_>) -> Result<(), DatabaseError> {
    let mut completed = 0;
    let result = async {
        let mut answers = pin!(client.simple_query_raw(piece.sql()).await?);
        while let Some(answer) = answers.next().await {
            if let SimpleQueryMessage::CommandComplete(_) = answer? {
                completed += 1;
            }
        }
        Ok(())
    };
    result.await.map_err(|error| error::piece_error(error, piece, completed))
}

/// The statements that set the limits, by `SET` or `SET LOCAL`.
pub(super) fn limits(set: &str, timeouts: Timeouts) -> String {
    let limit = |name, timeout: Option<Duration>| {
        // The server counts in milliseconds, and 0 would mean no limit.
        let millis = |timeout: Duration| timeout.as_millis().max(u128::from(!timeout.is_zero()));
        timeout.map_or(String::new(), |timeout| format!("{set} {name} = {};", millis(timeout)))
    };
    limit("lock_timeout", timeouts.lock) + &limit("statement_timeout", timeouts.statement)
}
