//! Statements on PostgreSQL: unnamed, each in one round trip.
//!
//! What comes in is a [`Statement`] and a client, a pool, a transaction or a pool of tenants. The types of the values
//! are sent with them, as `[(7, INT8), ("vip", UNKNOWN)]`, so the server is not asked for them first. What goes out
//! is a boxed future of the rows, or of their number.

use std::pin::Pin;
use std::task::{Context, Waker};

use deadpool_postgres::{Object, Pool};
use migrate_core::Engine;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, GenericClient, Transaction};

use super::database::{Database, Read, sealed};
use super::error::{DatabaseError, Error, Result};
use super::family::{Counts, Family, Kind, numbers};
use super::row::{Driver, Row};
use super::sql::{Probe, Statement};
use super::value::Parameter;

impl Statement {
    /// The values with their types. To ask the server for the types would cost a round trip.
    pub(crate) fn bound(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.values(|tenant| (tenant as &(dyn ToSql + Sync), tenant.postgres_type()), Parameter::postgres)
            .collect()
    }
}

/// A connection, or a source of connections, that carries a statement to the server.
pub(super) trait Ask: Sync {
    /// The rows of the statement.
    fn rows_of(&self, statement: &Statement)
    -> impl Future<Output = Result<Vec<tokio_postgres::Row>>> + Send;

    /// The number of rows that the statement changed.
    fn count_of(&self, statement: &Statement) -> impl Future<Output = Result<u64>> + Send;

    /// The answer of a statement with others that complete it: all of them take effect, or none.
    fn together(&self, statement: &Statement, wanted: Wanted) -> impl Future<Output = Result<Answer>> + Send;

    /// The answer of any statement: of none, of one, or of several.
    fn answer(&self, statement: &Statement, wanted: Wanted) -> impl Future<Output = Result<Answer>> + Send {
        async move {
            // Nothing to do, so no connection is taken either.
            if statement.is_nothing() {
                return Ok(Answer::default());
            }
            if !statement.more.is_empty() {
                return self.together(statement, wanted).await;
            }
            let answer = match wanted {
                Wanted::Rows => Answer::of_rows(self.rows_of(statement).await?),
                Wanted::Count => Answer::of_count(self.count_of(statement).await?),
            };
            match &statement.probe {
                // Only now a second question is asked: a change that reaches its row costs one round trip.
                Some(probe) if answer.count == 0 => Err(self.verdict(probe).await?),
                _ => Ok(answer),
            }
        }
    }

    /// Why no row was reached. Costs a round trip.
    fn verdict(&self, probe: &Probe) -> impl Future<Output = Result<Error>> + Send {
        async move { Ok(probe.verdict(!self.rows_of(&probe.statement).await?.is_empty())) }
    }
}

/// The part of an answer that the caller wants.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    Rows,
    Count,
}

/// The rows of one statement or of several, and their number, or the number of changed rows.
#[derive(Debug, Default)]
pub(super) struct Answer {
    rows: Vec<tokio_postgres::Row>,
    count: u64,
}

impl Answer {
    pub(super) fn of_rows(rows: Vec<tokio_postgres::Row>) -> Answer {
        Answer { count: rows.len() as u64, rows }
    }

    pub(super) fn of_count(count: u64) -> Answer {
        Answer { rows: Vec::new(), count }
    }

    pub(super) fn add(&mut self, more: Answer) {
        self.rows.extend(more.rows);
        self.count += more.count;
    }
}

impl Ask for Pool {
    async fn rows_of(&self, statement: &Statement) -> Result<Vec<tokio_postgres::Row>> {
        (**self.get().await?).rows_of(statement).await
    }

    async fn count_of(&self, statement: &Statement) -> Result<u64> {
        (**self.get().await?).count_of(statement).await
    }

    async fn together(&self, statement: &Statement, wanted: Wanted) -> Result<Answer> {
        together(&**self.get().await?, statement, wanted).await
    }
}

/// Sends to a client. A macro, because an `impl` for every `GenericClient` would rule out one for `Pool`.
macro_rules! ask {
    ($for:ty, $self:ident => $client:expr) => {
        impl Ask for $for {
            async fn rows_of(&$self, statement: &Statement) -> Result<Vec<tokio_postgres::Row>> {
                Ok(GenericClient::query_typed($client, &statement.text, &statement.bound()).await?)
            }

            async fn count_of(&$self, statement: &Statement) -> Result<u64> {
                Ok(GenericClient::execute_typed($client, &statement.text, &statement.bound()).await?)
            }

            async fn together(&$self, statement: &Statement, wanted: Wanted) -> Result<Answer> {
                together($client, statement, wanted).await
            }
        }
    };
}

ask!(Client, self => self);
ask!(Transaction<'_>, self => self);
ask!(Object, self => &***self);
ask!(deadpool_postgres::Transaction<'_>, self => &**self);

/// Sends a statement and those that complete it, in a savepoint of the open transaction, or in a transaction of their
/// own.
pub(super) async fn together<C: GenericClient + Sync>(
    client: &C,
    statement: &Statement,
    wanted: Wanted,
) -> Result<Answer> {
    let part = Part::begin(client).await?;
    let mut answer = Answer::default();
    for statement in [statement].into_iter().chain(&statement.more) {
        answer.add(match wanted {
            Wanted::Rows => Answer::of_rows(client.query_typed(&statement.text, &statement.bound()).await?),
            Wanted::Count => {
                Answer::of_count(client.execute_typed(&statement.text, &statement.bound()).await?)
            }
        });
    }
    part.end().await?;
    Ok(answer)
}

/// A transaction, or a savepoint in one. It is undone if it is dropped before its end: by a failure, or because its
/// future is no longer awaited.
struct Part<'c, C: GenericClient + Sync> {
    client: &'c C,
    kind: PartKind,
    /// Whether there may be something to undo.
    is_open: bool,
}

/// What a part is, and the SQL of its beginning and ends.
#[derive(Clone, Copy)]
enum PartKind {
    Transaction,
    Savepoint,
}

impl PartKind {
    fn begin(self) -> &'static str {
        match self {
            PartKind::Transaction => "BEGIN",
            PartKind::Savepoint => "SAVEPOINT migrate_part",
        }
    }

    fn end(self) -> &'static str {
        match self {
            PartKind::Transaction => "COMMIT",
            PartKind::Savepoint => "RELEASE SAVEPOINT migrate_part",
        }
    }

    fn undo(self) -> &'static str {
        match self {
            PartKind::Transaction => "ROLLBACK",
            PartKind::Savepoint => "ROLLBACK TO SAVEPOINT migrate_part; RELEASE SAVEPOINT migrate_part",
        }
    }
}

impl<'c, C: GenericClient + Sync> Part<'c, C> {
    /// Only the server knows whether a transaction is open: outside of one it refuses a savepoint.
    async fn begin(client: &'c C) -> Result<Part<'c, C>> {
        match Part::open(client, PartKind::Savepoint).await {
            // The driver does not say whether a transaction is open, and a caller may have begun one by SQL.
            Err(error) if error.code() == Some(&SqlState::NO_ACTIVE_SQL_TRANSACTION) => {
                Ok(Part::open(client, PartKind::Transaction).await?)
            }
            opened => Ok(opened?),
        }
    }

    /// The part exists before the server has answered, because it may be dropped meanwhile.
    async fn open(client: &'c C, kind: PartKind) -> Result<Part<'c, C>, tokio_postgres::Error> {
        let mut part = Part { client, kind, is_open: true };
        let opened = client.batch_execute(kind.begin()).await;
        part.is_open = opened.is_ok();
        opened.map(|()| part)
    }

    async fn end(mut self) -> Result<()> {
        // A released savepoint cannot be undone. A ROLLBACK after the end of a transaction only warns.
        self.is_open = matches!(self.kind, PartKind::Transaction);
        self.client.batch_execute(self.kind.end()).await?;
        self.is_open = false;
        Ok(())
    }
}

impl<C: GenericClient + Sync> Drop for Part<'_, C> {
    fn drop(&mut self) {
        if self.is_open {
            // It is sent at the first poll, before the next use of the connection. The answer is not awaited: a
            // destructor cannot wait.
            let mut undone = self.client.batch_execute(self.kind.undo());
            let _ = undone.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

impl<A: Ask> sealed::Sealed for &A {}

impl<'a, A: Ask> Database for &'a A {
    type Answer<T: Send + 'static> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

    const ENGINE: Engine = Engine::Postgres;

    fn rows<T, U, F>(self, statement: Result<Statement>, read: Read<T>, finish: F) -> Self::Answer<U>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(Result<Vec<T>>) -> Result<U> + Send + 'static,
    {
        Box::pin(async move {
            let answer = self.answer(&statement?, Wanted::Rows).await;
            let rows = answer.map(|answer| answer.rows);
            finish(rows.and_then(|rows| rows.iter().map(|row| read(&Row(Driver::Postgres(row)))).collect()))
        })
    }

    fn execute<U, F>(self, statement: Result<Statement>, finish: F) -> Self::Answer<U>
    where
        U: Send + 'static,
        F: FnOnce(Result<u64>) -> Result<U> + Send + 'static,
    {
        Box::pin(async move {
            let answer = self.answer(&statement?, Wanted::Count).await;
            finish(answer.map(|answer| answer.count))
        })
    }

    fn family<K, U, F>(self, family: Result<Family<K>>, finish: F) -> Self::Answer<U>
    where
        K: Kind + 'static,
        U: Send + 'static,
        F: FnOnce(Result<Counts>, &Family<K>) -> Result<U> + Send + 'static,
    {
        Box::pin(async move {
            let mut family = family?;
            finish(family.run_on(self).await, &family)
        })
    }
}

impl<K: Kind> Family<K> {
    /// Changes all levels with one statement, or with one for each batch.
    ///
    /// The check that nothing refers to a row does not see what row-level security hides. The foreign key does see
    /// it. If that refuses a batch, the row that it holds is left out.
    async fn run_on(&mut self, database: &impl Ask) -> Result<Counts> {
        let mut statement = self.statement()?;
        let mut total = Counts::default();
        let mut was_refused = false;
        loop {
            let rows = match database.rows_of(&statement).await {
                Ok(rows) => rows,
                Err(Error::Database(error)) if is_held(&error) => {
                    if self.kind.has_spared_enough() {
                        break;
                    }
                    if !self.kind.spare() {
                        // There is a transaction of the caller's around it, and the refusal before has made it
                        // unusable.
                        return Err(Error::Database(error));
                    }
                    was_refused = true;
                    statement = self.statement()?;
                    continue;
                }
                // There is a transaction around it, and it is lost.
                Err(Error::Database(error))
                    if was_refused && has_code(&error, &SqlState::IN_FAILED_SQL_TRANSACTION) =>
                {
                    return Err(Error::StillReferenced { table: self.levels[0].table.name });
                }
                Err(error) => return Err(error),
            };
            let counts = self.counts(numbers(&Row(Driver::Postgres(&rows[0])))?);
            total.add(&counts);
            if !self.goes_on(&counts) {
                break;
            }
            // The batch has grown, or begins further on, so the text is another.
            if self.kind.go_on_after_spared() {
                statement = self.statement()?;
            }
        }
        if let (true, Some(probe)) = (total.is_of_nothing(), &self.probe) {
            return Err(database.verdict(probe).await?);
        }
        // After the last batch: what is held now is what stays.
        if let Some(statement) = self.held_statement(Engine::Postgres)? {
            let rows = database.rows_of(&statement).await?;
            total.held = numbers(&Row(Driver::Postgres(&rows[0])))?;
        }
        Ok(total)
    }
}

/// Whether a foreign key has refused it. PostgreSQL 18 has another code for a key with RESTRICT.
fn is_held(error: &DatabaseError) -> bool {
    [SqlState::FOREIGN_KEY_VIOLATION, SqlState::RESTRICT_VIOLATION].iter().any(|code| has_code(error, code))
}

fn has_code(error: &DatabaseError, code: &SqlState) -> bool {
    error.code() == Some(code.code())
}
