//! Statements on PostgreSQL: unnamed, each in one round trip.

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
    /// The values with their types: what is asked for without them costs a round trip.
    pub(crate) fn bound(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.values(|tenant| (tenant as &(dyn ToSql + Sync), tenant.postgres_type()), Parameter::postgres)
            .collect()
    }
}

/// Something that carries a statement to the server.
pub(super) trait Ask: Sync {
    fn rows_of(&self, statement: &Statement)
    -> impl Future<Output = Result<Vec<tokio_postgres::Row>>> + Send;

    /// How many rows the statement changed.
    fn count_of(&self, statement: &Statement) -> impl Future<Output = Result<u64>> + Send;

    /// What a statement with others after it comes to: all of them, or none.
    fn together(&self, statement: &Statement, wanted: Wanted) -> impl Future<Output = Result<Answer>> + Send;

    /// What a statement comes to, whatever it consists of.
    fn answer(&self, statement: &Statement, wanted: Wanted) -> impl Future<Output = Result<Answer>> + Send {
        async move {
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
                Some(probe) if answer.count == 0 => Err(self.verdict(probe).await?),
                _ => Ok(answer),
            }
        }
    }

    /// Why no row was reached.
    fn verdict(&self, probe: &Probe) -> impl Future<Output = Result<Error>> + Send {
        async move { Ok(probe.verdict(!self.rows_of(&probe.statement).await?.is_empty())) }
    }
}

/// What of an answer is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    Rows,
    Count,
}

/// The rows of a statement, or of several, and how many there are or were changed.
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

/// Sends a statement and those after it in a savepoint of the transaction that is there, or in one of its own.
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

/// A transaction, or a savepoint in one, that is undone when it is dropped before its end: by a failure, or with a future
/// that no one awaits any more.
struct Part<'c, C: GenericClient + Sync> {
    client: &'c C,
    kind: PartKind,
    /// Whether there may be something to undo.
    is_open: bool,
}

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
    /// Whether there is a transaction, only the server knows: outside of one it refuses a savepoint.
    async fn begin(client: &'c C) -> Result<Part<'c, C>> {
        match Part::open(client, PartKind::Savepoint).await {
            Err(error) if error.code() == Some(&SqlState::NO_ACTIVE_SQL_TRANSACTION) => {
                Ok(Part::open(client, PartKind::Transaction).await?)
            }
            opened => Ok(opened?),
        }
    }

    /// The part is there before the server has answered, for it may be dropped meanwhile.
    async fn open(client: &'c C, kind: PartKind) -> Result<Part<'c, C>, tokio_postgres::Error> {
        let mut part = Part { client, kind, is_open: true };
        let opened = client.batch_execute(kind.begin()).await;
        part.is_open = opened.is_ok();
        opened.map(|()| part)
    }

    async fn end(mut self) -> Result<()> {
        // A savepoint that was released cannot be undone; the end of a transaction is its end, however often it is said.
        self.is_open = matches!(self.kind, PartKind::Transaction);
        self.client.batch_execute(self.kind.end()).await?;
        self.is_open = false;
        Ok(())
    }
}

impl<C: GenericClient + Sync> Drop for Part<'_, C> {
    fn drop(&mut self) {
        if self.is_open {
            // It is sent at the first poll, before whatever the connection is used for next. No one waits for the answer.
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
    /// Changes all levels by one statement; by one for each batch, if there are batches.
    ///
    /// The check that nothing refers to a row does not see what row-level security hides; the foreign key does. Where it
    /// refuses a batch, what it holds is left out.
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
            if self.kind.go_on_after_spared() {
                statement = self.statement()?;
            }
        }
        if let (true, Some(probe)) = (total.is_of_nothing(), &self.probe) {
            return Err(database.verdict(probe).await?);
        }
        if let Some(statement) = self.held_statement(Engine::Postgres)? {
            let rows = database.rows_of(&statement).await?;
            total.held = numbers(&Row(Driver::Postgres(&rows[0])))?;
        }
        Ok(total)
    }
}

/// Whether a foreign key has refused it. PostgreSQL 18 has a code of its own for one with RESTRICT.
fn is_held(error: &DatabaseError) -> bool {
    [SqlState::FOREIGN_KEY_VIOLATION, SqlState::RESTRICT_VIOLATION].iter().any(|code| has_code(error, code))
}

fn has_code(error: &DatabaseError, code: &SqlState) -> bool {
    error.code() == Some(code.code())
}
