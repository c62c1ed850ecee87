//! A driver that observes: it carries out a run one statement after the other, with a look at the catalog after each.
//!
//! What comes in are the transactions of a run, as any driver gets them; what goes out is the same effect, and a
//! [`Trace`]. The real driver sends many transactions at once, and could not say which statement took which lock.

use std::collections::BTreeSet;
use std::time::Duration;

use migrate_core::{Engine, HistoryTable, Migration, MigrationSet, Position, Query, Step, Version};
use tokio_postgres::Client;

use super::guard::Guard;
use super::lock_mode::LockMode;
use super::observation::{Observation, observe};
use super::report::{MigrationTrace, StatementTrace, Trace};
use super::snapshot::{Counts, Kind, Oid, Snapshot};
use crate::driver::{
    Class, DatabaseError, Driver, Event, Failure, Keep, LockFailure, Noted, Piece, Row, Schema, Stage, Tell,
    Timeouts, Transaction,
};
use crate::postgres::error::{database_error, query_error};
use crate::postgres::pipeline::{changes_session, elapsed, run_piece};
use crate::postgres::session::Session;
use crate::postgres::{PostgresDriver, query};

/// Carries out a run as the driver for PostgreSQL does, but one statement after the other, and looks after each.
pub(super) struct Tracer<'s> {
    driver: PostgresDriver<'static>,
    guard: Guard,
    set: &'s MigrationSet,
    /// The names of the tables of the history.
    history: Vec<String>,
    /// The relations that existed before the current migration; known once its first statement runs.
    old: Option<BTreeSet<Oid>>,
    trace: Trace,
}

impl<'s> Tracer<'s> {
    pub(super) fn new(
        set: &'s MigrationSet,
        history: Vec<String>,
        driver: PostgresDriver<'static>,
        guard: Guard,
    ) -> Tracer<'s> {
        Tracer { driver, guard, set, history, old: None, trace: Trace::default() }
    }

    /// What was seen since the last call.
    pub(super) fn take_trace(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }

    /// Whether the server counts scans. Otherwise none would be seen.
    pub(super) async fn counts_scans(&self) -> Result<bool, DatabaseError> {
        const COUNTS: &str = "SELECT pg_catalog.current_setting('track_counts')::boolean";
        let row = self.driver.client().query_typed_one(COUNTS, &[]).await;
        row.and_then(|row| row.try_get(0)).map_err(database_error)
    }

    /// Notes the migration of a step. A step may be several transactions.
    fn enter_step(&mut self, step: &Step) {
        let is_under_way =
            self.trace.migrations.last().is_some_and(|migration| migration.version == step.version);
        if !is_under_way {
            self.enter(MigrationTrace {
                version: step.version,
                name: step.name.to_string(),
                transaction: step.work.execution().transaction,
                declared: self.set.get(step.version).and_then(Migration::risk),
                statements: Vec::new(),
            });
        }
    }

    /// Begins a migration: what exists now is what existed before it.
    pub(super) fn enter(&mut self, migration: MigrationTrace) {
        self.old = None;
        self.trace.migrations.push(migration);
    }

    /// The version of the current migration.
    fn version(&self) -> Version {
        self.trace.migrations.last().expect("a transaction with its step comes first").version
    }

    fn keep(&mut self, statements: Vec<StatementTrace>) {
        self.trace
            .migrations
            .last_mut()
            .expect("a transaction with its step comes first")
            .statements
            .extend(statements);
    }

    async fn begin(&self, timeouts: Timeouts) -> Result<(), tokio_postgres::Error> {
        self.driver.client().batch_execute(&self.driver.begin(timeouts)).await
    }

    /// Carries out a transaction: claim, statements, record.
    async fn transaction(
        &mut self,
        transaction: &Transaction<'_>,
    ) -> Result<Duration, (Stage, DatabaseError)> {
        self.enter_step(transaction.step);
        let failed = |stage| move |error| (stage, database_error(error));
        let session = match changes_session(transaction) {
            true => Some(Session::save(self.driver.client()).await.map_err(failed(Stage::Claim))?),
            false => None,
        };
        let timeouts = transaction.piece.map_or(Timeouts::default(), |piece| piece.timeouts());
        self.begin(timeouts).await.map_err(failed(Stage::Claim))?;
        let (claim, aside) = (&transaction.claim, self.driver.session());
        // A script that changes the session runs before its claim, because the settings cannot be put back within the
        // transaction.
        if aside.is_none() {
            queries(self.driver.client(), claim).await.map_err(|error| (Stage::Claim, error))?;
        }
        let statements = match &transaction.piece {
            Some(piece) => self.statements(piece).await.map_err(|error| (Stage::Script, error))?,
            None => Vec::new(),
        };
        let client = self.driver.client();
        if let Some(session) = &session {
            session.restore(client, false).await.map_err(failed(Stage::Record))?;
        }
        if let Some(session) = self.driver.session() {
            session.restore_locally(client).await.map_err(failed(Stage::Record))?;
            queries(client, claim).await.map_err(|error| (Stage::Claim, error))?;
        }
        let rows = queries(client, &transaction.record).await.map_err(|error| (Stage::Record, error))?;
        client.batch_execute("COMMIT").await.map_err(failed(Stage::Commit))?;
        self.keep(statements);
        Ok(elapsed(&rows))
    }

    /// Runs the statements of a piece in the open transaction.
    async fn statements(&mut self, piece: &Piece<'_>) -> Result<Vec<StatementTrace>, DatabaseError> {
        let version = self.version();
        let client = self.driver.client();
        let look = || Snapshot::read(client, &self.history, Counts::Transaction);
        let mut before = look().await.map_err(database_error)?;
        let old = self.old.get_or_insert_with(|| before.relations.keys().copied().collect());
        let mut statements = Vec::new();
        for statement in piece.statements() {
            run_piece(client, &statement).await?;
            let after = look().await.map_err(database_error)?;
            // Locks are held until the end of the transaction, so what is new was taken by this statement.
            let taken = after.locks.difference(&before.locks).copied().collect();
            let observation = observe(old, &before, &taken, &after);
            statements.push(statement_trace(self.set, version, &statement, observation));
            before = after;
        }
        Ok(statements)
    }

    /// Runs the statements of a piece and rolls them back.
    pub(super) async fn rehearse(&mut self, piece: &Piece<'_>) -> Result<Vec<StatementTrace>, DatabaseError> {
        self.driver.busy();
        self.begin(piece.timeouts()).await.map_err(database_error)?;
        let statements = self.statements(piece).await;
        let rolled_back = self.driver.client().batch_execute("ROLLBACK").await.map_err(database_error);
        self.driver.idle();
        statements.and_then(|statements| rolled_back.map(|()| statements))
    }

    /// Tries a statement that may refuse a transaction in one, since its locks are seen best there. `None` if it
    /// refused.
    async fn in_transaction(&mut self, piece: &Piece<'_>) -> Option<Result<(), DatabaseError>> {
        let result = async {
            self.begin(piece.timeouts()).await.map_err(database_error)?;
            let statements = self.statements(piece).await?;
            self.driver.client().batch_execute("COMMIT").await.map_err(database_error)?;
            self.keep(statements);
            Ok(())
        };
        let result = result.await;
        if let Err(error) = &result {
            // The error of the statement is the one to return.
            let _ = self.driver.client().batch_execute("ROLLBACK").await;
            if PostgresDriver::class(Stage::Script, error) == Class::NeedsToBeAlone {
                return None;
            }
        }
        Some(result)
    }

    /// Runs a statement outside of a transaction, with the guard in its way.
    async fn alone(
        &mut self,
        piece: &Piece<'_>,
        resumes: bool,
        tell: &mut Tell<'_>,
    ) -> Result<(), DatabaseError> {
        let before = self.look_at_all().await?;
        let old = self.old.get_or_insert_with(|| before.relations.keys().copied().collect()).clone();
        let tables =
            before.relations.iter().filter(|(oid, entry)| old.contains(oid) && entry.kind == Kind::Table);
        let tables = tables.map(|(_, entry)| entry.relation.clone()).collect();
        let pid = self.driver.client().query_typed_one("SELECT pg_catalog.pg_backend_pid()", &[]).await;
        let pid = pid.and_then(|row| row.try_get(0)).map_err(database_error)?;
        let statement = self.driver.run_alone(piece, resumes, tell);
        let (result, mut taken) = self.guard.watch(pid, &tables, statement).await.map_err(database_error)?;
        result?;
        taken.retain(|(oid, mode)| {
            // CONCURRENTLY locks an index that no one uses any more.
            let is_index = before.relations.get(oid).is_some_and(|entry| entry.kind == Kind::Index);
            // The guard does not stand in the way of weaker locks, so they would be seen or missed by chance.
            !is_index && *mode >= LockMode::ShareUpdateExclusive
        });
        let after = self.look_at_all().await?;
        let observation = observe(&old, &before, &taken, &after);
        self.keep(vec![statement_trace(self.set, self.version(), piece, observation)]);
        Ok(())
    }

    /// The relations, with all scans so far.
    async fn look_at_all(&self) -> Result<Snapshot, DatabaseError> {
        Snapshot::read(self.driver.client(), &self.history, Counts::Ever).await.map_err(database_error)
    }
}

/// An observation with the place of its statement.
fn statement_trace(
    set: &MigrationSet,
    version: Version,
    statement: &Piece<'_>,
    observation: Observation,
) -> StatementTrace {
    let script = statement.script();
    let start = statement.spans().first().map_or(0, |span| span.start());
    let Observation { locks, held, rewritten, indexed, scanned, dropped, risk } = observation;
    StatementTrace {
        version,
        path: set.display_path(script.path()),
        line: Position::of_byte(script.sql(), start).line,
        sql: statement.sql().to_owned(),
        locks,
        held,
        rewritten,
        indexed,
        scanned,
        dropped,
        observed: risk,
    }
}

/// Runs queries and returns the rows of the last one.
async fn queries(client: &Client, queries: &[Query]) -> Result<Vec<Row>, DatabaseError> {
    let mut rows = Vec::new();
    for query in queries {
        rows = query::run(client, query).await.map_err(|error| query_error(error, query))?;
    }
    Ok(rows)
}

impl Driver for Tracer<'_> {
    const ENGINE: Engine = Engine::Postgres;
    const NAME: &'static str = PostgresDriver::NAME;

    async fn query(&mut self, query: &Query) -> Result<Option<Vec<Row>>, DatabaseError> {
        self.driver.query(query).await
    }

    async fn create(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.driver.create(sql).await
    }

    async fn upgrade(&mut self, history: &HistoryTable, timeouts: Timeouts) -> Result<(), DatabaseError> {
        self.driver.upgrade(history, timeouts).await
    }

    async fn transactions(
        &mut self,
        transactions: &[Transaction<'_>],
        tell: &mut Tell<'_>,
    ) -> Result<(), Failure> {
        for (number, transaction) in transactions.iter().enumerate() {
            self.driver.busy();
            match self.transaction(transaction).await {
                Ok(elapsed) => tell(Event::Committed { transaction: number, elapsed }),
                Err((stage, error)) => {
                    // The error of the transaction is the one to return.
                    let _ = self.driver.client().batch_execute("ROLLBACK").await;
                    self.driver.idle();
                    return Err(Failure { transaction: number, stage, error });
                }
            }
            self.driver.idle();
        }
        Ok(())
    }

    async fn run_alone(
        &mut self,
        piece: &Piece<'_>,
        resumes: bool,
        tell: &mut Tell<'_>,
    ) -> Result<(), DatabaseError> {
        if !resumes {
            self.driver.busy();
            let result = self.in_transaction(piece).await;
            self.driver.idle();
            if let Some(result) = result {
                return result;
            }
        }
        self.alone(piece, resumes, tell).await
    }

    async fn check(&mut self, piece: &Piece<'_>) -> Result<(), DatabaseError> {
        self.driver.check(piece).await
    }

    async fn schema(
        &mut self,
        history: &HistoryTable,
        which: Schema,
        timeouts: Timeouts,
    ) -> Result<Option<Vec<Row>>, DatabaseError> {
        self.driver.schema(history, which, timeouts).await
    }

    async fn note_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> Result<Noted, DatabaseError> {
        self.driver.note_schema(history, timeouts).await
    }

    async fn keep_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
        keep: Keep,
    ) -> Result<(), DatabaseError> {
        self.driver.keep_schema(history, timeouts, keep).await
    }

    async fn wipe(&mut self) -> Result<(), DatabaseError> {
        self.driver.wipe().await
    }

    async fn lock(&mut self, key: i64, deadline: Duration) -> Result<(), LockFailure> {
        self.driver.lock(key, deadline).await
    }

    fn holds_lock(&self) -> bool {
        self.driver.holds_lock()
    }

    async fn wait_for_others(
        &mut self,
        piece: &Piece<'_>,
        unchanged: &Query,
        deadline: Duration,
    ) -> Result<(), LockFailure> {
        self.driver.wait_for_others(piece, unchanged, deadline).await
    }

    async fn unlock(&mut self) {
        self.driver.unlock().await;
    }

    async fn pause(&mut self, pause: Duration) {
        self.driver.pause(pause).await;
    }

    fn class(stage: Stage, error: &DatabaseError) -> Class {
        PostgresDriver::class(stage, error)
    }

    async fn save_session(&mut self) -> Result<(), DatabaseError> {
        self.driver.save_session().await
    }

    async fn restore_session(&mut self) -> Result<(), DatabaseError> {
        self.driver.restore_session().await
    }
}
