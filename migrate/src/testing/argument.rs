//! What a `#[migrate::test]` can take as an argument.
//!
//! What comes in is the type of the argument, `deadpool_postgres::Pool`; what goes out is a value of it, for a
//! database that was prepared for this test. The type also names the engine, so the attribute has no option for that.

use std::panic::UnwindSafe;

use super::contents::{BoxError, Contents};

/// A type that a [`#[migrate::test]`](macro@crate::test) can take as an argument.
///
/// There are `tokio_postgres::Client`, `deadpool_postgres::Pool` and [`TestDatabase`](super::TestDatabase) on
/// PostgreSQL, `rusqlite::Connection` and [`SqliteTestDatabase`](super::SqliteTestDatabase) on SQLite. Several
/// arguments of a test use the same database. Implement it for what the tests of your application have in common:
///
/// ```
/// # #[cfg(feature = "postgres")]
/// # mod example {
/// use std::error::Error;
/// use migrate::testing::{TestArgument, TestDatabase};
///
/// struct App { pool: deadpool_postgres::Pool }
///
/// impl TestArgument for App {
///     type Database = TestDatabase;
///
///     async fn of(database: &TestDatabase) -> Result<App, Box<dyn Error + Send + Sync>> {
///         Ok(App { pool: deadpool_postgres::Pool::of(database).await? })
///     }
/// }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a `#[migrate::test]`",
    label = "this type cannot be made from the database of a test",
    note = "there are `deadpool_postgres::Pool`, `tokio_postgres::Client` and `migrate::testing::TestDatabase` with the \
            feature `postgres`, `rusqlite::Connection` and `migrate::testing::SqliteTestDatabase` with `sqlite`, and what \
            implements `migrate::testing::TestArgument`"
)]
pub trait TestArgument: Sized {
    /// The database that it uses, which also says the engine.
    type Database: PreparedDatabase;

    /// Makes the argument, for a database that exists and is migrated.
    ///
    /// # Errors
    ///
    /// An error fails the test.
    fn of(database: &Self::Database) -> impl Future<Output = Result<Self, BoxError>>;
}

/// The migrated database of a test: [`TestDatabase`](super::TestDatabase) or
/// [`SqliteTestDatabase`](super::SqliteTestDatabase).
pub trait PreparedDatabase: Sized + UnwindSafe {
    /// Makes a database with these contents.
    #[doc(hidden)]
    fn prepare(contents: Contents, test: &str) -> Result<Self, BoxError>;

    /// The same database once more: it lives until the last value is dropped.
    #[doc(hidden)]
    fn share(&self) -> Self;

    /// Keeps the database after the test, and prints its address.
    #[doc(hidden)]
    fn keep(&self);

    /// Drops the database, unless all are to be kept.
    #[doc(hidden)]
    fn discard(&self);
}

#[cfg(feature = "postgres")]
mod postgres {
    use deadpool_postgres::{Manager, Pool};
    use migrate_core::Engine;
    use tokio_postgres::{Client, NoTls};

    use super::{BoxError, Contents, PreparedDatabase, TestArgument};
    use crate::testing::maintenance::background;
    use crate::testing::server::Server;
    use crate::testing::{TestDatabase, template};

    impl PreparedDatabase for TestDatabase {
        fn prepare(contents: Contents, test: &str) -> Result<Self, BoxError> {
            contents.check(Engine::Postgres)?;
            let server = Server::shared()?;
            background()?.block_on(template::database(&server.address, contents, test))
        }

        fn share(&self) -> Self {
            TestDatabase::share(self)
        }

        fn keep(&self) {
            TestDatabase::keep(self);
        }

        fn discard(&self) {
            TestDatabase::discard(self);
        }
    }

    impl TestArgument for TestDatabase {
        type Database = TestDatabase;

        async fn of(database: &TestDatabase) -> Result<Self, BoxError> {
            Ok(database.share())
        }
    }

    impl TestArgument for Client {
        type Database = TestDatabase;

        async fn of(database: &TestDatabase) -> Result<Self, BoxError> {
            Ok(database.connect().await?)
        }
    }

    /// A pool of up to four connections: many tests run at once, and a server has 300.
    impl TestArgument for Pool {
        type Database = TestDatabase;

        async fn of(database: &TestDatabase) -> Result<Self, BoxError> {
            Ok(Pool::builder(Manager::new(database.config(), NoTls)).max_size(4).build()?)
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use rusqlite::Connection;

    use super::{BoxError, Contents, PreparedDatabase, TestArgument};
    use crate::testing::SqliteTestDatabase;

    impl PreparedDatabase for SqliteTestDatabase {
        fn prepare(contents: Contents, test: &str) -> Result<Self, BoxError> {
            SqliteTestDatabase::create(contents, test)
        }

        fn share(&self) -> Self {
            SqliteTestDatabase::share(self)
        }

        fn keep(&self) {
            SqliteTestDatabase::keep(self);
        }

        /// Nothing to do: the database goes with its last connection.
        fn discard(&self) {}
    }

    impl TestArgument for SqliteTestDatabase {
        type Database = SqliteTestDatabase;

        async fn of(database: &SqliteTestDatabase) -> Result<Self, BoxError> {
            Ok(database.share())
        }
    }

    impl TestArgument for Connection {
        type Database = SqliteTestDatabase;

        async fn of(database: &SqliteTestDatabase) -> Result<Self, BoxError> {
            Ok(database.connect()?)
        }
    }
}
