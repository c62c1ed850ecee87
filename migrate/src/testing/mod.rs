//! Tests with a database: migrated, one for each test, and real.
//!
//! [`#[migrate::test]`](macro@crate::test) gives a test a database that is migrated already. The server is found or
//! started; nothing has to be set up.
//!
//! ```
//! use migrate::{MigrationSet, embed_migrations};
//!
//! static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
//!
//! # #[cfg(feature = "postgres")]
//! #[migrate::test]
//! async fn a_tenant_is_found(pool: deadpool_postgres::Pool) -> Result<(), Box<dyn std::error::Error>> {
//!     pool.get().await?.execute("INSERT INTO tenants VALUES ('b1', 'bakery')", &[]).await?;
//!     // …
//!     Ok(())
//! }
//! ```
//!
//! - *Migrations run once, not once for each test.* The first test that needs them makes a template database, named
//!   `mt_t_<digest of its contents>`, and every test gets a copy. A copy takes about 20 ms, for any number of
//!   migrations. The next run finds the template, and so do other processes at the same time: one makes it, the
//!   others wait. If a script changes, a new template is made. A template that was not used for a week is dropped. On
//!   SQLite the template is in memory, and made once in each process.
//! - *The database of a test that fails is kept*, after a panic or an `Err`, and its address printed. On SQLite it is
//!   written to a file in the temporary directory. Other databases are dropped once their test ends. After an hour a
//!   later run drops those that were kept, or left by a test that was killed.
//! - *A test may do anything*: commit, open several connections, change the schema.
//! - *What the migrations need from outside* is in `prepare.sql` in their folder: roles, extensions, the tables of a
//!   platform. It runs in each throw-away database before the first migration. A real database never sees it.
//! - *Roles belong to the whole server*, not to a database. A migration or a `prepare.sql` that creates a role should do
//!   so only if it is missing, even if two tests do it at once:
//!
//!   ```sql
//!   DO $$ BEGIN
//!       CREATE ROLE app;
//!   EXCEPTION WHEN duplicate_object OR unique_violation THEN
//!       NULL;
//!   END $$;
//!   ```
//!
//! A test without migrations asks for an empty database:
//!
//! ```
//! use migrate::testing::Server;
//!
//! # #[tokio::main(flavor = "current_thread")] // a test has `#[tokio::test]` here
//! async fn orders_are_counted() -> Result<(), Box<dyn std::error::Error>> {
//!     let database = Server::shared()?.create_database("orders_are_counted").await?;
//!     let client = database.connect().await?;
//!     client.batch_execute("CREATE TABLE orders (id bigint); INSERT INTO orders VALUES (1)").await?;
//!     let count: i64 = client.query_one("SELECT count(*) FROM orders", &[]).await?.get(0);
//!     assert_eq!(count, 1);
//!     Ok(())
//! }
//! # fn main() { orders_are_counted().unwrap() }
//! ```
//!
//! | type | what it is |
//! |---|---|
//! | [`Server`] | the server that all tests share |
//! | [`TestDatabase`] | a database on it, dropped at the end of the test, kept if the test fails |
//! | `TestArgument` | a type that a `#[migrate::test]` takes |
//! | `SqliteTestDatabase` | a database in memory, for several connections |
//! | [`PrivateServer`] | a server for one test, to be killed and started again |
//! | [`Bouncer`] | PgBouncer in front of a server, pooling by transaction |
//!
//! `round_trip` applies each migration of a set, rolls it back and applies it again, and reports what the rollback
//! does not restore. With the feature `postgres`, [`trace`](trace()) reports what each statement of a set does to
//! existing tables: its locks, rewrites, index builds and scans.
//!
//! # The throw-away server
//!
//! The first test process that needs it makes a new cluster, in half a second: on a RAM disk if there is one,
//! reachable only through a socket that is open to its own user, and without any of the settings that protect data
//! and cost time. All test processes of a user share it, and it stops once none of them has used it for a while.
//! Nothing is left when a process is killed: each user holds a kernel lock on the server, and no list has to be kept.
//! A small shell process waits for that lock and cleans up.
//!
//! PostgreSQL refuses to run as root, so root's server runs as the user `postgres`, or else `nobody`.
//!
//! A throw-away server needs Linux: `/proc`, and `flock` of util-linux. On other systems, name a server.
//!
//! # How it is found
//!
//! 1. `MIGRATE_TEST_PG_URL` names a server: it is used as it is, and nothing is started.
//! 2. Otherwise `initdb` and `postgres` are needed, both in one directory. `MIGRATE_TEST_PG_BIN` names it. If that is
//!    not set, it is the first of: the answer of `pg_config --bindir`, the real directory of the `initdb` in `PATH`,
//!    the highest version in `/usr/lib/postgresql/*/bin`.
//!
//! If there is none, every test that needs a server fails with an [error](ServerError) that says what to do and where
//! it looked. No test is skipped. `apt-get install postgresql` is enough on Debian and its relatives: no service
//! needs to run, and no database cluster has to exist.
//!
//! # Environment variables
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `MIGRATE_TEST_PG_URL` | a server to use, whose role may create databases; connections to it are not encrypted | a throw-away server |
//! | `MIGRATE_TEST_PG_BIN` | the directory of `initdb` and `postgres` | searched |
//! | `MIGRATE_TEST_PG_IDLE` | seconds that a server started now keeps running after its last user | 600 |
//! | `MIGRATE_TEST_TMP` | the directory of throw-away data; root's server has to be able to reach it | `/dev/shm` if 1 GiB is free there, else the temporary directory |
//! | `MIGRATE_TEST_KEEP` | if set to anything, the databases of successful tests are kept too | dropped |

#![cfg(unix)]

mod account;
mod address;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod argument;
mod base;
mod bouncer;
mod cluster;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod contents;
mod database;
mod error;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod harness;
mod instance;
mod locate;
mod maintenance;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod prepare;
mod private;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod round_trip;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod seed;
mod server;
mod shared;
#[cfg(feature = "sqlite")]
mod sqlite;
mod sweep;
#[cfg(feature = "postgres")]
mod template;
#[cfg(feature = "postgres")]
mod trace;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use argument::{PreparedDatabase, TestArgument};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use round_trip::{
    Check, CheckOutcome, LostRows, MigrationRoundTrip, RoundTrip, RoundTripError, RoundTripReport, Verdict,
    round_trip,
};

pub use bouncer::Bouncer;
pub use database::TestDatabase;
pub use error::ServerError;
pub use private::PrivateServer;
pub use server::Server;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteTestDatabase;
#[cfg(feature = "postgres")]
pub use trace::{Lock, LockMode, MigrationTrace, Relation, Scene, StatementTrace, Trace, trace};
