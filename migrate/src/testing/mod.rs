//! A real PostgreSQL server for tests, with a database of its own for each.
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
//! | [`TestDatabase`] | a database on it, gone at the end of the test, kept when the test fails |
//! | [`PrivateServer`] | a server of the test's own, to be killed and started again |
//! | [`Bouncer`] | PgBouncer in front of a server, pooling by transaction |
//!
//! With the feature `postgres`, [`trace`](trace()) says what each statement of a set does to the tables that are there:
//! its locks, rewrites, index builds and scans.
//!
//! # The throw-away server
//!
//! The first test process that needs it makes a new cluster, in half a second: on a RAM disk where there is one,
//! reachable only through a socket that is open to its own user, without any of the care for data that costs time.
//! All test processes of one user share it, however many of them a test runner starts, and it stops when none of
//! them has used it for a while. Nothing stays behind when a process is killed, because users hold a kernel lock
//! on the server rather than a place in a list; a small shell process waits for that lock and cleans up.
//!
//! PostgreSQL refuses to run as root, so root's server runs as the user `postgres`, or else `nobody`.
//!
//! A throw-away server needs Linux: `/proc`, and `flock` of util-linux. Elsewhere, name a server.
//!
//! # How it is found
//!
//! 1. `MIGRATE_TEST_PG_URL` names a server: it is used as it is, and nothing is started.
//! 2. Otherwise `initdb` and `postgres` are needed, both in one directory. `MIGRATE_TEST_PG_BIN` names it; without
//!    that it is the first of: what `pg_config --bindir` says, where `initdb` in `PATH` really is, the highest
//!    version in `/usr/lib/postgresql/*/bin`.
//!
//! When there is none, every test that needs it fails with an [error](ServerError) that says what to do and where
//! it looked; none is skipped. `apt-get install postgresql` is enough on Debian and its relatives: no service
//! needs to run, and no database cluster has to exist.
//!
//! # Environment variables
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `MIGRATE_TEST_PG_URL` | a server to use, whose role may create databases; connections to it are not encrypted | a throw-away server |
//! | `MIGRATE_TEST_PG_BIN` | the directory of `initdb` and `postgres` | searched |
//! | `MIGRATE_TEST_PG_IDLE` | seconds that a server started now stays after its last user | 600 |
//! | `MIGRATE_TEST_TMP` | where throw-away data goes; root's server has to be able to reach it | `/dev/shm` if 1 GiB is free there, else the temporary directory |
//! | `MIGRATE_TEST_KEEP` | keep the databases of tests that succeed, too, if set to anything | dropped |
#![cfg(unix)]

mod account;
mod address;
mod base;
mod bouncer;
mod cluster;
mod database;
mod error;
mod instance;
mod locate;
mod private;
mod server;
mod shared;
#[cfg(feature = "postgres")]
mod trace;

pub use bouncer::Bouncer;
pub use database::TestDatabase;
pub use error::ServerError;
pub use private::PrivateServer;
pub use server::Server;
#[cfg(feature = "postgres")]
pub use trace::{Lock, LockMode, MigrationTrace, Relation, Scene, StatementTrace, Trace, trace};
