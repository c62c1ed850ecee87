//! Runs on PostgreSQL.
//!
//! No statement is ever prepared under a name: `query_typed` and the simple protocol take one round trip where
//! `query` takes two, and work through a pooler that lends another connection to each transaction.

mod alone;
mod announced;
mod blocker;
mod check;
mod class;
pub(crate) mod connection;
pub(crate) mod error;
mod fingerprint;
mod leftover;
mod limits;
mod lock;
mod others;
pub(crate) mod pipeline;
pub(crate) mod query;
mod question;
pub(crate) mod session;
mod watch;

use std::time::{Duration, Instant};

use migrate_core::{Engine, HistoryTable, Query};
use tokio_postgres::Client;

use crate::driver::{
    Class, DatabaseError, Driver, Failure, Keep, LockFailure, Noted, Piece, Row, Schema, Stage, Tell,
    Timeouts, Transaction,
};
use connection::Connection;
use pipeline::Conditions;
use watch::Watch;

/// A connection to PostgreSQL for one run.
#[derive(Debug)]
pub(crate) struct PostgresDriver<'a> {
    connection: Connection<'a>,
    /// The limit of the first query under the lock.
    deadline: Option<Duration>,
    /// The process ID of the connection's backend.
    pid: Option<i32>,
    /// Whether the server can check that its client is still connected.
    checks_client: bool,
}

impl<'a> PostgresDriver<'a> {
    fn new(connection: Connection<'a>) -> PostgresDriver<'a> {
        PostgresDriver { connection, deadline: None, pid: None, checks_client: false }
    }

    pub(crate) fn client(&self) -> &Client {
        self.connection.client()
    }

    /// Marks that work is under way: if it is cut off now, the connection must not go back to its pool.
    #[cfg(feature = "testing")]
    pub(crate) fn busy(&mut self) {
        self.connection.busy();
    }

    /// The statements at the beginning of a transaction.
    #[cfg(feature = "testing")]
    pub(crate) fn begin(&self, timeouts: Timeouts) -> String {
        pipeline::begin(true, self.checks_client, timeouts)
    }

    /// The saved settings, which hold for the run's own queries while the script's hold for its statements.
    #[cfg(feature = "testing")]
    pub(crate) fn session(&self) -> Option<&session::Session> {
        self.connection.session()
    }

    /// Marks that the work has ended.
    #[cfg(feature = "testing")]
    pub(crate) fn idle(&mut self) {
        self.connection.idle();
    }

    /// How the transactions run.
    fn conditions(&self) -> Conditions<'_> {
        let observer = self.connection.observer();
        Conditions {
            watch: observer.zip(self.pid).map(|(observer, pid)| Watch { observer, pid }),
            turn: self.connection.turn(),
            session: self.connection.session(),
            checks_client: self.checks_client,
            in_flight: if self.connection.is_pooled() { 1 } else { pipeline::IN_FLIGHT },
        }
    }

    /// The first query under the lock, with a time limit: a pooler with a single server connection has given that one to the
    /// lock and would never answer. The facts about the server are asked in the same round trip.
    async fn first_query(&mut self, deadline: Duration, query: &Query) -> Result<Vec<Row>, DatabaseError> {
        let client = self.client();
        let server = format!("SELECT pg_backend_pid(), {}", pipeline::CHECKS_CLIENT);
        let server = client.query_typed_one(&server, &[]);
        let both = async {
            match self.connection.is_pooled() {
                true => (query::run(client, query).await, server.await),
                false => futures_util::join!(query::run(client, query), server),
            }
        };
        let Ok((rows, server)) = tokio::time::timeout(deadline, both).await else {
            let error = DatabaseError::of_ours(&format!("no answer within {} seconds", deadline.as_secs()));
            return Err(self.without_second_connection(DatabaseError { is_disconnected: true, ..error }));
        };
        if let Ok(server) = server {
            self.pid = server.try_get(0).ok();
            self.checks_client = server.try_get(1).unwrap_or(false);
        }
        rows.map_err(|error| self.without_second_connection(error::database_error(error)))
    }

    /// A pooler says by itself after a while, too, that it has no connection.
    fn without_second_connection(&self, error: DatabaseError) -> DatabaseError {
        let is_missing = error.is_disconnected && self.connection.observer().is_some();
        let hint = "a run needs two connections to the server at once: give the pooler more than one";
        DatabaseError { hint: if is_missing { Some(hint.to_owned()) } else { error.hint }, ..error }
    }

    /// Writes the kept schema, in its turn like any transaction of the run.
    async fn write_schema(
        &mut self,
        timeouts: Timeouts,
        create: &str,
        queries: impl IntoIterator<Item = Query>,
    ) -> Result<(), DatabaseError> {
        let queries: Vec<Query> = self.connection.turn().into_iter().chain(queries).collect();
        self.connection.busy();
        let began = Instant::now();
        let written = fingerprint::write(self.client(), timeouts, create, &queries).await;
        self.connection.idle();
        let other = "another runner is in the midst of a migration; it keeps the schema when it is done";
        match written {
            Err(error) if Self::class(Stage::Claim, &error) == Class::Overtaken => {
                Err(DatabaseError::of_ours(other))
            }
            Err(error) if error.code.as_deref() == Some(QUERY_CANCELED) => match timeouts.statement {
                Some(limit) if !limit.is_zero() && began.elapsed() >= limit => {
                    Err(DatabaseError::kept_too_slowly(limit))
                }
                _ => Err(error),
            },
            written => written,
        }
    }

    /// Outside of a transaction a limit belongs to the session, so it is set back. If the whole script's settings are set back
    /// at its end, the role's limits are already restored after the statement.
    async fn run_alone_within_limits(
        &mut self,
        piece: &Piece<'_>,
        resumes: bool,
        tell: &mut Tell<'_>,
    ) -> Result<(), DatabaseError> {
        let puts_back = self.connection.session().is_none();
        if puts_back {
            self.connection.save_session().await.map_err(error::database_error)?;
        }
        let client = self.client();
        // A setting of the session may stay in a pooler's session, so it is set only where it matters.
        if piece.sql().contains('\\') {
            let as_read = format!("SET {}", pipeline::AS_READ);
            client.batch_execute(&as_read).await.map_err(error::database_error)?;
        }
        let lifted = limits::lift(client, piece).await.map_err(error::database_error)?;
        if piece.timeouts() != Timeouts::default() {
            let limits = pipeline::limits("SET", piece.timeouts());
            self.client().batch_execute(&limits).await.map_err(error::database_error)?;
        }
        let ran = watch::watched(
            alone::run(self.client(), piece, resumes),
            None,
            watch::Looks::at(Some(piece)),
            tell,
        );
        let (result, _) = ran.await;
        if puts_back {
            let restored = self.connection.restore_session().await.map_err(error::database_error);
            return result.and(restored);
        }
        if result.as_ref().is_err_and(|error| error.is_disconnected) {
            return result;
        }
        let put_back = lifted.put_back(self.client()).await.map_err(error::database_error);
        result.and(put_back)
    }
}

/// Drops every schema but the system's, and publications, which are in no schema; then creates an empty `public`, as in a
/// new database (PostgreSQL manual, 5.9.6).
const WIPE: &str = "DO $wipe$
    DECLARE victim name;
    BEGIN
        FOR victim IN SELECT pubname FROM pg_publication LOOP
            EXECUTE format('DROP PUBLICATION %I', victim);
        END LOOP;
        FOR victim IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', victim);
        END LOOP;
        CREATE SCHEMA public;
        GRANT USAGE ON SCHEMA public TO PUBLIC;
        IF current_setting('server_version_num')::int < 150000 THEN
            GRANT CREATE ON SCHEMA public TO PUBLIC;
        ELSIF pg_has_role('pg_database_owner', 'MEMBER') THEN
            ALTER SCHEMA public OWNER TO pg_database_owner;
        END IF;
    END $wipe$";

const QUERY_CANCELED: &str = "57014";

/// The result, or `None` if a query names a table that does not exist.
fn unless_undefined<T>(result: Result<T, DatabaseError>) -> Result<Option<T>, DatabaseError> {
    const UNDEFINED_TABLE: &str = "42P01";
    match result {
        Err(error) if error.code.as_deref() == Some(UNDEFINED_TABLE) => Ok(None),
        result => result.map(Some),
    }
}

impl Driver for PostgresDriver<'_> {
    const ENGINE: Engine = Engine::Postgres;
    const NAME: &'static str = "SELECT current_database()::text";

    async fn query(&mut self, query: &Query) -> Result<Option<Vec<Row>>, DatabaseError> {
        self.connection.busy();
        let result = match self.deadline.take() {
            None => query::run(self.client(), query).await.map_err(error::database_error),
            Some(deadline) => self.first_query(deadline, query).await,
        };
        self.connection.idle();
        unless_undefined(result)
    }

    async fn create(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.connection.busy();
        // Several statements in one message of the simple protocol are one transaction.
        let result = self.client().batch_execute(sql).await.map_err(error::database_error);
        self.connection.idle();
        result
    }

    async fn upgrade(&mut self, history: &HistoryTable, timeouts: Timeouts) -> Result<(), DatabaseError> {
        self.connection.busy();
        let begin = pipeline::begin(true, self.checks_client, timeouts);
        let queries: Vec<Query> = self.connection.turn().into_iter().chain(history.upgrade()).collect();
        let result = pipeline::one_transaction(self.client(), &begin, &queries).await;
        self.connection.idle();
        result
    }

    async fn transactions(
        &mut self,
        transactions: &[Transaction<'_>],
        tell: &mut Tell<'_>,
    ) -> Result<(), Failure> {
        self.connection.busy();
        let result = pipeline::run(self.client(), &self.conditions(), transactions, tell).await;
        self.connection.idle();
        result
    }

    async fn run_alone(
        &mut self,
        piece: &Piece<'_>,
        resumes: bool,
        tell: &mut Tell<'_>,
    ) -> Result<(), DatabaseError> {
        self.connection.busy();
        if let Some(observer) = self.connection.observer() {
            // The lock connection may still be looking for blockers, and a `CREATE INDEX CONCURRENTLY` that meets its
            // snapshot would wait for the transaction of our own lock. Answers come in order, so this query, which needs
            // no snapshot, waits for that look to end. For the same reason no one looks while the statement runs.
            let _ = observer.batch_execute("").await;
        }
        let result = self.run_alone_within_limits(piece, resumes, tell).await;
        self.connection.idle();
        result
    }

    async fn check(&mut self, piece: &Piece<'_>) -> Result<(), DatabaseError> {
        self.connection.busy();
        let result = check::run(self.client(), piece).await;
        self.connection.idle();
        result
    }

    async fn schema(
        &mut self,
        history: &HistoryTable,
        which: Schema,
        timeouts: Timeouts,
    ) -> Result<Option<Vec<Row>>, DatabaseError> {
        let query = match which {
            Schema::Present => history.fingerprint(),
            Schema::Kept => history.kept_schema(),
        };
        self.connection.busy();
        let rows = fingerprint::read(self.client(), timeouts, &query).await;
        self.connection.idle();
        match which {
            Schema::Present => rows.map(Some),
            Schema::Kept => unless_undefined(rows),
        }
    }

    async fn note_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> Result<Noted, DatabaseError> {
        let queries = [history.forget_undocumented()].into_iter().chain(history.note_schema());
        let noted = self.write_schema(timeouts, "", queries).await;
        Ok(unless_undefined(noted)?.map_or(Noted::NoTable, |()| Noted::Done))
    }

    async fn keep_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
        keep: Keep,
    ) -> Result<(), DatabaseError> {
        let create = if keep.creates_table { history.create_kept() } else { String::new() };
        let forget = keep.accepts.then(|| history.forget_noted());
        self.write_schema(timeouts, &create, forget.into_iter().chain(history.keep_schema())).await
    }

    async fn wipe(&mut self) -> Result<(), DatabaseError> {
        self.connection.busy();
        let result = self.client().batch_execute(WIPE).await.map_err(error::database_error);
        self.connection.idle();
        result
    }

    async fn lock(&mut self, key: i64, deadline: Duration) -> Result<(), LockFailure> {
        self.connection.busy();
        let result = self.connection.lock(key, deadline).await;
        self.connection.idle();
        self.deadline = Some(deadline);
        result
    }

    fn holds_lock(&self) -> bool {
        self.connection.turn().is_none()
    }

    async fn wait_for_others(
        &mut self,
        piece: &Piece<'_>,
        unchanged: &Query,
        deadline: Duration,
    ) -> Result<(), LockFailure> {
        if self.holds_lock() {
            return Ok(());
        }
        self.connection.busy();
        let result = others::wait_for_runner(self.client(), piece, unchanged, deadline).await;
        self.connection.idle();
        result
    }

    async fn unlock(&mut self) {
        self.connection.unlock().await;
    }

    async fn pause(&mut self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }

    async fn save_session(&mut self) -> Result<(), DatabaseError> {
        self.connection.busy();
        let result = self.connection.save_session().await.map_err(error::database_error);
        self.connection.idle();
        result
    }

    async fn restore_session(&mut self) -> Result<(), DatabaseError> {
        self.connection.busy();
        let result = self.connection.restore_session().await.map_err(error::database_error);
        self.connection.idle();
        result
    }

    fn class(stage: Stage, error: &DatabaseError) -> Class {
        class::of(stage, error)
    }
}
