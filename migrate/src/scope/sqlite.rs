//! Statements on SQLite: the answer is returned at once.
//!
//! What comes in is a [`Statement`] and a connection; what goes out is a `Result`. The statement is prepared anew
//! each time: its text is written anew too, and a cache on the caller's connection would be the caller's to size.

use migrate_core::Engine;
use rusqlite::types::Value;
use rusqlite::{Connection, Savepoint, Statement as Prepared, Transaction};

use super::database::{Database, Read, sealed};
use super::error::{Error, Result, unprepared};
use super::family::{Counts, Family, Kind};
use super::row::{Driver, Row};
use super::sql::{Probe, Statement};
use super::value::Parameter;

impl Statement {
    /// The prepared statement with its values.
    fn prepared<'c>(&self, connection: &'c Connection) -> Result<Prepared<'c>> {
        // An error here is about the text, and quotes no row.
        let mut prepared = connection.prepare(&self.text).map_err(unprepared)?;
        let values = self.values(|tenant| tenant as &dyn rusqlite::ToSql, Parameter::sqlite);
        for (i, value) in values.enumerate() {
            prepared.raw_bind_parameter(i + 1, value)?;
        }
        Ok(prepared)
    }

    /// The rows of the statement, each read by the function.
    pub(crate) fn rows_in<T>(&self, connection: &Connection, read: Read<T>) -> Result<Vec<T>> {
        let mut prepared = self.prepared(connection)?;
        let mut rows = prepared.raw_query();
        let mut read_rows = Vec::new();
        while let Some(row) = rows.next()? {
            read_rows.push(read(&Row(Driver::Sqlite(row)))?);
        }
        Ok(read_rows)
    }

    /// The number of rows that the statement changed.
    pub(crate) fn execute_in(&self, connection: &Connection) -> Result<u64> {
        Ok(self.prepared(connection)?.raw_execute()? as u64)
    }
}

/// Any statement: of none, of one, or of several.
impl Statement {
    /// Sends the statement and those that complete it: all of them take effect, or none.
    fn answer_in<T>(
        &self,
        connection: &Connection,
        mut send: impl FnMut(&Statement) -> Result<T>,
        is_none: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>> {
        if self.is_nothing() {
            return Ok(Vec::new());
        }
        if !self.more.is_empty() {
            let statements = [self].into_iter().chain(&self.more);
            return in_savepoint(connection, || statements.map(&mut send).collect());
        }
        let answer = send(self)?;
        match &self.probe {
            Some(probe) if is_none(&answer) => Err(probe.verdict_in(connection)?),
            _ => Ok(vec![answer]),
        }
    }
}

impl Probe {
    /// Why no row was reached.
    pub(super) fn verdict_in(&self, connection: &Connection) -> Result<Error> {
        let rows = self.statement.rows_in(connection, |_| Ok(()))?;
        Ok(self.verdict(!rows.is_empty()))
    }
}

/// Does the work entirely or not at all: in a savepoint of the open transaction, or in a transaction of its own,
/// which is what SQLite makes of an outermost savepoint (<https://sqlite.org/lang_savepoint.html>).
pub(super) fn in_savepoint<T>(connection: &Connection, work: impl FnOnce() -> Result<T>) -> Result<T> {
    connection.execute_batch("SAVEPOINT migrate_scope")?;
    let done = work().and_then(|done| {
        connection.execute_batch("RELEASE migrate_scope")?;
        Ok(done)
    });
    if done.is_err() {
        // If this fails too, the transaction is gone already, and the first error says why.
        let _ = connection.execute_batch("ROLLBACK TO migrate_scope; RELEASE migrate_scope");
    }
    done
}

/// The statements of a family, whose rows are looked up by their keys.
impl Statement {
    /// The rows as SQLite's own values.
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

    /// Runs the statement once for each row of values, which are bound after its own. Returns the number of changed
    /// rows.
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
        let rows = statement?.answer_in(self, |part| part.rows_in(self, read), Vec::is_empty);
        finish(rows.map(|rows| rows.into_iter().flatten().collect()))
    }

    fn execute<U, F>(self, statement: Result<Statement>, finish: F) -> Result<U>
    where
        U: Send + 'static,
        F: FnOnce(Result<u64>) -> Result<U> + Send + 'static,
    {
        let counts = statement?.answer_in(self, |part| part.execute_in(self), |count| *count == 0);
        finish(counts.map(|counts| counts.into_iter().sum()))
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

/// Sends through the connection that a transaction or savepoint dereferences to. A macro, because
/// `impl Database for &T where T: Deref<Target = Connection>` would rule out the one for `&Connection`.
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
