use migrate_core::{Drift, Dump, Fingerprint, Plan, Status, Target, Version};

use super::Migrator;
use crate::database::Database;
use crate::error::Error;
use crate::report::Report;
use crate::run::Run;
use crate::verification::Verification;

impl Migrator<'_> {
    /// How the database stands to the set. Reads only: it needs no right but SELECT on the history table, and
    /// that table need not exist.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or the history not be understood.
    pub async fn status(&self, database: impl Database) -> Result<Status, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.status().await
    }

    /// What a run to `target` would do. Reads only.
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`], and with [`ErrorKind::Refused`](crate::ErrorKind::Refused) when the run would be
    /// refused.
    pub async fn plan(&self, database: impl Database, target: Target) -> Result<Plan, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.plan(target).await
    }

    /// Applies every pending migration, each together with its history row in one transaction.
    ///
    /// When nothing is pending it costs one round trip, and neither locks nor writes.
    ///
    /// # Errors
    ///
    /// When the run is refused, and then nothing has run; or when a script fails, and then
    /// [`Error::report`] says what was applied before it.
    pub async fn migrate(&self, database: impl Database) -> Result<Report, Error> {
        self.run(database, Target::Latest).await
    }

    /// Applies every pending migration up to `version`, this one too. Nothing is rolled back.
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate`]; refused when the set does not hold `version`.
    pub async fn migrate_to(&self, database: impl Database, version: Version) -> Result<Report, Error> {
        self.run(database, Target::UpTo(version)).await
    }

    /// Rolls the last `steps` migrations back, or all when fewer are applied.
    ///
    /// One that this binary does not contain is rolled back by the script that its history row recorded.
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate`]; refused, before anything runs, when one of them is irreversible.
    pub async fn rollback(&self, database: impl Database, steps: usize) -> Result<Report, Error> {
        self.run(database, Target::Down(steps)).await
    }

    /// Rolls every migration above `version` back; `version` itself stays applied.
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback`]; refused when `version` is not applied.
    pub async fn rollback_to(&self, database: impl Database, version: Version) -> Result<Report, Error> {
        self.run(database, Target::DownTo(version)).await
    }

    /// Rolls the last migration back and applies it again, for work on a draft.
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback`]; refused when the set does not hold it.
    pub async fn redo(&self, database: impl Database) -> Result<Report, Error> {
        self.run(database, Target::Redo).await
    }

    /// Takes every migration up to `version` as being in place, without running it: for a database that came to
    /// be by other means.
    ///
    /// # Errors
    ///
    /// Refused when anything is applied already, or the set does not hold `version`.
    pub async fn baseline(&self, database: impl Database, version: Version) -> Result<Report, Error> {
        self.run(database, Target::Baseline(version)).await
    }

    /// Takes one migration as applied, because it was applied or finished by hand.
    ///
    /// # Errors
    ///
    /// Refused when the set does not hold `version`.
    pub async fn resolve_applied(&self, database: impl Database, version: Version) -> Result<Report, Error> {
        self.run(database, Target::ResolveApplied(version)).await
    }

    /// Takes one migration as not applied, because it was undone by hand. Its rollback script does not run.
    ///
    /// # Errors
    ///
    /// Refused when the history does not hold `version`.
    pub async fn resolve_rolled_back(
        &self,
        database: impl Database,
        version: Version,
    ) -> Result<Report, Error> {
        self.run(database, Target::ResolveRolledBack(version)).await
    }

    /// Takes the statement as done at which a script without transaction stopped, because somebody looked: the next run
    /// goes on behind it. That is for [`Refusal::CutOff`](crate::Refusal::CutOff).
    ///
    /// # Errors
    ///
    /// Refused when the set does not hold `version`, or what is done of it was edited.
    pub async fn resolve_statement_done(
        &self,
        database: impl Database,
        version: Version,
    ) -> Result<Report, Error> {
        self.run(database, Target::StatementDone(version)).await
    }

    /// Takes the statement as not done at which a script without transaction stopped: the next run goes on with it.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_statement_done`].
    pub async fn resolve_statement_undone(
        &self,
        database: impl Database,
        version: Version,
    ) -> Result<Report, Error> {
        self.run(database, Target::StatementUndone(version)).await
    }

    /// Accepts migrations that were edited after they were applied: the history takes the checksums and rollback
    /// scripts of the set. Nothing else is changed, so the edit must not change what the script does.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or the history not be understood.
    pub async fn repair(&self, database: impl Database) -> Result<Report, Error> {
        self.run(database, Target::Repair).await
    }

    /// Compares every row of the history with the set, and runs the `.verify.sql` of each migration that is
    /// applied, in a transaction that is rolled back.
    ///
    /// A verify script fails when one of its statements does, or when the first column of a row is false (as a text:
    /// `f`; on SQLite: 0). So `SELECT count(*) = 0 FROM orders WHERE business_id IS NULL` is a check.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or the history not be understood. What does not hold is no error but
    /// a [`Finding`](crate::Finding).
    pub async fn verify(&self, database: impl Database) -> Result<Verification, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.verify().await
    }

    /// The schema of the database as it is: every object with its properties, but for the tables of the history. Reads
    /// only, in one round trip; it needs no right beyond connecting.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// # let migrator = migrate::Migrator::new(set);
    /// let before = migrator.fingerprint(&pool).await?;
    /// migrator.redo(&pool).await?;
    /// let difference = before.diff(&migrator.fingerprint(&pool).await?);
    /// assert!(difference.is_empty(), "{difference}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the database cannot be reached, or a lock on a view keeps its definition from being read for longer than
    /// [`Migrator::lock_timeout`]. When other sessions drop objects while they are read, the schema is read again; only
    /// when that happens many times in a row is it an error.
    pub async fn fingerprint(&self, database: impl Database) -> Result<Fingerprint, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.fingerprint().await
    }

    /// The SQL that makes the schema as it is, in an order in which each statement finds what it needs: read from the
    /// catalog, without `pg_dump`. The history is left out. Reads only.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
    /// let dump = migrate::Migrator::new(set).dump(&pool).await?;
    /// std::fs::write("migrations/schema.sql", dump.sql)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::fingerprint`].
    pub async fn dump(&self, database: impl Database) -> Result<Dump, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.dump().await
    }

    /// How the schema differs from what the runs left: what was changed by hand, with the SQL that takes it back where that
    /// is certain. Reads only.
    ///
    /// Each run that does something keeps the schema beside the history, but for what was changed by hand before it: that
    /// is drift until it is undone or [accepted](Migrator::accept_drift). What is changed by hand while a run is under way
    /// counts as the run's.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// let drift = migrate::Migrator::new(set).drift(&pool).await?;
    /// for change in drift.difference().iter().flat_map(|difference| &difference.changes) {
    ///     println!("{change}");
    ///     if let Some(undo) = &change.undo {
    ///         println!("  undo: {}", undo.sql);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::fingerprint`]. That nothing is known of drift is no error but a [`Drift`](crate::schema::Drift).
    pub async fn drift(&self, database: impl Database) -> Result<Drift, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.drift().await
    }

    /// Takes the schema as it is for what the runs left, so that there is no drift. Nothing where there is no history.
    ///
    /// # Errors
    ///
    /// When another runner holds the lock for too long, the schema cannot be kept within
    /// [`Migrator::keep_schema_within`], or the database refuses.
    pub async fn accept_drift(&self, database: impl Database) -> Result<(), Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.accept_drift().await
    }

    /// Drops **everything** in the database, whether a migration made it or not, and applies all migrations. Other
    /// sets in it lose their tables and their history. What is in no schema, such as large objects, stays, but for
    /// publications.
    ///
    /// `name` is the database that may be wiped, as a safeguard against the wrong connection: what
    /// `SELECT current_database()` says, or the path of the SQLite file (empty for one in memory).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongDatabase`](crate::ErrorKind::WrongDatabase) when the connection leads to another; then
    /// nothing was touched. Otherwise as [`Migrator::migrate`].
    pub async fn reset(&self, database: impl Database, name: &str) -> Result<Report, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.reset(name).await
    }

    pub(crate) async fn run(&self, database: impl Database, target: Target) -> Result<Report, Error> {
        let mut driver = database.connect().await?;
        Run::new(self, &mut driver)?.run(target).await
    }
}
