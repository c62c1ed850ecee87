//! What the verbs of a migrator accept.

use crate::driver::Driver;
use crate::error::Error;

/// A database that is awaited: `&deadpool_postgres::Pool` or `&mut tokio_postgres::Client`.
///
/// A pool lends connections for the run: one for the migrations, and before it another that holds the lock and is
/// closed at the end, outside of the pool's count. When the run is cut off, the first is closed too rather than given
/// back. Settings made by hand on a pooled connection do not reach the run; those of the pool's own hooks do.
///
/// A client must not be inside a transaction. Behind a transaction pooler use a pool: a client alone cannot keep
/// others from a statement that refuses a transaction there.
pub trait Database: Send + sealed::Sealed {
    #[doc(hidden)]
    type Driver: Driver;

    #[doc(hidden)]
    fn connect(self) -> impl Future<Output = Result<Self::Driver, Error>> + Send;
}

/// A database that is not awaited: `&mut rusqlite::Connection`.
///
/// The connection must not be inside a transaction. After a run it is as the caller configured it.
pub trait BlockingDatabase: sealed::Sealed {
    #[doc(hidden)]
    type Driver: Driver;

    #[doc(hidden)]
    fn open(self) -> Result<Self::Driver, Error>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}
