//! What the database said, without the values of rows.

use std::error::Error as StdError;
use std::fmt;

/// The database refused a statement, or did not answer.
///
/// Databases put rows into their messages: the detail of an exclusion constraint holds the range of the other row,
/// the detail of a unique key its values, and a text that is not a number is quoted. Such a row may be another
/// tenant's, because a constraint looks at all rows, and the server may look at a row before it knows whose it is. So
/// only names are kept: the code, the constraint, the table, the column, and those messages that consist of names.
/// The log of the server has the rest.
#[derive(Debug)]
pub struct DatabaseError(Cause);

/// The two ways in which a statement fails in the database.
#[derive(Debug)]
enum Cause {
    /// The database answered with an error.
    Refused(Refusal),
    /// The connection or the driver failed.
    Driver(Box<dyn StdError + Send + Sync>),
}

/// The part of the answer that holds names alone.
#[derive(Debug)]
struct Refusal {
    code: String,
    message: String,
    constraint: Option<String>,
    table: Option<String>,
    column: Option<String>,
}

impl DatabaseError {
    fn refused(&self) -> Option<&Refusal> {
        match &self.0 {
            Cause::Refused(refusal) => Some(refusal),
            Cause::Driver(_) => None,
        }
    }

    /// The SQLSTATE of PostgreSQL (manual, appendix A), or the extended result code of SQLite
    /// (<https://sqlite.org/rescode.html>); `None` if the database did not answer.
    pub fn code(&self) -> Option<&str> {
        self.refused().map(|refusal| &*refusal.code)
    }

    /// The name of the constraint that refused the statement, on PostgreSQL.
    pub fn constraint(&self) -> Option<&str> {
        self.refused()?.constraint.as_deref()
    }

    /// The table of the constraint, on PostgreSQL.
    pub fn table(&self) -> Option<&str> {
        self.refused()?.table.as_deref()
    }

    /// The column that was refused, on PostgreSQL.
    pub fn column(&self) -> Option<&str> {
        self.refused()?.column.as_deref()
    }

    /// What kind of failure it is, on either engine.
    pub fn kind(&self) -> DatabaseErrorKind {
        self.refused()
            .map_or(DatabaseErrorKind::Unreachable, |refusal| DatabaseErrorKind::of_code(&refusal.code))
    }

    /// Whether a row with the same unique or primary key exists already.
    pub fn is_unique_violation(&self) -> bool {
        self.kind() == DatabaseErrorKind::Unique
    }
}

/// What kind of failure a [`DatabaseError`] is, so that a program can answer: a taken key is a 409, an unreachable
/// database a 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DatabaseErrorKind {
    /// A row with the same unique or primary key exists already.
    Unique,
    /// A row that is referred to does not exist, or one was to go that others refer to.
    ForeignKey,
    /// A column that needs a value got none.
    NotNull,
    /// A CHECK of the table or of a type does not hold.
    Check,
    /// An EXCLUDE constraint: a row that exists is in the way.
    Exclusion,
    /// A value does not fit the type of its column: a number that is out of range, a text that is too long.
    Value,
    /// The statement names what does not exist, or is no valid SQL. The program and the schema differ.
    Statement,
    /// The role may not do this, or row-level security refuses the row.
    Forbidden,
    /// Another transaction was in the way: run this one again.
    Conflict,
    /// A lock was not free in time, or the file is in use.
    Locked,
    /// A time limit or an administrator stopped the statement.
    Canceled,
    /// The database did not answer: it is down, the network failed, or no connection of the pool was free in time.
    Unreachable,
    /// Any other failure. [`DatabaseError::code`] says which.
    Other,
}

impl DatabaseErrorKind {
    /// SQLSTATEs have five characters (PostgreSQL manual, appendix A), and SQLite's extended codes at most four digits.
    fn of_code(code: &str) -> DatabaseErrorKind {
        use DatabaseErrorKind::*;
        match code {
            "23505" | "1555" | "2067" | "2579" => Unique,
            "23503" | "23001" | "787" => ForeignKey,
            "23502" | "1299" => NotNull,
            "23514" | "44000" | "275" => Check,
            "23P01" => Exclusion,
            "42501" | "8" | "23" => Forbidden,
            "40001" | "40P01" | "517" => Conflict,
            "55P03" | "5" | "6" | "261" | "262" | "773" => Locked,
            "57014" | "9" => Canceled,
            "57P01" | "57P02" | "57P03" | "53300" | "14" => Unreachable,
            "20" | "3091" | "18" => Value,
            // What a function of the application raises has the code 1 too, but that comes as SQLITE_CONSTRAINT_TRIGGER.
            "1" => Statement,
            _ if code.len() == 5 => match &code[..2] {
                "08" => Unreachable,
                "22" => Value,
                "42" => Statement,
                _ => Other,
            },
            _ => Other,
        }
    }

    /// What it means, before the words of the database.
    fn meaning(self) -> &'static str {
        match self {
            DatabaseErrorKind::Unique => "a row with this key exists already",
            DatabaseErrorKind::ForeignKey => {
                "a row that is referred to is missing, or others still refer to this one"
            }
            DatabaseErrorKind::NotNull => "a column that needs a value has none",
            DatabaseErrorKind::Check => "a rule of the table does not hold",
            DatabaseErrorKind::Exclusion => "a row that exists is in the way",
            DatabaseErrorKind::Value => "a value does not fit its type",
            DatabaseErrorKind::Statement => "the statement does not fit the schema",
            DatabaseErrorKind::Forbidden => "this role may not do that",
            DatabaseErrorKind::Conflict => "another transaction was in the way; run this one again",
            DatabaseErrorKind::Locked => "a lock was not free in time",
            DatabaseErrorKind::Canceled => "the statement was stopped",
            DatabaseErrorKind::Unreachable => "the database did not answer",
            DatabaseErrorKind::Other => "the database refused the statement",
        }
    }
}

/// The kind of failure, then the words of the database as far as they hold names alone.
impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = self.kind().meaning();
        match &self.0 {
            Cause::Refused(refusal) => write!(f, "{meaning}: {refusal}"),
            Cause::Driver(error) => write!(f, "{meaning}: {error}"),
        }
    }
}

/// The words of the database are in the error itself, so only what made the driver fail is its source.
impl StdError for DatabaseError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Cause::Refused(_) => None,
            Cause::Driver(error) => error.source(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

#[cfg(feature = "postgres")]
pub(in crate::scope) use postgres::message;
#[cfg(feature = "sqlite")]
pub(in crate::scope) use sqlite::unprepared;

#[cfg(feature = "postgres")]
mod postgres {
    use tokio_postgres::error::DbError;

    use super::{Cause, DatabaseError, Refusal};
    use crate::scope::Error;

    impl From<tokio_postgres::Error> for Error {
        fn from(error: tokio_postgres::Error) -> Error {
            let cause = match error.as_db_error() {
                Some(refused) => Cause::Refused(Refusal::of_server(refused)),
                None => Cause::Driver(error.into()),
            };
            Error::Database(DatabaseError(cause))
        }
    }

    impl From<deadpool_postgres::PoolError> for Error {
        fn from(error: deadpool_postgres::PoolError) -> Error {
            match error {
                deadpool_postgres::PoolError::Backend(error) => error.into(),
                error => Error::Database(DatabaseError(Cause::Driver(error.into()))),
            }
        }
    }

    impl Refusal {
        fn of_server(refused: &DbError) -> Refusal {
            Refusal {
                code: refused.code().code().to_owned(),
                message: message(refused).to_owned(),
                constraint: refused.constraint().map(str::to_owned),
                table: refused.table().map(str::to_owned),
                column: refused.column().map(str::to_owned),
            }
        }
    }

    /// The message of the server, if its class is known to hold names alone.
    pub(in crate::scope) fn message(refused: &DbError) -> &str {
        let code = refused.code().code();
        // A data exception (class 22) quotes the value, which may belong to another row. An error of an unknown class
        // may come from an extension, and hold anything. P0001 is what a function of the application raises.
        match (code, &code[..2]) {
            ("22001", _) => "a text is too long for its column",
            ("22003", _) => "a number is out of range",
            ("22004", _) => "a value is NULL that must not be",
            ("22007" | "22008", _) => "a date or time is not valid",
            ("22012", _) => "division by zero",
            ("22P02", _) => "a text is no value of the type that it is to be",
            ("P0001", _)
            | (
                _,
                "08" | "0A" | "0L" | "0P" | "21" | "23" | "25" | "26" | "28" | "2B" | "2D" | "34" | "3B"
                | "3D" | "3F" | "40" | "42" | "44" | "53" | "54" | "55" | "57",
            ) => refused.message(),
            (_, "22") => "a value is not valid",
            _ => "the log of the server says why",
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use rusqlite::ErrorCode;
    use rusqlite::ffi;

    use super::{Cause, DatabaseError, Refusal};
    use crate::scope::Error;

    impl From<rusqlite::Error> for Error {
        fn from(error: rusqlite::Error) -> Error {
            failed(error, holds_names)
        }
    }

    /// The failure of a statement that was refused before it saw a row: the message is about its text.
    pub(in crate::scope) fn unprepared(error: rusqlite::Error) -> Error {
        failed(error, |_| true)
    }

    fn failed(error: rusqlite::Error, holds_names: fn(ffi::Error) -> bool) -> Error {
        let cause = match error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                Cause::Refused(Refusal::of_sqlite(failure, message.filter(|_| holds_names(failure))))
            }
            rusqlite::Error::SqlInputError { error, msg, .. } => {
                Cause::Refused(Refusal::of_sqlite(error, Some(msg)))
            }
            error => Cause::Driver(error.into()),
        };
        Error::Database(DatabaseError(cause))
    }

    impl Refusal {
        fn of_sqlite(failure: ffi::Error, message: Option<String>) -> Refusal {
            Refusal {
                code: failure.extended_code.to_string(),
                message: message.unwrap_or_else(|| failure.to_string()),
                constraint: None,
                table: None,
                column: None,
            }
        }
    }

    /// Whether SQLite's message holds names alone. A constraint's does, and the message of `RAISE` is the
    /// application's. A function that fails may quote the value, which may belong to another row.
    fn holds_names(failure: ffi::Error) -> bool {
        !matches!(failure.code, ErrorCode::Unknown | ErrorCode::TypeMismatch)
    }
}
