//! The verbs that run scripts.

use migrate_core::{Target, Version};

use super::Migrator;
use crate::database::Database;
use crate::report::Report;
use crate::run::{Reset, ToTarget};

impl Migrator<'_> {
    /// Applies every pending migration, each together with its history row in one transaction.
    ///
    /// When nothing is pending it costs one round trip, and neither locks nor writes.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// let report = migrate::Migrator::new(set).migrate(&pool).await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the run is refused, and then nothing has run; or when a script fails, and then
    /// [`Error::report`](crate::Error::report) says what was applied before it.
    pub fn migrate<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Report> {
        self.run(database, Target::Latest)
    }

    /// Applies every pending migration up to `version`, this one too. Nothing is rolled back.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// migrate::Migrator::new(set).migrate_to(&pool, "20251114090000".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate`]; refused when the set does not hold `version`.
    pub fn migrate_to<'a, D: Database + 'a>(
        &'a self,
        database: D,
        version: Version,
    ) -> D::Answer<'a, Report> {
        self.run(database, Target::UpTo(version))
    }

    /// Rolls the last `steps` migrations back, or all when fewer are applied.
    ///
    /// One that this binary does not contain is rolled back by the script that its history row recorded.
    ///
    /// ```no_run
    /// # fn example(mut connection: rusqlite::Connection, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// let report = migrate::Migrator::new(set).rollback(&mut connection, 1)?;
    /// assert_eq!(report.migrations.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate`]; refused, before anything runs, when one of them is irreversible.
    pub fn rollback<'a, D: Database + 'a>(&'a self, database: D, steps: usize) -> D::Answer<'a, Report> {
        self.run(database, Target::Down(steps))
    }

    /// Rolls every migration above `version` back; `version` itself stays applied.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// migrate::Migrator::new(set).rollback_to(&pool, "20251107100000".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback`]; refused when `version` is not applied.
    pub fn rollback_to<'a, D: Database + 'a>(
        &'a self,
        database: D,
        version: Version,
    ) -> D::Answer<'a, Report> {
        self.run(database, Target::DownTo(version))
    }

    /// Rolls the last migration back and applies it again, for work on a draft.
    ///
    /// ```no_run
    /// # fn example(mut connection: rusqlite::Connection, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// migrate::Migrator::new(set).redo(&mut connection)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback`]; refused when the set does not hold it.
    pub fn redo<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Report> {
        self.run(database, Target::Redo)
    }

    /// Drops **everything** in the database, whether a migration made it or not, and applies all migrations. Other
    /// sets in it lose their tables and their history. What is in no schema, such as large objects, stays, but for
    /// publications.
    ///
    /// `name` is the database that may be wiped, as a safeguard against the wrong connection: what
    /// `SELECT current_database()` says, or the path of the SQLite file (empty for one in memory).
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// migrate::Migrator::new(set).reset(&pool, "app_dev").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongDatabase`](crate::ErrorKind::WrongDatabase) when the connection leads to another; then
    /// nothing was touched. Otherwise as [`Migrator::migrate`].
    pub fn reset<'a, D: Database + 'a>(&'a self, database: D, name: &'a str) -> D::Answer<'a, Report> {
        database.perform(Reset(self, name))
    }

    pub(crate) fn run<'a, D: Database + 'a>(&'a self, database: D, target: Target) -> D::Answer<'a, Report> {
        database.perform(ToTarget(self, target))
    }
}
