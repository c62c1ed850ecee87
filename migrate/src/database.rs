//! What the verbs accept, and how they answer.

use crate::driver::Driver;
use crate::error::Error;

/// A database that a verb of a [`Migrator`](crate::Migrator) works on.
///
/// On PostgreSQL that is a `&deadpool_postgres::Pool` or a `&mut tokio_postgres::Client`, and the answer is awaited. On
/// SQLite it is a `&mut rusqlite::Connection`, and the answer is there at once:
///
/// ```text
/// let report = Migrator::new(&MIGRATIONS).migrate(&pool).await?;
/// let report = Migrator::new(&MIGRATIONS).migrate(&mut connection)?;
/// ```
///
/// A pool lends connections for the run: one for the migrations, and before it another that holds the lock and is
/// closed at the end, outside of the pool's count. When the run is cut off, the first is closed too rather than given
/// back. Settings made by hand on a pooled connection do not reach the run; those of the pool's own hooks do.
///
/// A client or a connection must not be inside a transaction. After a run an SQLite connection is as the caller
/// configured it. Behind a transaction pooler use a pool: a client alone cannot keep other runners from a statement
/// that refuses a transaction there.
///
/// [`scope::Database`](crate::scope::Database) is a trait of its own, because a statement of a scope also runs inside
/// the caller's transaction and shares its connection, and a migration does neither.
pub trait Database: Sized + sealed::Sealed {
    /// The answer of a verb: a `Result`, or a future of one, which is `Send`.
    type Answer<'a, T: Send + 'a>
    where
        Self: 'a;

    /// Connects, and does it.
    #[doc(hidden)]
    fn perform<'a, T: Task + 'a>(self, task: T) -> Self::Answer<'a, T::Answer>
    where
        Self: 'a;
}

/// What is done on a connection, the same on every engine.
pub trait Task: Send {
    type Answer: Send;

    fn on<D: Driver>(self, driver: &mut D) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}
