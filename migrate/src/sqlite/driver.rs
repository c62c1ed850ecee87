use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use migrate_core::{Engine, HistoryTable, KeptSchema, Query, Value};
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, OptionalExtension, Statement, ToSql};

use super::error::{database_error, piece_error};
use super::kept::{self, Limit};
use super::settings::Settings;
use super::upgrade;
use crate::database::{Database, Task, sealed};
use crate::driver::{
    Class, DatabaseError, Driver, Event, FALSE, Failure, Keep, Lock, LockFailure, Noted, Piece, ReadOnly,
    Row, Schema, Stage, Tell, Timeouts, Transaction,
};
use crate::error::Error;
use crate::trace;

/// A connection to SQLite for one run.
#[derive(Debug)]
pub(super) struct SqliteDriver<'a> {
    connection: &'a mut Connection,
    /// The caller's configuration. It is restored at the end.
    settings: Settings,
}

impl sealed::Sealed for &mut Connection {}

impl Database for &mut Connection {
    type Answer<'a, T: Send + 'a>
        = Result<T, Error>
    where
        Self: 'a;

    fn perform<'a, T: Task + 'a>(self, task: T) -> Result<T::Answer, Error>
    where
        Self: 'a,
    {
        let mut driver = SqliteDriver::new(self)?;
        finished(task.on(&mut driver))
    }
}

/// The result of a future over this driver. The driver never waits, so the result is there at the first poll.
fn finished<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nothing that is done on SQLite is waited for"),
    }
}

impl<'a> SqliteDriver<'a> {
    fn new(connection: &'a mut Connection) -> Result<SqliteDriver<'a>, Error> {
        if !connection.is_autocommit() {
            return Err(Error::in_transaction());
        }
        let settings = Settings::take(connection).map_err(|error| {
            Error::database("reading the settings of the connection", database_error(error))
        })?;
        Ok(SqliteDriver { connection, settings })
    }
}

impl Drop for SqliteDriver<'_> {
    fn drop(&mut self) {
        self.settings.put_back(self.connection);
    }
}

impl Driver for SqliteDriver<'_> {
    const ENGINE: Engine = Engine::Sqlite;
    const NAME: &'static str = "SELECT file FROM pragma_database_list WHERE name = 'main'";

    async fn query(&mut self, query: &Query) -> Result<Option<Vec<Row>>, DatabaseError> {
        unless_undefined(rows(self.connection, query))
    }

    async fn create(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let result = self.connection.execute_batch(&format!("BEGIN IMMEDIATE;{sql};COMMIT"));
        result.map_err(|error| {
            roll_back(self.connection);
            database_error(error)
        })
    }

    async fn upgrade(&mut self, history: &HistoryTable, _timeouts: Timeouts) -> Result<(), DatabaseError> {
        let result = upgrade::run(self.connection, history);
        roll_back(self.connection);
        result
    }

    async fn transactions(
        &mut self,
        transactions: &[Transaction<'_>],
        tell: &mut Tell<'_>,
    ) -> Result<(), Failure> {
        let mut uncommitted = Vec::new();
        let mut keys_off = false;
        for (number, transaction) in transactions.iter().enumerate() {
            if transaction.begins {
                let joined =
                    transactions[number..].iter().position(|one| one.commits).map_or(0, |last| last + 1);
                keys_off = transactions[number..][..joined].iter().any(wants_keys_off);
            }
            let elapsed =
                trace::transaction(transaction.step).in_scope(|| self.transaction(transaction, keys_off));
            let elapsed = elapsed.map_err(|(stage, error)| Failure { transaction: number, stage, error })?;
            uncommitted.push(Event::Committed { transaction: number, elapsed });
            if transaction.commits {
                uncommitted.drain(..).for_each(&mut *tell);
            }
        }
        Ok(())
    }

    async fn run_alone(
        &mut self,
        piece: &Piece<'_>,
        _resumes: bool,
        _tell: &mut Tell<'_>,
    ) -> Result<(), DatabaseError> {
        run_piece(self.connection, piece)
    }

    async fn check(&mut self, piece: &Piece<'_>) -> Result<(), DatabaseError> {
        self.connection.execute_batch("BEGIN").map_err(database_error)?;
        let result = check(self.connection, piece);
        roll_back(self.connection);
        result
    }

    async fn schema(
        &mut self,
        history: &HistoryTable,
        which: Schema,
        _timeouts: Timeouts,
    ) -> Result<Option<Vec<Row>>, DatabaseError> {
        if which == Schema::Present {
            return rows(self.connection, &history.fingerprint()).map(Some);
        }
        self.connection.execute_batch("BEGIN").map_err(database_error)?;
        let rows = kept::rows(self.connection, history, Limit::NONE);
        roll_back(self.connection);
        unless_undefined(rows)
    }

    async fn note_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> Result<Noted, DatabaseError> {
        let noted = kept::change(self.connection, history, "", Limit::of(timeouts), KeptSchema::note);
        roll_back(self.connection);
        Ok(unless_undefined(noted)?.map_or(Noted::NoTable, |()| Noted::Done))
    }

    async fn keep_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
        keep: Keep,
    ) -> Result<(), DatabaseError> {
        let create = if keep.creates_table { history.create_kept() } else { String::new() };
        let change = if keep.accepts { KeptSchema::accept } else { KeptSchema::keep };
        let kept = kept::change(self.connection, history, &create, Limit::of(timeouts), change);
        roll_back(self.connection);
        kept
    }

    async fn wipe(&mut self) -> Result<(), DatabaseError> {
        self.settings.foreign_keys_off(self.connection).map_err(database_error)?;
        let result = wipe(self.connection).map_err(database_error);
        if result.is_err() {
            roll_back(self.connection);
        }
        self.settings.foreign_keys_back(self.connection);
        result
    }

    /// Takes nothing: each transaction begins with the write lock, and other runners wait in their busy timeout.
    async fn lock(&mut self, _lock: Lock, _deadline: Duration) -> Result<(), LockFailure> {
        let why = read_only(self.connection);
        match why.map_err(|error| LockFailure::Database(database_error(error)))? {
            Some(why) => Err(LockFailure::ReadOnly(why)),
            None => Ok(()),
        }
    }

    async fn unlock(&mut self, _lock: Lock) {}

    async fn pause(&mut self, pause: Duration) {
        std::thread::sleep(pause);
    }

    async fn save_session(&mut self) -> Result<(), DatabaseError> {
        self.settings.foreign_keys_off(self.connection).map_err(database_error)
    }

    async fn restore_session(&mut self) -> Result<(), DatabaseError> {
        let result = check_foreign_keys(self.connection);
        self.settings.foreign_keys_back(self.connection);
        result
    }

    /// Nothing is transient, because the busy timeout has waited already.
    fn class(stage: Stage, error: &DatabaseError) -> Class {
        // The row exists already; or the guard is NULL, in a NOT NULL column or as the answer.
        let codes = [rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY, rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL];
        let is_overtaken = match stage {
            Stage::Claim => {
                error.message == GUARD || codes.iter().any(|code| error.code == Some(code.to_string()))
            }
            Stage::Prepare => {
                error.message.contains("already exists") || error.message.contains("duplicate column name")
            }
            Stage::Script | Stage::Record | Stage::Commit => false,
        };
        if is_overtaken { Class::Overtaken } else { Class::Final }
    }
}

/// The result, or `None` if a query names a table that does not exist.
fn unless_undefined<T>(result: Result<T, DatabaseError>) -> Result<Option<T>, DatabaseError> {
    match result {
        Err(error) if error.message.starts_with("no such table: main.") => Ok(None),
        result => result.map(Some),
    }
}

const GUARD: &str = "the history changed since the plan was made";

impl SqliteDriver<'_> {
    fn transaction(
        &mut self,
        transaction: &Transaction<'_>,
        keys_off: bool,
    ) -> Result<Duration, (Stage, DatabaseError)> {
        if keys_off && transaction.begins {
            // Inside the transaction this pragma would have no effect.
            self.settings
                .foreign_keys_off(self.connection)
                .map_err(|error| (Stage::Claim, database_error(error)))?;
        }
        let result = self.begin_to_commit(transaction, keys_off);
        if result.is_err() {
            roll_back(self.connection);
        }
        if keys_off && (transaction.commits || result.is_err()) {
            self.settings.foreign_keys_back(self.connection);
        }
        result
    }

    fn begin_to_commit(
        &mut self,
        transaction: &Transaction<'_>,
        keys_off: bool,
    ) -> Result<Duration, (Stage, DatabaseError)> {
        let connection = &mut *self.connection;
        let ours = |stage| move |error| (stage, database_error(error));
        // IMMEDIATE takes the write lock now, so the claim sees what the commit will find.
        if transaction.begins {
            connection.execute_batch("BEGIN IMMEDIATE").map_err(ours(Stage::Claim))?;
        }
        for query in &transaction.claim {
            let rows = written(connection, query).map_err(|error| (Stage::Claim, error))?;
            if rows.first().is_some_and(|row| matches!(row[..], [Value::Integer(None) | Value::Text(None)])) {
                return Err((Stage::Claim, DatabaseError::of_ours(GUARD)));
            }
        }
        if let Some(piece) = &transaction.piece {
            run_piece(connection, piece).map_err(|error| (Stage::Script, error))?;
            if connection.is_autocommit() {
                let text = "the script ended the transaction that it runs in";
                return Err((Stage::Script, DatabaseError::of_ours(text)));
            }
        }
        let mut last = Vec::new();
        for query in &transaction.record {
            last = written(connection, query).map_err(|error| (Stage::Record, error))?;
        }
        if keys_off {
            check_foreign_keys(connection).map_err(|error| (Stage::Script, error))?;
        }
        if transaction.commits {
            connection.execute_batch("COMMIT").map_err(ours(Stage::Commit))?;
        }
        let ms = last.first().and_then(|row| row.first()).and_then(Value::as_integer);
        Ok(ms.and_then(|ms| ms.try_into().ok()).map_or(Duration::ZERO, Duration::from_millis))
    }
}

/// Why nothing can be written, if that is known.
fn read_only(connection: &Connection) -> rusqlite::Result<Option<ReadOnly>> {
    if connection.is_readonly("main")? {
        return Ok(Some(ReadOnly::File));
    }
    let is_query_only = connection.query_row("PRAGMA query_only", [], |row| row.get(0))?;
    Ok(if is_query_only { Some(ReadOnly::QueryOnly) } else { None })
}

fn wants_keys_off(transaction: &Transaction<'_>) -> bool {
    transaction.ends_step
        && transaction.piece.is_some_and(|piece| piece.script().execution().foreign_keys_off)
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        // Some errors have already rolled back. There is nothing more to do here.
        let _ = connection.execute_batch("ROLLBACK");
    }
}

/// Checks the foreign keys: a table rebuild without them may have left orphans.
fn check_foreign_keys(connection: &Connection) -> Result<(), DatabaseError> {
    let mut check = connection.prepare("PRAGMA foreign_key_check").map_err(database_error)?;
    let mut rows = check.query([]).map_err(database_error)?;
    let Some(row) = rows.next().map_err(database_error)? else { return Ok(()) };
    let table: String = row.get(0).map_err(database_error)?;
    let parent: String = row.get(2).map_err(database_error)?;
    let text =
        format!("a row of `{table}` refers to a row of `{parent}` that does not exist (foreign_key_check)");
    Err(DatabaseError::of_ours(&text))
}

fn run_piece(connection: &Connection, piece: &Piece<'_>) -> Result<(), DatabaseError> {
    for (number, span) in piece.spans().iter().enumerate() {
        let statement = span.of(piece.script().sql());
        connection.execute_batch(statement).map_err(|error| piece_error(error, piece, number))?;
    }
    Ok(())
}

fn check(connection: &Connection, piece: &Piece<'_>) -> Result<(), DatabaseError> {
    for (number, span) in piece.spans().iter().enumerate() {
        let failed = |error| piece_error(error, piece, number);
        let mut statement = connection.prepare(span.of(piece.script().sql())).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            if matches!(row.get_ref(0), Ok(ValueRef::Integer(0))) {
                let place = Some(piece.place(None, number));
                return Err(DatabaseError { place, ..DatabaseError::of_ours(FALSE) });
            }
        }
    }
    Ok(())
}

/// Virtual tables come first, because they drop shadow tables of their own. Objects of SQLite itself or of a table go
/// with their owner.
fn wipe(connection: &Connection) -> rusqlite::Result<()> {
    const OBJECTS: &str = "SELECT type, name FROM sqlite_schema
        WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY coalesce(sql, '') NOT LIKE 'CREATE VIRTUAL%', type = 'table'";
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let first = |connection: &Connection| {
        let object = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        connection.query_row(OBJECTS, [], object).optional()
    };
    while let Some((kind, name)) = first(connection)? {
        connection.execute_batch(&format!("DROP {kind} \"{}\"", name.replace('"', "\"\"")))?;
    }
    connection.execute_batch("COMMIT")
}

fn rows(connection: &Connection, query: &Query) -> Result<Vec<Row>, DatabaseError> {
    rows_within(connection, query, Limit::NONE)
}

/// The rows of a query, within its time limit.
pub(super) fn rows_within(
    connection: &Connection,
    query: &Query,
    limit: Limit,
) -> Result<Vec<Row>, DatabaseError> {
    let mut statement = connection.prepare(&query.sql).map_err(database_error)?;
    collected(&mut statement, query, limit)
}

/// A query of the history. A write must change a row: a trigger that swallows the row reports nothing.
fn written(connection: &Connection, query: &Query) -> Result<Vec<Row>, DatabaseError> {
    let mut statement = connection.prepare(&query.sql).map_err(database_error)?;
    let rows = collected(&mut statement, query, Limit::NONE)?;
    let is_read = statement.readonly();
    drop(statement);
    match query.targets().first() {
        Some(table) if !is_read && connection.changes() != 1 => Err(DatabaseError::unwritten(table)),
        _ => Ok(rows),
    }
}

fn collected(statement: &mut Statement<'_>, query: &Query, limit: Limit) -> Result<Vec<Row>, DatabaseError> {
    let columns = statement.column_count();
    let values = rusqlite::params_from_iter(query.values.iter().map(Bound));
    let mut rows = statement.query(values).map_err(database_error)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(database_error)? {
        limit.check()?;
        let row: rusqlite::Result<Row> = (0..columns).map(|i| row.get_ref(i).map(value)).collect();
        all.push(row.map_err(database_error)?);
    }
    Ok(all)
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Text(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Integer(Some(number)) => ToSqlOutput::Owned(SqlValue::Integer(*number)),
            Value::Boolean(value) => ToSqlOutput::Owned(SqlValue::Integer((*value).into())),
            Value::Text(None) | Value::Integer(None) => ToSqlOutput::Owned(SqlValue::Null),
        })
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(number) => Value::Integer(Some(number)),
        ValueRef::Text(text) => Value::Text(Some(String::from_utf8_lossy(text).into_owned())),
        _ => Value::Text(None),
    }
}
