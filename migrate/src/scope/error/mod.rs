//! What can go wrong with a statement: before it is sent, in the database, and in a transaction of a tenant.
//!
//! What comes in is a refusal of the library, or the driver's error; what goes out is an [`Error`]. A driver's error
//! is not passed on as it is: databases quote values of rows, and the row may be another tenant's. Of
//! `Key (business_id, email)=(2, eve@example.com) already exists` the code, the constraint, the table and the column
//! remain.

use std::error::Error as StdError;
use std::fmt;

mod database;
mod invalid;
mod unread;

#[cfg(feature = "postgres")]
pub(super) use database::message;
#[cfg(feature = "sqlite")]
pub(super) use database::unprepared;
pub use database::{DatabaseError, DatabaseErrorKind};
pub use invalid::InvalidStatement;
pub use unread::Unread;

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
///     Err(Error::Database(error)) if error.kind() == DatabaseErrorKind::Unique => {}   // a 409
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
    /// The text names the column, its type and the Rust types that can be read from it. The [module](super#types-of-columns)
    /// has a table of them.
    Read(Unread),
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
    /// The database refused the statement, or is out of reach. [`DatabaseError::kind`] says which.
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
            Error::Read(unread) => unread.fmt(f),
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
            Error::Audit(source) => Some(&**source),
            Error::Read(unread) => unread.source(),
            Error::Database(error) => error.source(),
            _ => None,
        }
    }
}
