//! Statements on SQLite: the answer is there at once.

use migrate_core::Engine;
use rusqlite::types::Value;
use rusqlite::{Connection, Savepoint, Statement as Prepared, Transaction};

use super::database::{Database, Read, sealed};
use super::error::Result;
use super::family::{Counts, Family, Kind};
use super::row::{Driver, Row};
use super::sql::Statement;
use super::value::Parameter;

impl Statement {
    fn prepared<'c>(&self, connection: &'c Connection) -> Result<Prepared<'c>> {
        let mut prepared = connection.prepare(&self.text)?;
        let values = self.values(|tenant| tenant as &dyn rusqlite::ToSql, Parameter::sqlite);
        for (i, value) in values.enumerate() {
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

/// Of a family, whose rows are looked up by their keys.
impl Statement {
    /// The rows as they are.
    pub(crate) fn values_in(&self, connection: &Connection) -> Result<Vec<Vec<Value>>> {
        let mut prepared = self.prepared(connection)?;
        let columns = prepared.column_count();
        let mut rows = prepared.raw_query();
        let mut values = Vec::new();
        while let Some(row) = rows.next()? {
            values.push((0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?);
        }
        Ok(values)
    }

    /// Once for each row of values, which are bound behind its own. How many rows were changed.
    pub(crate) fn execute_for_each(&self, connection: &Connection, rows: &[Vec<Value>]) -> Result<i64> {
        let mut prepared = self.prepared(connection)?;
        let bound = self.parameters();
        let mut changed = 0;
        for row in rows {
            for (i, value) in row.iter().enumerate() {
                prepared.raw_bind_parameter(bound + i + 1, value)?;
            }
            changed += i64::try_from(prepared.raw_execute()?).expect("a table holds fewer rows");
        }
        Ok(changed)
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

    fn family<K, U, F>(self, family: Result<Family<K>>, finish: F) -> Result<U>
    where
        K: Kind + 'static,
        U: Send + 'static,
        F: FnOnce(Result<Counts>, &Family<K>) -> Result<U> + Send + 'static,
    {
        let family = family?;
        finish(family.run_in(self), &family)
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

            fn family<K, U, F>(self, family: Result<Family<K>>, finish: F) -> Result<U>
            where
                K: Kind + 'static,
                U: Send + 'static,
                F: FnOnce(Result<Counts>, &Family<K>) -> Result<U> + Send + 'static,
            {
                Database::family(&**self, family, finish)
            }
        }
    )*};
}

as_connection!(&Transaction<'_>, &Savepoint<'_>);
