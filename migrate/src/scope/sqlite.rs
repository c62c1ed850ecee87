//! Statements on SQLite: the answer is there at once.

use migrate_core::Engine;
use rusqlite::{Connection, Savepoint, Statement as Prepared, Transaction};

use super::database::{Database, Read, sealed};
use super::error::Result;
use super::row::{Driver, Row};
use super::sql::Statement;

impl Statement {
    fn prepared<'c>(&self, connection: &'c Connection) -> Result<Prepared<'c>> {
        let mut prepared = connection.prepare(&self.text)?;
        let tenant = self.tenant.iter().map(|tenant| tenant as &dyn rusqlite::ToSql);
        for (i, value) in tenant.chain(self.values.iter().map(super::value::Parameter::sqlite)).enumerate() {
            prepared.raw_bind_parameter(i + 1, value)?;
        }
        Ok(prepared)
    }

    pub(crate) fn rows_in<T>(&self, connection: &Connection, read: Read<T>) -> Result<Vec<T>> {
        let mut prepared = self.prepared(connection)?;
        let mut rows = prepared.raw_query();
        let mut read_rows = Vec::new();
        while let Some(row) = rows.next()? {
            read_rows.push(read(&Row(Driver::Sqlite(row)))?);
        }
        Ok(read_rows)
    }

    pub(crate) fn execute_in(&self, connection: &Connection) -> Result<u64> {
        Ok(self.prepared(connection)?.raw_execute()? as u64)
    }
}

impl sealed::Sealed for &Connection {}

impl Database for &Connection {
    type Answer<T: Send + 'static> = Result<T>;

    const ENGINE: Engine = Engine::Sqlite;

    fn rows<T, U, F>(self, statement: Result<Statement>, read: Read<T>, finish: F) -> Result<U>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(Result<Vec<T>>) -> Result<U> + Send + 'static,
    {
        finish(statement?.rows_in(self, read))
    }

    fn execute<U, F>(self, statement: Result<Statement>, finish: F) -> Result<U>
    where
        U: Send + 'static,
        F: FnOnce(Result<u64>) -> Result<U> + Send + 'static,
    {
        finish(statement?.execute_in(self))
    }
}

macro_rules! as_connection {
    ($($for:ty),*) => {$(
        impl sealed::Sealed for $for {}

        impl Database for $for {
            type Answer<T: Send + 'static> = Result<T>;

            const ENGINE: Engine = Engine::Sqlite;

            fn rows<T, U, F>(self, statement: Result<Statement>, read: Read<T>, finish: F) -> Result<U>
            where
                T: Send + 'static,
                U: Send + 'static,
                F: FnOnce(Result<Vec<T>>) -> Result<U> + Send + 'static,
            {
                Database::rows(&**self, statement, read, finish)
            }

            fn execute<U, F>(self, statement: Result<Statement>, finish: F) -> Result<U>
            where
                U: Send + 'static,
                F: FnOnce(Result<u64>) -> Result<U> + Send + 'static,
            {
                Database::execute(&**self, statement, finish)
            }
        }
    )*};
}

as_connection!(&Transaction<'_>, &Savepoint<'_>);
