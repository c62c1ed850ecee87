//! Embedded SQL migrations for PostgreSQL and SQLite, proven at compile time.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod database;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod driver;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod error;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod migrator;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod report;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod run;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use crate::{
    database::{BlockingDatabase, Database},
    driver::Blocker,
    error::{Error, ErrorKind},
    migrator::Migrator,
    report::{MigrationReport, Progress, Report},
};
pub use migrate_core::{
    Action, AppliedState, Checksum, Diagnostic, Diagnostics, Dialect, Down, Engine, Execution, Form,
    InvalidChecksum, InvalidFileName, InvalidVersion, Migration, MigrationSet, MigrationState,
    MigrationStatus, OlderBinaries, OutOfOrder, Plan, Position, Problem, Quote, Refusal, Refused, Risk,
    Script, SetState, Span, Status, Step, Target, Version,
};

/// Bakes a migrations folder into the binary as a [`MigrationSet`], and proves it while compiling.
///
/// ```ignore
/// use migrate::{MigrationSet, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
/// static JOBS: MigrationSet = embed_migrations!("jobs/migrations", set = "jobs", dialect = "any");
/// ```
///
/// A relative path starts where the package's `Cargo.toml` lies; without a path the folder is `migrations`.
/// `dialect` and `set` win over the keys of the same name in the folder's `migrate.toml`.
///
/// Everything that is wrong with the folder is a compile error, and all of it is told at once: see [`Problem`].
/// The expansion is a constant: nothing is parsed, hashed or allocated at startup.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! embed_migrations {
    ($($input:tt)*) => { $crate::__private::embed!($crate; $($input)*) };
}

/// What `embed_migrations!` expands to. No public interface.
#[doc(hidden)]
pub mod __private {
    pub use migrate_core::{Checksum, Dialect, Down, Migration, OlderBinaries, Risk, Span, embedded};
    #[cfg(feature = "macros")]
    pub use migrate_macros::embed;
}
