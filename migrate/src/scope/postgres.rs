//! Statements on PostgreSQL: unnamed, each in one round trip.

use std::pin::Pin;

use deadpool_postgres::{Object, Pool};
use migrate_core::Engine;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, GenericClient, Transaction};

use super::database::{Database, Read, sealed};
use super::error::Result;
use super::row::{Driver, Row};
use super::sql::Statement;
use super::value::Parameter;

/// An answer that is awaited.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl Statement {
    fn bound(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        let tenant = self.tenant.iter().map(|tenant| (tenant as &(dyn ToSql + Sync), tenant.postgres_type()));
        tenant.chain(self.values.iter().map(Parameter::postgres)).collect()
    }

    /// The rows of the answer. They are read when all are there.
    pub(crate) async fn rows_of<T>(&self, client: &impl GenericClient, read: Read<T>) -> Result<Vec<T>> {
        let rows = client.query_typed(&self.text, &self.bound()).await?;
        rows.iter().map(|row| read(&Row(Driver::Postgres(row)))).collect()
    }

    /// How many rows were changed.
    pub(crate) async fn execute_on(&self, client: &impl GenericClient) -> Result<u64> {
        Ok(client.execute_typed(&self.text, &self.bound()).await?)
    }
}

macro_rules! database {
    ($lifetime:lifetime, $for:ty, $self:ident => $client:expr) => {
        impl<$lifetime> sealed::Sealed for $for {}

        impl<$lifetime> Database for $for {
            type Answer<T: Send + 'static> = Answer<$lifetime, T>;

            const ENGINE: Engine = Engine::Postgres;

            fn rows<T, U, F>($self, statement: Result<Statement>, read: Read<T>, finish: F) -> Answer<$lifetime, U>
            where
                T: Send + 'static,
                U: Send + 'static,
                F: FnOnce(Result<Vec<T>>) -> Result<U> + Send + 'static,
            {
                Box::pin(async move {
                    let statement = statement?;
                    let client = $client;
                    finish(statement.rows_of(client, read).await)
                })
            }

            fn execute<U, F>($self, statement: Result<Statement>, finish: F) -> Answer<$lifetime, U>
            where
                U: Send + 'static,
                F: FnOnce(Result<u64>) -> Result<U> + Send + 'static,
            {
                Box::pin(async move {
                    let statement = statement?;
                    let client = $client;
                    finish(statement.execute_on(client).await)
                })
            }
        }
    };
}

database!('a, &'a Pool, self => &**self.get().await?);
database!('a, &'a Object, self => &***self);
database!('a, &'a Client, self => self);
database!('a, &'a Transaction<'_>, self => self);
database!('a, &'a deadpool_postgres::Transaction<'_>, self => &**self);
