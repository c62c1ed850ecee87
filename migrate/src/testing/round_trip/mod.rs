//! Tries on a database whether each rollback restores what was there before its migration.
//!
//! What comes in is a set, with seeds; what goes out is a [`RoundTripReport`]: for each migration a [`Verdict`], such
//! as `exact` or `differs`, with the difference. For each migration the walk applies it, rolls it back and applies it
//! again, and takes a fingerprint of the whole schema each time.

#[cfg(feature = "postgres")]
mod postgres;
mod report;
#[cfg(feature = "sqlite")]
mod sqlite;
mod subject;
mod verdict;
mod walk;

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use migrate_core::{MigrationSet, Version};

pub use report::{Check, CheckOutcome, RoundTripReport};
pub use verdict::{LostRows, MigrationRoundTrip, Verdict};

use super::contents::BoxError;
use super::maintenance::background;
use super::prepare::Prepare;
use super::server::Server;
use crate::lock_file;

/// Applies each migration of a set, rolls it back and applies it again, and compares the whole schema each time.
///
/// One run of all rollbacks in a row proves little: what one of them leaves, the next may remove. And only one of
/// them runs when a release goes wrong.
///
/// ```no_run
/// # use migrate::{MigrationSet, embed_migrations};
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
///
/// # const _: &str = stringify! {
/// #[test]
/// # };
/// fn every_rollback_restores_the_schema() {
///     let report = migrate::testing::round_trip(&MIGRATIONS)
///         .seed(20251107100000, "INSERT INTO tenants VALUES ('b1', 'bakery')")
///         .run_blocking()
///         .unwrap();
///     report.assert_holds();
/// }
/// ```
///
/// [`round_trip_test!`](crate::round_trip_test) is the same test in one line, without rows.
///
/// The set runs on the engine of its dialect, or on both: on PostgreSQL on [`Server::shared`], unless [another
/// server](RoundTrip::server) is given, and on SQLite in memory. A set that was read at run time works too.
pub fn round_trip(set: &MigrationSet) -> RoundTrip<'_> {
    RoundTrip { set, seeds: Vec::new(), folder: set.folder().map(Path::to_path_buf), server: None }
}

/// A test that applies each migration of a set, rolls it back and applies it again, and fails if a rollback does not
/// restore the schema.
///
/// ```
/// # use migrate::{MigrationSet, embed_migrations};
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
///
/// migrate::round_trip_test!(MIGRATIONS);
/// ```
///
/// It makes the test `round_trip`. With rows in the tables it finds more: [`round_trip`](crate::testing::round_trip).
#[macro_export]
macro_rules! round_trip_test {
    ($set:path) => {
        #[test]
        fn round_trip() {
            match $crate::testing::round_trip(&$set).run_blocking() {
                Ok(report) => report.assert_holds(),
                Err(error) => panic!("{error}"),
            }
        }
    };
}

/// The description of a round trip: see [`round_trip`].
#[derive(Clone, Debug)]
#[must_use]
pub struct RoundTrip<'s> {
    set: &'s MigrationSet,
    /// In the order in which they were added.
    seeds: Vec<(u64, String)>,
    folder: Option<PathBuf>,
    server: Option<Server>,
}

impl RoundTrip<'_> {
    /// Adds SQL to run once the migration `after` is applied, so that the later ones meet rows. The rows of all
    /// tables are then counted, too. An empty database hides the rows that a rollback deletes, and the constraints
    /// that rows would violate.
    ///
    /// Seeds of one migration run in the order in which they are added, each in a session of its own. If the database
    /// has to be made anew, they run again: write them so that they depend on nothing but the schema.
    pub fn seed(mut self, after: u64, sql: impl Into<String>) -> Self {
        self.seeds.push((after, sql.into()));
        self
    }

    /// Sets the migrations folder, for `prepare.sql`, `schema.sql` and `migrate.lock`. A set that was embedded in a build with debug
    /// assertions knows its folder already.
    ///
    /// If the folder is not known, the checks of the last two are reported as not looked at, and the round trip holds without
    /// them.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Sets the PostgreSQL server to create databases on. Default: [`Server::shared`].
    pub fn server(mut self, server: &Server) -> Self {
        self.server = Some(server.clone());
        self
    }

    /// Makes the round trip. What it finds is in the report, even if a script fails.
    ///
    /// It costs one database for each engine, and one more for each rollback that does not restore everything. A
    /// migration takes three runs and three readings of the catalog, some tens of milliseconds on PostgreSQL.
    ///
    /// # Errors
    ///
    /// If there is no server, a seed fails, or the set does not contain the version of a seed.
    pub async fn run(self) -> Result<RoundTripReport, RoundTripError> {
        self.walk().await.map_err(RoundTripError)
    }

    /// The same for a test that is not an `async` function.
    ///
    /// # Errors
    ///
    /// As for [`RoundTrip::run`].
    pub fn run_blocking(self) -> Result<RoundTripReport, RoundTripError> {
        let background = background().map_err(|error| RoundTripError(error.into()))?;
        background.block_on(self.run())
    }

    /// Walks through the set on each engine, then looks at the folder.
    async fn walk(self) -> Result<RoundTripReport, BoxError> {
        let seeds = self.known_seeds()?;
        let schema = self.folder.as_ref().map(|folder| read_schema(folder)).transpose()?;
        let prepare = match &self.folder {
            Some(folder) => Prepare::of_folder(folder)?,
            None => Prepare::of_set(self.set)?,
        };
        let schema = schema.as_ref().map(Option::as_deref);
        let walk = walk::Walk { set: self.set, prepare: prepare.as_ref(), seeds: &seeds, schema };
        let mut report = RoundTripReport::default();
        #[cfg(feature = "postgres")]
        if self.set.dialect().runs_on(migrate_core::Engine::Postgres) {
            let server = self.server.clone().map_or_else(Server::shared, Ok)?;
            walk.on(&mut postgres::Database::create(server).await?, &mut report).await?;
        }
        #[cfg(feature = "sqlite")]
        if self.set.dialect().runs_on(migrate_core::Engine::Sqlite) {
            walk.on(&mut sqlite::Database::create()?, &mut report).await?;
        }
        // A green report about nothing would be worse than an error.
        if report.checks.is_empty() {
            let dialect = self.set.dialect();
            return Err(format!(
                "the set is written for {dialect}, whose feature of migrate is not turned on"
            )
            .into());
        }
        report.checks.push(self.locked());
        Ok(report)
    }

    /// The seeds in the order of their versions.
    fn known_seeds(&self) -> Result<Vec<(Version, String)>, BoxError> {
        let known = self.seeds.iter().map(|(after, sql)| {
            let version = Version::new(*after).filter(|version| self.set.get(*version).is_some());
            let version =
                version.ok_or_else(|| format!("the set holds no migration {after} to seed after"))?;
            Ok((version, sql.clone()))
        });
        let mut known = known.collect::<Result<Vec<_>, BoxError>>()?;
        known.sort_by_key(|(version, _)| *version);
        Ok(known)
    }

    /// Whether the folder matches its lock file.
    fn locked(&self) -> Check {
        const WHAT: &str = "the folder is as migrate.lock says";
        let outcome = match &self.folder {
            None => CheckOutcome::unknown_folder(),
            Some(folder) if !folder.join("migrate.lock").exists() => {
                CheckOutcome::NotLooked("there is no migrate.lock".to_owned())
            }
            Some(folder) => match lock_file::check(folder) {
                Ok(_drafts) => CheckOutcome::Holds,
                Err(error) => CheckOutcome::Fails(error.to_string()),
            },
        };
        Check { engine: None, what: WHAT, outcome }
    }
}

/// The schema that the folder holds next to its migrations, if it does.
fn read_schema(folder: &Path) -> Result<Option<String>, BoxError> {
    let path = folder.join("schema.sql");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
    }
}

/// Why a round trip could not be made. What it found is in the [report](RoundTripReport).
pub struct RoundTripError(BoxError);

impl fmt::Display for RoundTripError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the round trip cannot be taken: {}", self.0)
    }
}

impl fmt::Debug for RoundTripError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for RoundTripError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
