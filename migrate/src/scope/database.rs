//! Where a statement is sent: one trait over the drivers of both engines.
//!
//! What comes in is a [`Statement`], or the error of writing one, and two functions: how a row is read and what the
//! answer becomes. What goes out is the driver's kind of answer: a `Result` on SQLite, a future of one on PostgreSQL.
//! So each verb is written once, and `bakery.select(orders).all(&connection)?` and
//! `bakery.select(orders).all(&pool).await?` are the same method.

use migrate_core::Engine;

use super::error::Result;
use super::family::{Counts, Family, Kind};
use super::row::Row;
use super::sql::Statement;

/// Where a statement is sent: the argument of `all`, `one`, `execute` and similar methods.
///
/// On PostgreSQL it is a reference to a `deadpool_postgres::Pool` or one of its objects, a `tokio_postgres::Client`
/// or a transaction of either, and the answer is awaited. On SQLite it is a reference to a `rusqlite::Connection` or
/// one of its transactions, and the answer is returned at once:
///
/// ```text
/// let rows: Vec<Order> = scope.select(orders).all(&pool).await?;
/// let rows: Vec<Order> = scope.select(orders).all(&connection)?;
/// ```
///
/// With row-level security it is a reference to a `TenantPool`, or to the transaction that its `with_tenant` lends.
/// No other value tells the database whose rows are meant, and without that the policies show none.
///
/// [`migrate::Database`](crate::Database) is a trait of its own, because a run has its database to itself and is refused
/// inside a transaction, and a statement shares its connection and is often sent inside one.
///
/// Statements in a transaction of your own:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// # let mut db = db;
/// let transaction = db.transaction()?;
/// bakery.update(orders).key(1).set(orders.total, 0).one(&transaction)?;
/// bakery.hard_delete(orders).key(2).one(&transaction)?;
/// transaction.rollback()?;
/// assert_eq!(bakery.select(orders).filter(orders.total.gt(0)).count(&db)?, 3);
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// On PostgreSQL a statement is one round trip. It is never prepared under a name, so it works behind a pooler that
/// pools by transaction. On SQLite it is prepared, run and finalized.
///
/// # Errors
///
/// Each verb can return these, besides its own:
///
/// - [`Error::Invalid`](super::Error::Invalid): the statement makes no sense, and was not sent.
/// - [`Error::Database`](super::Error::Database): the database refused it, or is out of reach.
/// - [`Error::Audit`](super::Error::Audit): the use of an [`Unscoped`](super::Unscoped) could not be recorded.
/// - [`Error::OtherTenant`](super::Error::OtherTenant), [`Error::NotForAllTenants`](super::Error::NotForAllTenants)
///   and [`Error::ForeignTransaction`](super::Error::ForeignTransaction) from a `TenantPool` or its transaction.
pub trait Database: Sized + sealed::Sealed {
    /// The answer of a statement: a `Result`, or a future of one.
    type Answer<T: Send + 'static>;

    /// The engine that the statement is written for. The type says it, so it is known before anything is sent.
    #[doc(hidden)]
    const ENGINE: Engine;

    /// Sends a statement and makes one value of its rows.
    #[doc(hidden)]
    fn rows<T, U, F>(self, statement: Result<Statement>, read: Read<T>, finish: F) -> Self::Answer<U>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(Result<Vec<T>>) -> Result<U> + Send + 'static;

    /// Sends a statement and makes one value of the number of changed rows.
    #[doc(hidden)]
    fn execute<U, F>(self, statement: Result<Statement>, finish: F) -> Self::Answer<U>
    where
        U: Send + 'static,
        F: FnOnce(Result<u64>) -> Result<U> + Send + 'static;

    /// Changes a family, in batches if it has any, and makes one value of the numbers of rows.
    #[doc(hidden)]
    fn family<K, U, F>(self, family: Result<Family<K>>, finish: F) -> Self::Answer<U>
    where
        K: Kind + 'static,
        U: Send + 'static,
        F: FnOnce(Result<Counts>, &Family<K>) -> Result<U> + Send + 'static;
}

/// How a row is read.
#[doc(hidden)]
pub(super) type Read<T> = fn(&Row<'_>) -> Result<T>;

/// Keeps other crates from implementing [`Database`]: an implementation could send a statement to another tenant's
/// connection.
pub(super) mod sealed {
    pub trait Sealed {}
}
