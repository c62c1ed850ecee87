use std::error::Error as StdError;
use std::fmt;

use migrate_core::{Engine, InvalidRawExpression};

use super::value::Foreign;

/// What a statement of a scope came to.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement of a scope came to no good end.
///
/// A row of another tenant, or one that is deleted, is never told apart from one that does not exist.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// One row was asked for, and there is none.
    NotFound {
        /// The table of the statement.
        table: &'static str,
    },
    /// One row was asked for, and there are more.
    NotOne {
        /// The table of the statement.
        table: &'static str,
        /// How many there are. A write without a transaction around it is done.
        rows: u64,
    },
    /// The row has another version than `if_version` says: somebody was faster. Nothing was written.
    Stale {
        /// The table of the statement.
        table: &'static str,
    },
    /// Rows of a child table with `on soft_delete restrict` refer to a row that was to be deleted. Nothing was written.
    Restricted {
        /// The table of the statement.
        table: &'static str,
        /// Where the rows are that keep it.
        child: &'static str,
        /// How many they are.
        rows: u64,
    },
    /// Rows that this tenant does not see, or that were added in this moment, refer to a row that was to be purged. The
    /// transaction around the purge is lost.
    StillReferenced {
        /// The table of the statement.
        table: &'static str,
    },
    /// A row was to be restored that refers to a deleted one. Nothing was written.
    ParentDeleted {
        /// The table of the statement.
        table: &'static str,
        /// Where the deleted rows are.
        parent: &'static str,
        /// How many rows cannot be restored.
        rows: u64,
    },
    /// A row was to be restored, and a live one holds its unique key by now. Nothing was written.
    RestoreConflict {
        /// The table of the statement.
        table: &'static str,
        /// What the database says.
        source: DatabaseError,
    },
    /// The row of an upsert is there but deleted, in a table whose unique key also covers deleted rows. Nothing was
    /// written.
    UpsertConflict {
        /// The table of the statement.
        table: &'static str,
    },
    /// A statement that cannot be meant. It was not sent.
    Invalid(InvalidStatement),
    /// The use of an [`Unscoped`](super::Unscoped) could not be recorded, so the statement was not sent.
    Audit(Box<dyn StdError + Send + Sync>),
    /// A value of a row is not what the program expects.
    Read {
        /// Its place in the row, from 0.
        column: usize,
        /// What the driver says.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The statement is of another tenant than the transaction that it was given to. It was not sent.
    OtherTenant,
    /// A statement on the rows of all tenants was given to the pool or the transaction of one, where row-level security
    /// would hide most of them. It was not sent.
    NotForAllTenants,
    /// The transaction was rolled back at its end: a statement in it had failed, though that was passed over.
    Aborted {
        /// What the database said of the failure.
        failure: String,
    },
    /// The transaction was given up at its end: a statement in it was dropped before its answer came, by a timeout
    /// perhaps, and nobody knows what it did.
    Interrupted,
    /// Plain SQL would end the transaction, and was not sent; or it has ended it or made it another tenant's, and what
    /// was left of it was rolled back.
    NotOurTransaction,
    /// A connection of the pool came with a transaction that somebody else had left open. It was rolled back, and the
    /// connection closed.
    ForeignTransaction,
    /// The database refused the statement, or is out of reach.
    Database(DatabaseError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound { table } => write!(f, "no such row in {table}"),
            Error::NotOne { table, rows } => write!(f, "{rows} rows of {table} where one was asked for"),
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
                write!(f, "a live row of {table} has taken the unique key of the one to be restored")
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
                "the connection had a transaction open that this pool did not begin; it was rolled back. Let nobody \
                 else use the pool beneath",
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

/// What is wrong with a statement before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidStatement {
    /// Nothing is set: an update, insert or upsert without `set`.
    NothingSet,
    /// An upsert without `on`, or one that does not set the columns of `on`.
    NoUpsertKey,
    /// A purge without `older_than`.
    NoRetention,
    /// The rows of an insert do not set the same columns.
    UnevenRows,
    /// No foreign key is declared between the table and those before it.
    NoPath {
        /// The table to be joined.
        table: &'static str,
    },
    /// More than one foreign key is declared between the table and those before it: `join_on` says which.
    ManyPaths {
        /// The table to be joined.
        table: &'static str,
    },
    /// `after` has not as many values as `order_by` has columns.
    Cursor {
        /// How many `order_by` has.
        columns: usize,
        /// How many `after` has.
        values: usize,
    },
    /// A query of another scope stands inside the statement.
    OtherScope,
    /// The table has no column for this, or none was declared.
    NoColumn {
        /// The table of the statement.
        table: &'static str,
        /// The role of the column: `deleted`, `version`, `op`, `reason`.
        role: &'static str,
    },
    /// A column is named whose table is not in the statement, or not in this part of it.
    OutOfReach {
        /// The name or alias of the table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A struct is read from a column that the table does not declare.
    UnknownColumn {
        /// The table.
        table: &'static str,
        /// What was taken for a column of it.
        column: &'static str,
    },
    /// Two tables of a statement go by one name.
    NameTaken {
        /// The name.
        name: &'static str,
    },
    /// A column is to be set that is another table's, or that only the library sets.
    NotSettable {
        /// The table of the statement.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The rows of the table belong to tenants, and the statement has none.
    OfTenants {
        /// The table.
        table: &'static str,
    },
    /// All tenants share the table, and the statement is to change it for one.
    OfAll {
        /// The table.
        table: &'static str,
    },
    /// The reason of an [`Unscoped`](super::Unscoped) says nothing.
    NoReason,
    /// The statement binds more values than one can hold.
    TooManyValues {
        /// How many it binds.
        values: usize,
        /// How many the engine takes.
        limit: usize,
    },
    /// The engine has no values of this type: see [`Value`](super::Value).
    ForeignValue {
        /// The type, as Rust calls it.
        value: &'static str,
        /// The engine that the statement is for.
        engine: Engine,
    },
    /// The engine cannot do this.
    Unsupported {
        /// What was asked for.
        what: &'static str,
        /// What to do instead.
        help: &'static str,
    },
    /// A raw fragment is no single expression.
    Raw(InvalidRawExpression),
}

impl fmt::Display for InvalidStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidStatement::NothingSet => f.write_str("nothing is set; say what with `set`"),
            InvalidStatement::NoUpsertKey => f.write_str(
                "an upsert has to say by which columns a row is the same with `on`, and to set them",
            ),
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
                f.write_str("a query of another scope cannot stand inside this statement")
            }
            InvalidStatement::NoColumn { table, role } => {
                write!(f, "{table} has no column for this; declare one in `tables!`: `{role} = …`")
            }
            InvalidStatement::OutOfReach { table, column } => {
                write!(
                    f,
                    "`{table}.{column}` is named where {table} is not in the statement; join it, or ask in a subquery"
                )
            }
            InvalidStatement::UnknownColumn { table, column } => {
                write!(f, "{table} declares no column `{column}` to read; declare it in `tables!`")
            }
            InvalidStatement::NameTaken { name } => {
                write!(f, "two tables of the statement are called {name}; give one another name with `alias`")
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
                    "the statement binds {values} values, and one holds {limit}; send several, or use a subquery"
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

/// That the database refused a statement, or did not answer.
///
/// Databases put rows into what they say of a failure: the detail of an exclusion constraint holds the range of the other
/// row, that of a unique key its values, and a text that is no number is quoted. Such a row may be another tenant's, for a
/// constraint looks at all of them and the server may look at a row before it knows whose it is. So only what holds names
/// is kept: the code, the constraint, the table, the column, and those messages that are made of them. The rest is in the
/// log of the server.
#[derive(Debug)]
pub struct DatabaseError(Cause);

#[derive(Debug)]
enum Cause {
    Refused(Refusal),
    /// The connection or the driver failed.
    Driver(Box<dyn StdError + Send + Sync>),
}

/// What is kept of a refusal.
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

    /// The SQLSTATE of PostgreSQL, or the extended result code of SQLite.
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

    /// Whether a unique or primary key holds the value already.
    pub fn is_unique_violation(&self) -> bool {
        // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID.
        matches!(self.code(), Some("23505" | "1555" | "2067" | "2579"))
    }
}

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

    /// What the server says, where it says no more than names.
    pub(in crate::scope) fn message(refused: &DbError) -> &str {
        let code = refused.code().code();
        // A data exception quotes the value, which may be another row's; what belongs to no class that is known here
        // may be an extension's, and hold anything. P0001 is what a function of the application raises.
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

    /// The failure of a statement that was refused before it saw a row: the message is about the text.
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

    /// Whether what SQLite says of a failure holds no more than names: a constraint's does, and that of `RAISE` is the
    /// application's. A function that fails may quote the value, which may be another row's.
    fn holds_names(failure: ffi::Error) -> bool {
        !matches!(failure.code, ErrorCode::Unknown | ErrorCode::TypeMismatch)
    }
}
