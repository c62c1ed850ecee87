//! Embedded SQL migrations for PostgreSQL and SQLite, checked at compile time.
//!
//! A folder of SQL scripts, each with its rollback, becomes a constant of your binary. The binary then brings any database
//! to the state that it needs.
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
//! The crate named `migrate` on crates.io is another one. Until this one is published, depend on a checkout, or use
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
//! TLS belongs to your pool or client: the package `tls` in `examples/` shows how.
//!
//! # The folder
//!
//! ```text
//! migrations/
//!   migrate.toml                              optional: the policy
//!   migrate.lock                              optional: the migrations that may not change any more
//!   prepare.sql                               optional: what the migrations need from outside, such as roles; see below
//!   schema.sql                                optional: the schema that all migrations make together
//!   20251107100000_create_tenants.up.sql      applies the migration
//!   20251107100000_create_tenants.down.sql    rolls it back
//!   billing/                                  folders only group: all files have one order
//!     20251114090000_create_invoices.up.sql
//!     20251114090000_create_invoices.down.sql
//! ```
//!
//! The number before the first `_` is the [`Version`], and the versions order the migrations. Three other forms of names
//! are read too: `<version>_<name>.sql` without rollbacks, diesel's and Prisma's `<version>_<name>/up.sql` (or
//! `migration.sql`), and `V1__name.sql` with `U1__name.sql`, as Flyway and refinery have them. A folder uses one form. A
//! file that fits none of them is a compile error, unless `ignore` names it. The other problems that a folder can have are
//! in [`diagnostic`].
//!
//! ## `prepare.sql`
//!
//! Some migrations need what is not theirs: roles, extensions, the tables of a platform. `prepare.sql` makes these. It runs
//! in each throw-away database before the first migration: in that of `#[migrate::test]`, of `cargo migrate test`, and of
//! the round trip. The analysis knows the objects that it makes. It is not embedded, and never runs in a real database,
//! which has them already.
//!
//! ## `migrate.toml`
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `dialect` | `"postgres"`, `"sqlite"`, or `"any"` for SQL that both engines read alike | `"postgres"` |
//! | `set` | the name of the set in the history, so that several sets share a database | `"default"` |
//! | `rollback` | `"required"`: a migration without a rollback is an error, unless it is declared irreversible; `"optional"`: it is irreversible | `"required"` |
//! | `lock` | `"required"`: a migration that is not in `migrate.lock` is an error, for releases and CI; `"if-present"` | `"if-present"` |
//! | `ignore` | globs of files that are not migrations | none |
//! | `postgres` | the oldest PostgreSQL that the migrations run on, such as `15`: newer syntax is a hazard | any |
//! | `lint-from` | the first version whose hazards are reported | all |
//! | `tenant` | the column that names the tenant of a row: a new table without it is a hazard | none |
//! | `deleted` | the column that marks a row as deleted softly, for the hazards of soft deletes | none |
//! | `global` | the tables that belong to no tenant | none |
//! | `names.pattern` | a regular expression that the whole name must match | none |
//! | `names.vague` | names that are refused; the default counts only if there is a table `[names]` | update, changes, fix, migration, new_fields |
//! | `history.schema` | the schema of the history tables (PostgreSQL) | `"public"` |
//! | `history.prefix` | the prefix of the history tables' names | `"migrate"` |
//! | `run.lock-timeout` | how long a statement may wait for a lock, such as `"500ms"` (PostgreSQL) | `"5s"` |
//! | `run.lock-deadline` | how long to wait for another run to end (PostgreSQL) | `"5min"` |
//! | `run.statement-timeout` | how long a statement may run (PostgreSQL) | the setting of the server |
//! | `drift.schemas` | the schemas that `drift`, `dump` and `fingerprint` look at (PostgreSQL); what is in no schema, such as an extension, is looked at only without this key | all |
//! | `drift.ignore` | patterns of what they do not look at: `app.events_*` with its columns, indexes and sequences, `spatial_ref_sys` in any schema | none |
//! | `hazards` | a table with the level of each hazard or risk: `"allow"`, `"warn"` or `"deny"` | `high` denied, `controlled` warned of, `safe` allowed |
//!
//! `[history]`, `[run]` and `[drift]` are in the set: every [`Migrator`] of it begins with them, in the application and in
//! `cargo migrate`. A method of the migrator wins over them. On the command line, the variables `MIGRATE_HISTORY_SCHEMA`,
//! `MIGRATE_HISTORY_PREFIX`, `MIGRATE_LOCK_TIMEOUT`, `MIGRATE_LOCK_DEADLINE` and `MIGRATE_STATEMENT_TIMEOUT` win over the
//! file, and a flag wins over its variable. The library itself reads no variable.
//!
//! What is ignored is in no drift, no dump and no fingerprint, so the round trip does not compare it either. A run keeps it
//! all the same: without the pattern, `drift` shows what was changed meanwhile. A dump without a table that a view needs
//! cannot be loaded.
//!
//! ## Directives
//!
//! A directive is a comment at the top of a script.
//!
//! | directive | meaning |
//! |---|---|
//! | `-- migrate: no-transaction` | each statement runs on its own, as `CREATE INDEX CONCURRENTLY` has to; an interrupted run goes on where it stopped |
//! | `-- migrate: irreversible "why"` | the migration has no rollback script |
//! | `-- migrate: nothing-to-undo "why"` | the rollback script has no statement, on purpose |
//! | `-- migrate: nothing-to-do "why"` | the script that applies the migration has no statement, on purpose |
//! | `-- migrate: lock-timeout 5s` | how long a statement may wait for a lock (`ms`, `s`, `min`, `h`) |
//! | `-- migrate: statement-timeout 30min` | how long a statement may run |
//! | `-- migrate: older-binaries ok` | binaries without this migration may run on its schema; the default is `refuse` |
//! | `-- migrate: risk safe` | the risk as the author sees it: `safe`, `controlled` or `high` |
//! | `-- migrate: allow drop-column "why"` | an exception for a hazard; also above a single statement |
//! | `-- migrate: unparsed "why"` | the statement below is one that the engine takes and this library cannot read: it is not analysed |
//! | `-- migrate: foreign-keys off` | SQLite checks no foreign keys while the script runs, which a table rebuild needs; the pragma does the same |
//!
//! ## Hazards
//!
//! With the feature `lint`, the macro analyses what each statement does to a database that is in use: which locks it takes
//! for long, which data it loses, which running code it breaks. What it finds is a compile error or a warning, by the
//! [`Risk`], with the safer form. `cargo migrate explain NAME` prints the page about a hazard.
//!
//! ## `migrate.lock`
//!
//! The lock file has a line for each migration, with the checksums of its scripts. `cargo migrate lock` or
//! [`lock_file::write`] writes it, and you commit it. Once it exists, the macro refuses a listed migration that was edited,
//! renamed or removed, and a new one that comes before a listed one. The message says how to go back. A migration that is
//! not listed is a draft, and free to change. Two branches that both lock a migration collide in git.
//!
//! Sometimes the script of an applied migration has to change, and does the same as before. Then `cargo migrate lock
//! --accept` or [`lock_file::write`] accepts the edit for its version: the line keeps the earlier checksum too, and
//! databases that recorded it are up to date.
//!
//! # A run
//!
//! 1. One round trip asks whether everything is applied. If so, the run is over: it takes no lock and writes nothing.
//! 2. Otherwise it reads the history and makes the [`Plan`], a pure function of the set, the history and the target.
//!    Everything that can be refused is refused here, before anything runs.
//! 3. On PostgreSQL it takes a lock, by asking again and again, reads the history again and plans again.
//! 4. Each migration is one transaction: it claims its row of the history, runs the script and records it. Many are under
//!    way at once, and a failure stops all that come after it.
//!
//! The history is in two tables, `migrate_history` and the append-only `migrate_log`, in the schema `public` unless
//! [`Migrator::history_schema`] names another. Each row holds the rollback script, so an older binary can roll back
//! migrations that it does not contain. A third table, `migrate_schema`, keeps the schema as the last run left it:
//! [`Migrator::drift`] reports what was changed by hand since. If a trigger, a rule or row-level security swallows or
//! changes a row of the history, that is an error, and the migration is rolled back. A history that row-level security
//! hides is an error too.
//!
//! An [`Error`] says what failed and where, down to line and column of the script, what was done before, and what to do.
//! Then the run can be started again.
//!
//! # What a binary holds
//!
//! The macro expands to a constant: the texts of all migrations and, in a compact form, everything else about them. A
//! binary contains no parser of SQL. The first access to a migration unpacks the set, 1,000 migrations in less than a
//! millisecond, and copies no text. A start with nothing to do unpacks nothing.
//!
//! # Watching a run
//!
//! [`Migrator::on_progress`] calls back for each migration that is planned, done, blocked, tried again or slow. With the
//! feature `tracing` the same comes as events, inside the spans `run` (`set`, `engine`, `target`), `migration` (`version`,
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
//! `outcome` and `elapsed_ms` are what metrics need: count `outcome` and measure `elapsed_ms`, by `action`. Scripts that
//! share a round trip are under way together. The span of each ends when its answer has arrived, and `elapsed_ms` is what
//! the database measured.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `macros` (default) | [`embed_migrations!`] |
//! | `lint` (default) | the macro parses the SQL and reports hazards; without it a set has no [`Risk`], and binaries that lack a migration refuse to run after it |
//! | `postgres` | runs on `deadpool_postgres::Pool` and `tokio_postgres::Client` |
//! | `sqlite` | runs on `rusqlite::Connection`, linked with the system's SQLite |
//! | `sqlite-bundled` | the same, with an SQLite that is built with it |
//! | `scope` | statements that see the live rows of one tenant, on the engines that are turned on: [`scope`] |
//! | `cli` | the verbs of `cargo migrate` inside an application, on the engines that are turned on: [`cli`] |
//! | `include_dir` | [`MigrationSet::from_dir`] |
//! | `serde` | `serde::Serialize` for reports, plans and statuses |
//! | `tracing` | spans and events: see [Watching a run](#watching-a-run) |
//! | `testing` | [`#[migrate::test]`](macro@test), a throw-away PostgreSQL server for tests, and what the statements of a set do to its tables: [`testing`] |

// The links above lead to items of all features. docs.rs builds with all of them, where a broken link is an error.
#![cfg_attr(
    not(all(
        feature = "macros",
        feature = "postgres",
        feature = "sqlite",
        feature = "scope",
        feature = "cli",
        feature = "include_dir",
        feature = "testing"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

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
    Status, Step, Target, Version, Work,
};

/// Embeds a migrations folder in the binary as a [`MigrationSet`], and checks it while compiling.
///
/// ```
/// use migrate::{MigrationSet, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
/// static JOBS: MigrationSet = embed_migrations!("migrations", set = "jobs", dialect = "any");
/// assert_eq!(JOBS.name(), "jobs");
/// ```
///
/// A relative path starts at the folder of the package's `Cargo.toml`; without a path the folder is `migrations`. `dialect`
/// and `set` win over the keys of the same name in `migrate.toml`.
///
/// Each problem of the folder is a compile error, and all of them are reported at once: see [`diagnostic`]. The expansion
/// is a constant: see [What a binary holds](crate#what-a-binary-holds).
///
/// Cargo compiles the crate again when a file of the folder is edited, removed or renamed, also `migrate.toml` and
/// `migrate.lock`. It does not notice an *added* file, unless a build script calls [`build::watch`], or the lock file is
/// updated with it. In a build with debug assertions, every verb of `Migrator` reports files of the folder that the binary
/// lacks.
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
