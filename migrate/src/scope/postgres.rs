//! Statements on PostgreSQL: unnamed, each in one round trip.

use std::pin::Pin;

use deadpool_postgres::{Object, Pool};
use migrate_core::Engine;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, GenericClient, Transaction};

use super::database::{Database, Read, sealed};
use super::error::{DatabaseError, Error, Result};
use super::family::{Counts, Family, Kind, numbers};
use super::row::{Driver, Row};
use super::sql::Statement;
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
}

impl Ask for Pool {
    async fn rows_of(&self, statement: &Statement) -> Result<Vec<tokio_postgres::Row>> {
        (**self.get().await?).rows_of(statement).await
    }

    async fn count_of(&self, statement: &Statement) -> Result<u64> {
        (**self.get().await?).count_of(statement).await
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
        }
    };
}

ask!(Client, self => self);
ask!(Transaction<'_>, self => self);
ask!(Object, self => &***self);
ask!(deadpool_postgres::Transaction<'_>, self => &**self);

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
            let rows = self.rows_of(&statement?).await;
            finish(rows.and_then(|rows| rows.iter().map(|row| read(&Row(Driver::Postgres(row)))).collect()))
        })
    }

    fn execute<U, F>(self, statement: Result<Statement>, finish: F) -> Self::Answer<U>
    where
        U: Send + 'static,
        F: FnOnce(Result<u64>) -> Result<U> + Send + 'static,
    {
        Box::pin(async move { finish(self.count_of(&statement?).await) })
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
                Err(Error::Database(error)) if has_code(&error, &SqlState::FOREIGN_KEY_VIOLATION) => {
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
                return Ok(total);
            }
            if self.kind.go_on_after_spared() {
                statement = self.statement()?;
            }
        }
    }
}

fn has_code(error: &DatabaseError, code: &SqlState) -> bool {
    error.code() == Some(code.code())
}
