//! What can go wrong with a statement: before it is sent, in the database, and in a transaction of a tenant.
//!
//! What comes in is a refusal of the library, or the driver's error; what goes out is an [`Error`]. A driver's error
//! is not passed on as it is: databases quote values of rows, and the row may be another tenant's. Of
//! `Key (business_id, email)=(2, eve@example.com) already exists` the code, the constraint, the table and the column
//! remain.

use std::error::Error as StdError;
use std::fmt;

use migrate_core::{Engine, InvalidRawExpression};

use super::value::Foreign;

/// The result of a statement of a scope.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement of a scope failed.
///
/// A row of another tenant, and a deleted row, look the same as a row that does not exist.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let refused = bakery.insert(orders).set(orders.id, 1).set(orders.total, 1).execute(&db);
/// match refused {
///     Err(Error::Database(error)) if error.is_unique_violation() => {}
///     other => panic!("{other:?}"),
/// }
///
/// let empty = bakery.update(orders).key(1).execute(&db);   // without `set`
/// assert!(matches!(empty, Err(Error::Invalid(InvalidStatement::NothingSet))));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// One row was asked for, and none exists.
    ///
    /// It exists for no one who asks with this scope: the row may belong to another tenant, or be deleted. Show it as
    /// a 404.
    NotFound {
        /// The table of the statement.
        table: &'static str,
    },
    /// One row was asked for, and several exist.
    ///
    /// The filter was not unique. Use `key`, or `all` and `execute` for many rows.
    NotOne {
        /// The table of the statement.
        table: &'static str,
        /// The number of rows; 2 for a select, which fetches no more. A write without a transaction around it is
        /// done.
        rows: u64,
    },
    /// The row has another version than `if_version` says: another writer changed it first. Nothing was written.
    ///
    /// Read it again, show what has changed, and let the user decide.
    Stale {
        /// The table of the statement.
        table: &'static str,
    },
    /// A row was to be deleted to which rows of a child table with `on soft_delete restrict` refer. Nothing was
    /// written.
    ///
    /// Delete those first, or declare the key as `cascade`.
    Restricted {
        /// The table of the statement.
        table: &'static str,
        /// The table of the rows that keep it.
        child: &'static str,
        /// Their number.
        rows: u64,
    },
    /// A row was to be purged to which rows refer that this tenant does not see, or that were added at the same
    /// moment. The transaction around the purge is lost.
    ///
    /// Run the purge outside of a transaction: it then leaves such a row out and continues.
    StillReferenced {
        /// The table of the statement.
        table: &'static str,
    },
    /// A row was to be restored that refers to a deleted one. Nothing was written.
    ///
    /// Restore the parent: that brings back the children which went with it.
    ParentDeleted {
        /// The table of the statement.
        table: &'static str,
        /// The table of the deleted rows.
        parent: &'static str,
        /// The number of rows that cannot be restored.
        rows: u64,
    },
    /// A row was to be restored whose unique key a live row has taken meanwhile. Nothing was written.
    ///
    /// Change the key of the live row, or leave the other deleted.
    RestoreConflict {
        /// The table of the statement.
        table: &'static str,
        /// The error of the database.
        source: DatabaseError,
    },
    /// The row of an upsert exists but is deleted, in a table whose unique key also covers deleted rows. Nothing was
    /// written.
    ///
    /// Restore the row, or make the unique index partial: `WHERE deleted_at IS NULL`.
    UpsertConflict {
        /// The table of the statement.
        table: &'static str,
    },
    /// The statement makes no sense. It was not sent.
    ///
    /// A mistake in the program and not in its data: it fails at each call, so a test finds it.
    Invalid(InvalidStatement),
    /// The use of an [`Unscoped`](super::Unscoped) could not be recorded, so the statement was not sent. Its source
    /// is the error of the [`Audit`](super::Audit).
    Audit(Box<dyn StdError + Send + Sync>),
    /// A value of a row is not what the program expects: of another type, or NULL where the Rust type is no `Option`.
    ///
    /// Compare the declaration in `tables!` with the database.
    Read {
        /// Its place in the row, counted from 0.
        column: usize,
        /// The driver's error.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The statement belongs to another tenant than the transaction that it was given to. It was not sent.
    ///
    /// End this transaction first, then open one for the other tenant.
    OtherTenant,
    /// A statement on the rows of all tenants was given to the pool or the transaction of one, where row-level
    /// security would hide most of them. It was not sent.
    ///
    /// Give it a plain pool of a role that the policies do not bind.
    NotForAllTenants,
    /// The transaction was rolled back at its end: a statement in it had failed, and the caller went on.
    ///
    /// PostgreSQL itself reports success for such a COMMIT, and rolls back. Return the first error from the closure
    /// instead of ignoring it.
    Aborted {
        /// The first failure, as the database described it.
        failure: String,
    },
    /// The transaction was given up at its end: a statement in it was dropped before its answer came, perhaps by a
    /// timeout, so it is unknown what it did.
    Interrupted,
    /// Plain SQL would end the transaction, and was not sent. Or it has ended the transaction or switched its tenant,
    /// and what was left of it was rolled back.
    NotOurTransaction,
    /// A connection of the pool came with a transaction that other code had left open. That was rolled back, and the
    /// connection closed.
    ForeignTransaction,
    /// The database refused the statement, or is out of reach. [`DatabaseError::code`] says which.
    Database(DatabaseError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound { table } => write!(f, "no such row in {table}"),
            Error::NotOne { table, rows } => write!(f, "{rows} rows of {table} where one was expected"),
            Error::Stale { table } => {
                write!(f, "the row of {table} was changed since it was read; read it again")
            }
            Error::Restricted { table, child, rows } => {
                write!(f, "{rows} rows of {child} keep a row of {table} from being deleted; delete them first")
            }
            Error::StillReferenced { table } => write!(
                f,
                "rows that are not seen here refer to a row of {table}, and the transaction of the purge is lost; purge \
                 outside of a transaction, where such a row is left out"
            ),
            Error::ParentDeleted { table, parent, rows } => {
                write!(f, "{rows} rows of {table} refer to deleted rows of {parent}; restore those first")
            }
            Error::RestoreConflict { table, .. } => {
                write!(f, "a live row of {table} has taken the unique key of the row to restore")
            }
            Error::UpsertConflict { table } => write!(
                f,
                "a deleted row of {table} holds the key of the upsert; restore it, or make the unique index partial: \
                 `WHERE deleted_at IS NULL`"
            ),
            Error::Invalid(invalid) => invalid.fmt(f),
            Error::Audit(_) => f.write_str("the unscoped statement could not be recorded and was not sent"),
            Error::Read { column, .. } => write!(f, "cannot read column {column} of the row"),
            Error::OtherTenant => f.write_str(
                "the transaction belongs to another tenant; open one for this tenant on the pool, after this one",
            ),
            Error::NotForAllTenants => f.write_str(
                "an unscoped statement was given to the pool or the transaction of a tenant; give it a pool of the \
                 role for jobs, which row-level security does not bind",
            ),
            Error::Aborted { failure } => {
                write!(f, "the transaction was rolled back, because a statement in it had failed: {failure}")
            }
            Error::Interrupted => f.write_str(
                "the transaction was given up, because a statement in it was dropped before its answer came; do not \
                 commit after a timeout",
            ),
            Error::NotOurTransaction => f.write_str(
                "plain SQL ends the transaction, changes its tenant or how strings are read; leave COMMIT, ROLLBACK and \
                 the setting of the tenant to `with_tenant`, and standard_conforming_strings on",
            ),
            Error::ForeignTransaction => f.write_str(
                "the connection had a transaction open that this pool did not begin; it was rolled back. Let no other \
                 code use the underlying pool",
            ),
            Error::Database(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::RestoreConflict { source, .. } => Some(source),
            Error::Audit(source) | Error::Read { source, .. } => Some(&**source),
            Error::Database(error) => error.source(),
            _ => None,
        }
    }
}

/// What is wrong with a statement before it is sent. Each displays with a way to correct it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidStatement {
    /// An update, insert or upsert sets nothing: `update(orders).key(1).execute(&db)`.
    NothingSet,
    /// An upsert has no `on`, or does not set the columns of `on`: `upsert(customers).set(customers.name, "Ada")`.
    NoUpsertKey,
    /// A purge has no `older_than`: how long rows stay in the trash is a decision, and has no default.
    NoRetention,
    /// The rows of an insert do not set the same columns. One statement has one list of columns.
    UnevenRows,
    /// No foreign key is declared between the table and those before it. Declare one, or use `join_on`.
    NoPath {
        /// The table to be joined.
        table: &'static str,
    },
    /// More than one foreign key is declared between the table and those before it, as with `billing_address_id` and
    /// `shipping_address_id`. `join_on` says which one is meant.
    ManyPaths {
        /// The table to be joined.
        table: &'static str,
    },
    /// `after` has another number of values than `order_by` has columns:
    /// `order_by(orders.total.asc()).after((30, 3))`.
    Cursor {
        /// The number of columns of `order_by`.
        columns: usize,
        /// The number of values of `after`.
        values: usize,
    },
    /// A query of another scope is nested in the statement: `exists(cinema.select(orders))` in a statement of the
    /// bakery.
    OtherScope,
    /// The table has no column for this role, or none is declared: `if_version(3)` on a table without `version`.
    NoColumn {
        /// The table of the statement.
        table: &'static str,
        /// The role of the column: `deleted`, `version`, `op`, `reason`.
        role: &'static str,
    },
    /// A column is named whose table is not in the statement, or not in this part of it:
    /// `select(orders).filter(customers.id.eq(1))`.
    OutOfReach {
        /// The name or alias of the table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A struct is read from a column that the table does not declare. The name of a field is the name of its column,
    /// unless `#[column]` says another.
    UnknownColumn {
        /// The table.
        table: &'static str,
        /// The name that is not a column of it.
        column: &'static str,
    },
    /// Two tables of a statement have the same name. A table that is joined to itself needs an `alias`.
    NameTaken {
        /// The name.
        name: &'static str,
    },
    /// A column is set that belongs to another table, or that only the library sets. The types refuse it too, unless
    /// the caller implements the traits of `tables!` itself.
    NotSettable {
        /// The table of the statement.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The rows of the table belong to tenants, and the statement has no tenant.
    OfTenants {
        /// The table.
        table: &'static str,
    },
    /// All tenants share the table, and the statement would change it for one of them.
    OfAll {
        /// The table.
        table: &'static str,
    },
    /// The reason of an [`Unscoped`](super::Unscoped) is blank.
    NoReason,
    /// The statement binds more values than it can hold: a list for `in_` that is too long.
    TooManyValues {
        /// The number of values that it binds.
        values: usize,
        /// The number that the engine takes.
        limit: usize,
    },
    /// The engine has no values of this type: see [`Value`](super::Value).
    ForeignValue {
        /// The type, by its name in Rust.
        value: &'static str,
        /// The engine that the statement is written for.
        engine: Engine,
    },
    /// The engine cannot do this, such as locking rows on SQLite.
    Unsupported {
        /// What the statement asked for.
        what: &'static str,
        /// What to do instead.
        help: &'static str,
    },
    /// A piece of [`raw`](super::raw()) SQL is not a single harmless expression.
    Raw(InvalidRawExpression),
}

impl fmt::Display for InvalidStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidStatement::NothingSet => f.write_str("the statement sets no column; add `set`"),
            InvalidStatement::NoUpsertKey => {
                f.write_str("an upsert has to name the columns of its unique key with `on`, and to set them")
            }
            InvalidStatement::NoRetention => {
                f.write_str("a purge has to say how long rows stay in the trash, with `older_than`")
            }
            InvalidStatement::UnevenRows => {
                f.write_str("the rows of an insert must all set the same columns")
            }
            InvalidStatement::NoPath { table } => {
                write!(f, "no declared foreign key leads to {table}; say how with `join_on`")
            }
            InvalidStatement::ManyPaths { table } => {
                write!(f, "several declared foreign keys lead to {table}; say which with `join_on`")
            }
            InvalidStatement::Cursor { columns, values } => {
                write!(f, "`after` has {values} values for {columns} columns of `order_by`")
            }
            InvalidStatement::OtherScope => {
                f.write_str("a query of another scope cannot be nested in this statement")
            }
            InvalidStatement::NoColumn { table, role } => {
                write!(f, "{table} has no column for this; declare one in `tables!`: `{role} = …`")
            }
            InvalidStatement::OutOfReach { table, column } => {
                write!(
                    f,
                    "`{table}.{column}` is named where {table} is not in the statement; join it, or use a subquery"
                )
            }
            InvalidStatement::UnknownColumn { table, column } => {
                write!(f, "{table} declares no column `{column}` to read; declare it in `tables!`")
            }
            InvalidStatement::NameTaken { name } => {
                write!(f, "two tables of the statement are named {name}; rename one with `alias`")
            }
            InvalidStatement::NotSettable { table, column } => {
                write!(
                    f,
                    "`{column}` cannot be set in a statement on {table}: the library keeps it, or it is another table's"
                )
            }
            InvalidStatement::OfTenants { table } => {
                write!(
                    f,
                    "the rows of {table} belong to tenants; use a `Scope`, or `Unscoped` for all of them"
                )
            }
            InvalidStatement::OfAll { table } => {
                write!(f, "all tenants share {table}; write it through `Global`")
            }
            InvalidStatement::NoReason => {
                f.write_str("an unscoped statement has to say why it is sent, in `Unscoped::because`")
            }
            InvalidStatement::TooManyValues { values, limit } => {
                write!(
                    f,
                    "the statement binds {values} values, more than the limit of {limit}; send several, or use a subquery"
                )
            }
            InvalidStatement::ForeignValue { value, engine } => Foreign { value, engine: *engine }.fmt(f),
            InvalidStatement::Unsupported { what, help } => write!(f, "{what} is not supported here; {help}"),
            InvalidStatement::Raw(raw) => raw.fmt(f),
        }
    }
}

impl From<InvalidStatement> for Error {
    fn from(invalid: InvalidStatement) -> Error {
        Error::Invalid(invalid)
    }
}

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

    /// Whether a row with the same unique or primary key exists already.
    pub fn is_unique_violation(&self) -> bool {
        // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID.
        matches!(self.code(), Some("23505" | "1555" | "2067" | "2579"))
    }
}

/// The source has the message: an application that shows errors to users can leave it out.
impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Cause::Refused(_) => "the database refused the statement",
            Cause::Driver(_) => "the database did not answer the statement",
        })
    }
}

impl StdError for DatabaseError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Cause::Refused(refusal) => Some(refusal),
            Cause::Driver(error) => Some(&**error),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl StdError for Refusal {}

#[cfg(feature = "postgres")]
mod postgres {
    use tokio_postgres::error::DbError;

    use super::{Cause, DatabaseError, Error, Refusal};

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

#[cfg(feature = "postgres")]
pub(super) use postgres::message;
#[cfg(feature = "sqlite")]
pub(super) use sqlite::unprepared;

#[cfg(feature = "sqlite")]
mod sqlite {
    use rusqlite::ErrorCode;
    use rusqlite::ffi;

    use super::{Cause, DatabaseError, Error, Refusal};

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
