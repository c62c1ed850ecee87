//! The verbs that write to the history and run no script.

use migrate_core::{Target, Version};

use super::Migrator;
use crate::database::Database;
use crate::report::Report;
use crate::run::AcceptDrift;

impl Migrator<'_> {
    /// Records every migration up to `version` as being in place, without running it: for a database that was made by
    /// other means.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// let migrator = migrate::Migrator::new(set);
    /// migrator.baseline(&pool, "20251107100000".parse()?).await?;
    /// migrator.migrate(&pool).await?; // what comes after it
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Refused when anything is applied already, or the set does not hold `version`.
    pub fn baseline<'a, D: Database + 'a>(&'a self, database: D, version: Version) -> D::Answer<'a, Report> {
        self.run(database, Target::Baseline(version))
    }

    /// Records one migration as applied, because it was applied or finished by hand.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// migrate::Migrator::new(set).resolve_applied(&pool, "20251114090000".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Refused when the set does not hold `version`.
    pub fn resolve_applied<'a, D: Database + 'a>(
        &'a self,
        database: D,
        version: Version,
    ) -> D::Answer<'a, Report> {
        self.run(database, Target::ResolveApplied(version))
    }

    /// Records one migration as not applied, because it was undone by hand. Its rollback script does not run.
    ///
    /// ```no_run
    /// # fn example(mut connection: rusqlite::Connection, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// migrate::Migrator::new(set).resolve_rolled_back(&mut connection, "20251114090000".parse()?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Refused when the history does not hold `version`.
    pub fn resolve_rolled_back<'a, D: Database + 'a>(
        &'a self,
        database: D,
        version: Version,
    ) -> D::Answer<'a, Report> {
        self.run(database, Target::ResolveRolledBack(version))
    }

    /// Records the statement at which a script without transaction stopped as done, because someone has looked: the next
    /// run goes on after it. That is for [`Refusal::CutOff`](crate::Refusal::CutOff).
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// let migrator = migrate::Migrator::new(set);
    /// migrator.resolve_statement_done(&pool, "20251121140000".parse()?).await?;
    /// migrator.migrate(&pool).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Refused when the set does not hold `version`, or what is done of it was edited.
    pub fn resolve_statement_done<'a, D: Database + 'a>(
        &'a self,
        database: D,
        version: Version,
    ) -> D::Answer<'a, Report> {
        self.run(database, Target::StatementDone(version))
    }

    /// Records the statement at which a script without transaction stopped as not done: the next run goes on with it.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// let migrator = migrate::Migrator::new(set);
    /// migrator.resolve_statement_undone(&pool, "20251121140000".parse()?).await?;
    /// migrator.migrate(&pool).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_statement_done`].
    pub fn resolve_statement_undone<'a, D: Database + 'a>(
        &'a self,
        database: D,
        version: Version,
    ) -> D::Answer<'a, Report> {
        self.run(database, Target::StatementUndone(version))
    }

    /// Accepts migrations that were edited after they were applied: the history takes the names, checksums and
    /// rollback scripts of the set. Nothing else is changed, so the edit must not change what the script does.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// let report = migrate::Migrator::new(set).repair(&pool).await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or the history cannot be understood.
    pub fn repair<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Report> {
        self.run(database, Target::Repair)
    }

    /// Takes the schema as it is for what the runs left, so that there is no drift. Does nothing where there is no
    /// history.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// let migrator = migrate::Migrator::new(set);
    /// println!("{}", migrator.drift(&pool).await?);
    /// migrator.accept_drift(&pool).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When another runner holds the lock for too long, the schema cannot be kept within
    /// [`Migrator::keep_schema_within`], or the database refuses.
    pub fn accept_drift<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, ()> {
        database.perform(AcceptDrift(self))
    }
}
