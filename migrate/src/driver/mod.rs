//! What a run asks of a database: the same of every engine, in the same order.
//!
//! [`Transaction`]s come in, made of queries and a [`Piece`] of a script; [`Event`]s and [`Failure`]s come out. A driver
//! decides nothing: what to record and when is already in the transactions.

mod blocker;
mod class;
mod error;
mod event;
mod keep;
mod lock;
mod lock_failure;
mod piece;
mod read_only;
mod schema;
mod transaction;

use std::time::Duration;

use migrate_core::{Engine, HistoryTable, Query, Value};

pub use blocker::Blocker;
pub(crate) use class::Class;
pub(crate) use error::DatabaseError;
pub(crate) use error::FALSE;
pub(crate) use event::Event;
pub(crate) use event::Tell;
pub(crate) use keep::{Keep, Noted};
pub(crate) use lock::Lock;
pub(crate) use lock_failure::LockFailure;
pub(crate) use piece::{Attempt, Piece, Place, Timeouts};
pub(crate) use read_only::ReadOnly;
pub(crate) use schema::Schema;
pub(crate) use transaction::{Failure, Stage, Transaction};

/// A connection that a run has to itself.
///
/// It sends what it is given and reports the outcome. The run decides what is recorded, and when.
pub trait Driver: Send {
    const ENGINE: Engine;

    /// The query for the name of the database. On SQLite the name is the path of the file, empty for one in memory.
    const NAME: &'static str;

    /// The rows of a query, or `None` if it names a table that does not exist. One round trip.
    fn query(
        &mut self,
        query: &Query,
    ) -> impl Future<Output = Result<Option<Vec<Row>>, DatabaseError>> + Send;

    /// Runs statements without parameters in a transaction of their own.
    fn create(&mut self, sql: &str) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Brings the tables of an older history to this format, all of it in one transaction and in one round trip. It fails
    /// as [`Driver::create`] does where another runner was faster, and as a claim does where one is in the midst of a
    /// transaction.
    fn upgrade(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Runs transactions in order, each only if the one before it is committed, and reports each commit. When
    /// one fails, no transaction stays open.
    fn transactions(
        &mut self,
        transactions: &[Transaction<'_>],
        tell: &mut Tell<'_>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Runs one statement of a script outside of any transaction. If it `resumes`, an earlier run that was cut off may
    /// already have done it.
    fn run_alone(
        &mut self,
        piece: &Piece<'_>,
        resumes: bool,
        tell: &mut Tell<'_>,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Runs a verify script and rolls back all that it did. It fails when a statement does, or when the first
    /// column of a row is false.
    fn check(&mut self, piece: &Piece<'_>) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// The rows of the schema, or `None` if they are kept in a table that does not exist. One round trip.
    fn schema(
        &mut self,
        history: &HistoryTable,
        which: Schema,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<Option<Vec<Row>>, DatabaseError>> + Send;

    /// Notes, before a run changes anything, what was changed by hand since the schema was kept. One round trip.
    fn note_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<Noted, DatabaseError>> + Send;

    /// Keeps the schema as a run has left it. One round trip.
    fn keep_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
        keep: Keep,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Drops everything in the database.
    fn wipe(&mut self) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Keeps other runners out. If that is impossible for the whole run, waits until no runner is inside a transaction;
    /// then each transaction excludes the others. It polls and never waits inside the database, because a session that
    /// waits there for a lock holds up `CREATE INDEX CONCURRENTLY`. The lock ends with the driver at the latest. It fails if
    /// the database takes no writes.
    fn lock(
        &mut self,
        lock: Lock,
        deadline: Duration,
    ) -> impl Future<Output = Result<(), LockFailure>> + Send;

    /// Lets other runners in.
    fn unlock(&mut self, lock: Lock) -> impl Future<Output = ()> + Send;

    /// Waits before the next try.
    fn pause(&mut self, pause: Duration) -> impl Future<Output = ()> + Send;

    /// What it means for the run that a transaction failed with this at that stage.
    fn class(stage: Stage, error: &DatabaseError) -> Class;

    /// Saves the settings of the session, before a script without transaction that changes them. From here on the saved
    /// settings hold for the run's own queries, and the script's for its statements. On SQLite the setting is
    /// `foreign_keys`, which is off from here on.
    fn save_session(&mut self) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Sets them back. On SQLite it fails if foreign keys are violated now.
    fn restore_session(&mut self) -> impl Future<Output = Result<(), DatabaseError>> + Send;
}

pub(crate) type Row = Vec<Value>;
