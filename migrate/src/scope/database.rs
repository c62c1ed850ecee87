use migrate_core::Engine;

use super::error::Result;
use super::family::{Counts, Family, Kind};
use super::row::Row;
use super::sql::Statement;

/// Where a statement is sent.
///
/// On PostgreSQL that is a reference to a `deadpool_postgres::Pool` or one of its objects, a `tokio_postgres::Client`
/// or a transaction of either, and the answer is awaited. On SQLite it is a reference to a `rusqlite::Connection` or
/// one of its transactions, and the answer is there at once:
///
/// ```text
/// let rows: Vec<Order> = scope.select(orders).all(&pool).await?;
/// let rows: Vec<Order> = scope.select(orders).all(&connection)?;
/// ```
///
/// With row-level security it is a reference to a `TenantPool` or to what its `with_tenant` lends:
/// nobody else tells the database whose rows are meant, and without that it shows none.
///
/// [`migrate::Database`](crate::Database) is a trait of its own, because a run has its database to itself and is refused
/// inside a transaction, and a statement shares its connection and is often sent inside one.
///
/// On PostgreSQL a statement is one round trip. It is never prepared under a name, so poolers do not get in its way.
pub trait Database: Sized + sealed::Sealed {
    /// The answer of a statement: a `Result`, or a future of one.
    type Answer<T: Send + 'static>;

    #[doc(hidden)]
    const ENGINE: Engine;

    /// Sends a statement and makes one value of its rows.
    #[doc(hidden)]
    fn rows<T, U, F>(self, statement: Result<Statement>, read: Read<T>, finish: F) -> Self::Answer<U>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(Result<Vec<T>>) -> Result<U> + Send + 'static;

    /// Sends a statement and makes one value of the number of rows that it changed.
    #[doc(hidden)]
    fn execute<U, F>(self, statement: Result<Statement>, finish: F) -> Self::Answer<U>
    where
        U: Send + 'static,
        F: FnOnce(Result<u64>) -> Result<U> + Send + 'static;

    /// Changes a family, in batches if it wants that, and makes one value of the numbers of rows.
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

pub(super) mod sealed {
    pub trait Sealed {}
}
