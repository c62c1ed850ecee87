//! The verbs that read and change nothing.

use migrate_core::{Drift, Dump, Fingerprint, KeptSchema, Plan, Status, Target, status};

use super::Migrator;
use crate::database::{Database, Task};
use crate::driver::{DatabaseError, Driver, Schema};
use crate::error::Error;
use crate::run::{READING_SCHEMA, Run};
use crate::verification::{Finding, Verification, findings};

impl Migrator<'_> {
    /// How the database compares with the set. Reads only: it needs no right but SELECT on the history table, and that
    /// table need not exist.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// let status = migrate::Migrator::new(set).status(&pool).await?;
    /// println!("{}", status.state);
    /// for migration in &status.migrations {
    ///     println!("{:<12} {}_{}", migration.state, migration.version, migration.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or the history cannot be understood.
    pub fn status<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Status> {
        database.perform(ReadStatus(self))
    }

    /// What a run to `target` would do. Reads only.
    ///
    /// ```no_run
    /// # fn example(mut connection: rusqlite::Connection, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// use migrate::{Migrator, Target};
    ///
    /// let plan = Migrator::new(set).plan(&mut connection, Target::Latest)?;
    /// println!("{plan}"); // a line for each step; `{plan:#}` shows their SQL too
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`], and with [`ErrorKind::Refused`](crate::ErrorKind::Refused) when the run would be
    /// refused.
    pub fn plan<'a, D: Database + 'a>(&'a self, database: D, target: Target) -> D::Answer<'a, Plan> {
        database.perform(MakePlan(self, target))
    }

    /// Compares every row of the history with the set, and runs the `.verify.sql` of each migration that is
    /// applied, in a transaction that is rolled back.
    ///
    /// A verify script fails when one of its statements does, or when the first column of a row is false (as a text:
    /// `f`; on SQLite: 0). So `SELECT count(*) = 0 FROM orders WHERE business_id IS NULL` is a check.
    ///
    /// ```no_run
    /// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
    /// let verification = migrate::Migrator::new(set).verify(&pool).await?;
    /// assert!(verification.is_ok(), "{verification}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or the history cannot be understood. What does not hold is not an error but
    /// a [`Finding`](crate::Finding).
    pub fn verify<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Verification> {
        database.perform(Verify(self))
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
    pub fn fingerprint<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Fingerprint> {
        database.perform(ReadFingerprint(self))
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
    pub fn dump<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Dump> {
        database.perform(WriteDump(self))
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
    /// As [`Migrator::fingerprint`]. That nothing is known of drift is not an error but a [`Drift`](crate::schema::Drift).
    pub fn drift<'a, D: Database + 'a>(&'a self, database: D) -> D::Answer<'a, Drift> {
        database.perform(FindDrift(self))
    }
}

struct ReadStatus<'m>(&'m Migrator<'m>);

impl Task for ReadStatus<'_> {
    type Answer = Status;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Status, Error> {
        let history = Run::new(self.0, driver)?.history().await?;
        Ok(status(self.0.set, history.rows()))
    }
}

struct MakePlan<'m>(&'m Migrator<'m>, Target);

impl Task for MakePlan<'_> {
    type Answer = Plan;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Plan, Error> {
        let mut run = Run::new(self.0, driver)?;
        let history = run.history().await?;
        run.plan_from(&history, self.1)
    }
}

struct Verify<'m>(&'m Migrator<'m>);

impl Task for Verify<'_> {
    type Answer = Verification;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Verification, Error> {
        let mut run = Run::new(self.0, driver)?;
        let history = run.history().await?;
        let set = self.0.set;
        let mut findings = findings(set, history.rows());
        let applied = history.rows().iter().filter(|row| !row.state.is_interrupted());
        for migration in applied.filter_map(|row| set.get(row.version)) {
            let Some(script) = migration.verify() else { continue };
            if let Err(error) = run.check(script).await? {
                findings.push(Finding::not_in_place(migration, set.display_path(script.path()), &error));
            }
        }
        Ok(Verification { findings })
    }
}

struct ReadFingerprint<'m>(&'m Migrator<'m>);

impl Task for ReadFingerprint<'_> {
    type Answer = Fingerprint;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Fingerprint, Error> {
        let mut run = Run::new(self.0, driver)?;
        let rows = run.schema(Schema::Present).await?.unwrap_or_default();
        let rows = run.table().fingerprint_rows(rows);
        let schema = Fingerprint::from_rows(D::ENGINE, rows.iter().map(Vec::as_slice)).map_err(unreadable)?;
        Ok(schema.selected(&self.0.selection))
    }
}

struct WriteDump<'m>(&'m Migrator<'m>);

impl Task for WriteDump<'_> {
    type Answer = Dump;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Dump, Error> {
        let mut run = Run::new(self.0, driver)?;
        let rows = run.schema(Schema::Present).await?.unwrap_or_default();
        run.table().dump(&rows, &self.0.selection).map_err(unreadable)
    }
}

struct FindDrift<'m>(&'m Migrator<'m>);

impl Task for FindDrift<'_> {
    type Answer = Drift;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Drift, Error> {
        let Some(rows) = Run::new(self.0, driver)?.schema(Schema::Kept).await? else {
            return Ok(Drift::NothingKept);
        };
        KeptSchema::from_rows(&rows)
            .and_then(|kept| kept.drift(D::ENGINE, &self.0.selection))
            .map_err(unreadable)
    }
}

fn unreadable(problem: impl AsRef<str>) -> Error {
    Error::database(READING_SCHEMA, DatabaseError::of_ours(problem.as_ref()))
}
