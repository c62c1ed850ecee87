//! Embedded SQL migrations for PostgreSQL and SQLite, proven at compile time.
//!
//! A folder of SQL scripts, each with its rollback, becomes a constant of your binary; the binary brings any
//! database to the state that it needs.
//!
//! ```
//! use migrate::{MigrationSet, Migrator, embed_migrations};
//!
//! static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
//!
//! # #[cfg(feature = "sqlite")]
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut connection = rusqlite::Connection::open_in_memory()?;
//!     let report = Migrator::new(&MIGRATIONS).migrate(&mut connection)?;
//!     println!("{report}");
//! #   assert_eq!(report.migrations.len(), 2);
//!     Ok(())
//! }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! The crate of this name on crates.io is another one. Until this one is published, the dependency is a checkout, or
//! `git = "…"` with the address of its repository:
//!
//! ```toml
//! [dependencies]
//! migrate = { path = "../migrate/migrate", features = ["postgres"] }
//! ```
//!
//! On PostgreSQL the database is a `deadpool_postgres::Pool` or a `tokio_postgres::Client`:
//!
//! ```
//! # use migrate::{MigrationSet, embed_migrations};
//! # static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
//! # #[cfg(feature = "postgres")]
//! async fn start(pool: deadpool_postgres::Pool) -> Result<(), migrate::Error> {
//!     let report = migrate::Migrator::new(&MIGRATIONS).migrate(&pool).await?;
//!     println!("{report}");
//!     Ok(())
//! }
//! ```
//!
//! TLS is the caller's, through their own pool or client: the package `tls` in `examples/` shows it.
//!
//! # The folder
//!
//! ```text
//! migrations/
//!   migrate.toml                              optional: the policy
//!   migrate.lock                              optional: what no one may change any more
//!   schema.sql                                optional: what all migrations make, for people and for the round trip
//!   20251107100000_create_tenants.up.sql      applies the migration
//!   20251107100000_create_tenants.down.sql    rolls it back
//!   billing/                                  folders only group: one order over the tree
//!     20251114090000_create_invoices.up.sql
//!     20251114090000_create_invoices.down.sql
//! ```
//!
//! The number before the first `_` is the [`Version`] and orders the migrations. Three other forms are read too:
//! `<version>_<name>.sql` without rollbacks, diesel's and Prisma's `<version>_<name>/up.sql` (or `migration.sql`),
//! Flyway's and refinery's `V1__name.sql` with `U1__name.sql`. One tree has one form. A file that fits none is a
//! compile error unless `ignore` names it.
//!
//! ## `migrate.toml`
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `dialect` | `"postgres"`, `"sqlite"`, or `"any"` for SQL that both read alike | `"postgres"` |
//! | `set` | the name of the set in the history, so that several share a database | `"default"` |
//! | `rollback` | `"required"`: a migration without a way back is an error, unless it says that it is irreversible; `"optional"` | `"required"` |
//! | `lock` | `"required"`: a migration that is not in `migrate.lock` is an error, for releases and CI; `"if-present"` | `"if-present"` |
//! | `ignore` | globs of files that are no migrations | none |
//! | `names.pattern` | a regular expression for the names | none |
//! | `names.vague` | names that are refused once there is a `[names]` | update, changes, fix, migration, new_fields |
//!
//! ## Directives
//!
//! They stand in the comments at the top of a script.
//!
//! | directive | meaning |
//! |---|---|
//! | `-- migrate: no-transaction` | each statement by itself, for `CREATE INDEX CONCURRENTLY` and its like; a run that is cut off goes on where it stopped |
//! | `-- migrate: irreversible "why"` | there is no rollback script |
//! | `-- migrate: nothing-to-undo "why"` | in a rollback script without statements: that is meant |
//! | `-- migrate: lock-timeout 5s` | how long a statement may wait for a lock (`ms`, `s`, `min`, `h`) |
//! | `-- migrate: statement-timeout 30min` | how long a statement may run |
//! | `-- migrate: older-binaries ok` | binaries that do not contain this migration may run on its schema; `refuse` is the default |
//! | `-- migrate: risk safe` | what the author says of it: `safe`, `controlled` or `high` |
//! | `-- migrate: allow <hazard> "why"` | an exception, also above a single statement |
//! | `-- migrate: foreign-keys off` | SQLite: for a table rebuild; the pragma itself does too |
//!
//! ## `migrate.lock`
//!
//! A line for each migration holds the checksums of its scripts. [`lock_file::write`] writes it (and `cargo migrate
//! lock`), and it is committed. Once it exists, the macro refuses a listed migration that was edited, renamed or removed, and
//! a new one that does not come after all that are listed, and says how to go back. What is not listed is a draft, free
//! to change. Two branches that both lock a migration collide in git.
//!
//! Where the script of an applied migration has to change and still does the same, `lock_file::write` takes its version
//! to accept the edit: the line then also holds the checksum from before, and databases that recorded that one are up
//! to date.
//!
//! # A run
//!
//! 1. One round trip asks whether all is applied. If so, that was the run: nothing is locked, nothing written.
//! 2. Otherwise the history is read and the [`Plan`] made: a pure function of the set, the history and the
//!    target. What can be refused is refused here, before anything runs.
//! 3. On PostgreSQL the run takes a lock, by asking again and again, reads the history again and plans again.
//! 4. Each migration is one transaction: it claims its row of the history, runs the script, records it. Many are
//!    under way at once, and a failure stops all that come behind it.
//!
//! The history lies in two tables, `migrate_history` and the append-only `migrate_log`, in the schema `public`
//! unless [`Migrator::history_schema`] names another. Each row holds the rollback script, so an older binary can
//! roll back what it does not contain. A third, `migrate_schema`, keeps the schema as the runs left it:
//! [`Migrator::drift`] tells what was changed by hand since. A row that a trigger, a rule or row-level security
//! swallows or changes is an error and rolls the migration back; so is a history that row-level security hides.
//!
//! An [`Error`] says what failed and where, down to line and column of the script, what was done before, and what
//! to do. The run can then simply be started again.
//!
//! # Watching a run
//!
//! [`Migrator::on_progress`] calls back with what is planned, done, blocked, tried again or slow. With the feature
//! `tracing` the same comes as events, inside the spans `run` (`set`, `engine`, `target`), `migration` (`version`,
//! `name`, `action`) and, outside of transactions, `statement` (`number`):
//!
//! | event | level | fields |
//! |---|---|---|
//! | planned | info | `migrations` |
//! | migration done | info | `version`, `name`, `action`, `statements`, `elapsed_ms`, `outcome` = `done` |
//! | migration waits for a lock | warn | `version`, `pid`, `blocker` |
//! | migration will be tried again | warn | `version`, `error`, `tries`, `pause_ms`, `outcome` = `retried` |
//! | migration is still running | warn | `version`, `elapsed_ms` |
//! | schema not kept | warn | `error` |
//! | migration failed | error | `version`, `name`, `action`, `error`, `outcome` = `failed` |
//!
//! `outcome` and `elapsed_ms` make the metrics: count the one, measure the other, by `action`. Scripts that share
//! a round trip are under way together; the span of each ends when its answer is there, and `elapsed_ms` is the
//! database's own measure.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `macros` (default) | [`embed_migrations!`] |
//! | `postgres` | runs on `deadpool_postgres::Pool` and `tokio_postgres::Client` |
//! | `sqlite` | runs on `rusqlite::Connection`, linked with the system's SQLite |
//! | `sqlite-bundled` | the same, with an SQLite that is built along |
//! | `scope` | statements that see one tenant's live rows, on the engines that are turned on: [`scope`] |
//! | `cli` | the verbs of `cargo migrate` inside of an application, on the engines that are turned on: [`cli`] |
//! | `include_dir` | [`MigrationSet::from_dir`] |
//! | `serde` | `serde::Serialize` for reports, plans and statuses |
//! | `tracing` | spans and events, see below |
//! | `testing` | [`#[migrate::test]`](macro@test), a throw-away PostgreSQL server for tests, and what the statements of a set do to its tables: [`testing`] |

pub mod build;
#[cfg(all(feature = "cli", any(feature = "postgres", feature = "sqlite")))]
pub mod cli;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod database;
pub mod diagnostic;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod driver;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod error;
pub mod lock_file;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod migrator;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod report;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod run;
pub mod schema;
#[cfg(all(feature = "scope", any(feature = "postgres", feature = "sqlite")))]
pub mod scope;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod trace;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod verification;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use crate::{
    database::Database,
    driver::Blocker,
    error::{Error, ErrorKind},
    migrator::Migrator,
    report::{MigrationReport, Progress, Report},
    verification::{Finding, Verification},
};
pub use migrate_core::{
    Action, AppliedState, Checksum, Dialect, Direction, Down, Engine, Execution, Migration, MigrationSet,
    MigrationState, MigrationStatus, OlderBinaries, OutOfOrder, Plan, Refusal, Risk, Script, SetState,
    Status, Step, Target, Version,
};

/// Bakes a migrations folder into the binary as a [`MigrationSet`], and proves it while compiling.
///
/// ```
/// use migrate::{MigrationSet, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
/// static JOBS: MigrationSet = embed_migrations!("migrations", set = "jobs", dialect = "any");
/// assert_eq!(JOBS.name(), "jobs");
/// ```
///
/// A relative path starts where the package's `Cargo.toml` lies; without a path the folder is `migrations`.
/// `dialect` and `set` win over the keys of the same name in the folder's `migrate.toml`.
///
/// Everything that is wrong with the folder is a compile error, and all of it is told at once: see [`Problem`](diagnostic::Problem).
/// The expansion is a constant: nothing is parsed, hashed or allocated at startup.
///
/// Cargo compiles again when a file of the folder is edited, removed or renamed, `migrate.toml` and `migrate.lock`
/// included. It does not notice a file that is *added*, unless a build script calls [`build::watch`]; or a lock file is
/// there, and the file is added to it. In a build with debug assertions every verb of `Migrator` tells it when the
/// binary lacks a file that its folder holds.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! embed_migrations {
    ($($input:tt)*) => { $crate::__private::embed!($crate; $($input)*) };
}

/// A test with a migrated database of its own.
///
/// ```
/// use migrate::{MigrationSet, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
///
/// # #[cfg(feature = "postgres")]
/// #[migrate::test]
/// async fn a_tenant_is_found(pool: deadpool_postgres::Pool) -> Result<(), Box<dyn std::error::Error>> {
///     pool.get().await?.execute("INSERT INTO tenants VALUES ('b1', 'bakery')", &[]).await?;
///     // …
///     Ok(())
/// }
///
/// # #[cfg(feature = "sqlite")]
/// #[migrate::test(MIGRATIONS, seed = "fixtures/tenants.sql", up_to = 20251107100000)]
/// fn a_seeded_tenant_is_found(connection: rusqlite::Connection) {
///     // …
/// }
/// ```
///
/// The types of the arguments say which engine it is and how the database is reached: see
/// [`TestArgument`](testing::TestArgument). Several arguments lead to the same database. The function may be `async`;
/// its runtime is a current-thread one of tokio. It returns what any test may return, and other attributes (`#[ignore]`,
/// `#[should_panic]`) stand below.
///
/// | option | meaning | default |
/// |---|---|---|
/// | a path, first | the set to apply | `crate::MIGRATIONS` |
/// | `seed = "a.sql"` or `["a.sql", "b.sql"]` | SQL to run after the migrations; paths start where `Cargo.toml` lies | none |
/// | `up_to = 20251107100000` | the last migration to apply | all |
/// | `crate = path` | where this crate is, if it has another name | `::migrate` |
///
/// Migrations and seeds run once, not once for each test: see [`testing`].
#[cfg(all(unix, feature = "testing", any(feature = "postgres", feature = "sqlite")))]
pub use migrate_macros::test;

/// What `embed_migrations!` expands to. No public interface.
#[doc(hidden)]
pub mod __private {
    pub use migrate_core::{Checksum, Dialect, EmbeddedBytes, EmbeddedFrom, Migration, embedded};
    #[cfg(feature = "macros")]
    pub use migrate_macros::embed;
    #[cfg(feature = "scope")]
    pub use migrate_macros::tables;

    /// What `#[migrate::test]` expands to.
    #[cfg(all(unix, feature = "testing", any(feature = "postgres", feature = "sqlite")))]
    pub mod testing {
        pub use crate::testing::harness::{Seed, Test, run, run_plain, wait};
    }
}

/// The Rust in the README is compiled with the tests.
#[cfg(all(
    doctest,
    feature = "cli",
    feature = "postgres",
    feature = "sqlite",
    feature = "macros",
    feature = "scope"
))]
#[doc = include_str!("../../README.md")]
mod readme {}
