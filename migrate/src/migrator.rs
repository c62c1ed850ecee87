use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[cfg(feature = "cli")]
use migrate_core::{Action, Step};
use migrate_core::{
    Drift, Dump, Engine, Fingerprint, HistoryTable, MigrationSet, OutOfOrder, Plan, Policy, Runner, Status,
    Target, Transactions, Version,
};

use crate::database::{BlockingDatabase, Database};
use crate::driver::Timeouts;
use crate::error::Error;
use crate::report::{Progress, Report};
use crate::run::Run;
use crate::trace;
use crate::verification::Verification;

/// Brings a database to the state that a [`MigrationSet`] describes.
///
/// Every verb takes the database that it works on: `&deadpool_postgres::Pool` or `&mut tokio_postgres::Client`,
/// and the verbs that end in `_blocking` a `&mut rusqlite::Connection`. All of them take the same options.
///
/// ```no_run
/// # async fn example(pool: deadpool_postgres::Pool, set: &migrate::MigrationSet) -> Result<(), migrate::Error> {
/// use std::time::Duration;
/// use migrate::Migrator;
///
/// let report = Migrator::new(set)
///     .history_schema("app")
///     .lock_timeout(Duration::from_secs(2))
///     .migrate(&pool)
///     .await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Migrator<'s> {
    pub(crate) set: &'s MigrationSet,
    pub(crate) policy: Policy,
    pub(crate) timeouts: Timeouts,
    pub(crate) lock_deadline: Duration,
    pub(crate) retries: usize,
    pub(crate) slow_after: Duration,
    pub(crate) keep_schema: bool,
    pub(crate) keep_within: Duration,
    application: Option<String>,
    history_schema: Cow<'s, str>,
    history_prefix: Cow<'s, str>,
    pub(crate) on_progress: Option<Arc<OnProgress>>,
    #[cfg(feature = "cli")]
    agreed: Option<Arc<[(Action, Version)]>>,
}

pub(crate) type OnProgress = dyn Fn(&Progress<'_>) + Send + Sync;

impl<'s> Migrator<'s> {
    /// A migrator with the default options.
    pub fn new(set: &'s MigrationSet) -> Self {
        Migrator {
            set,
            policy: Policy::default(),
            // Whoever waits for a lock makes all who come later wait behind it, readers too: five seconds are
            // what users of a web application sit through.
            timeouts: Timeouts { lock: Some(Duration::from_secs(5)), statement: None },
            // Long enough for another replica to build an index, short enough to be noticed on a deployment.
            lock_deadline: Duration::from_secs(5 * 60),
            // With the growing pauses, about two minutes in which a blocker may come to its end.
            retries: 10,
            // Longer than any deployment waits; shorter than a working day is spent wondering.
            slow_after: Duration::from_secs(30 * 60),
            keep_schema: true,
            // A hundred thousand tables, and no longer than a deployment waits for what it can do without.
            keep_within: Duration::from_secs(30),
            application: None,
            history_schema: Cow::Borrowed("public"),
            history_prefix: Cow::Borrowed("migrate"),
            on_progress: None,
            #[cfg(feature = "cli")]
            agreed: None,
        }
    }

    /// What to do with a migration that is older than one already applied. Default: refuse.
    #[must_use]
    pub fn out_of_order(mut self, out_of_order: OutOfOrder) -> Self {
        self.policy.out_of_order = out_of_order;
        self
    }

    /// Runs all migrations of a run in a single transaction: all are applied or none. Default: a transaction for
    /// each, which holds fewer locks for a shorter time. A script without transaction is refused then.
    #[must_use]
    pub fn single_transaction(mut self) -> Self {
        self.policy.transactions = Transactions::Single;
        self
    }

    /// How long a statement may wait for a lock, where its script does not say. Default: 5 seconds; zero waits
    /// for ever. PostgreSQL only. A script without transaction waits for ever unless it says otherwise, because
    /// `CREATE INDEX CONCURRENTLY` that gives up leaves an invalid index behind.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.lock = Some(timeout);
        self
    }

    /// How long to wait for another runner to come to its end. Default: 5 minutes. PostgreSQL only; on SQLite
    /// a runner waits 30 seconds for each migration of another.
    #[must_use]
    pub fn lock_deadline(mut self, deadline: Duration) -> Self {
        self.lock_deadline = deadline;
        self
    }

    /// How often a transaction is run again that gave up waiting for a lock, fell to a deadlock or could not be
    /// serialized, with growing pauses between. Default: 10. What runs outside of a transaction is not run again.
    #[must_use]
    pub fn retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// After what time a migration that is still running is told to be slow, while it is. Default: 30 minutes.
    /// PostgreSQL only.
    #[must_use]
    pub fn slow_after(mut self, threshold: Duration) -> Self {
        self.slow_after = threshold;
        self
    }

    /// How long a statement may run, where its script does not say. Default: as the connection has it.
    /// PostgreSQL only.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.statement = Some(timeout);
        self
    }

    /// Whether a run that does something keeps the schema that it leaves, which [`Migrator::drift`] compares with. Default:
    /// it does, at the cost of two round trips. It is a service beside the run: a failure of it, such as a right that is
    /// missing, is told as [`Progress::SchemaNotKept`] and fails nothing.
    #[must_use]
    pub fn keep_schema(mut self, keep: bool) -> Self {
        self.keep_schema = keep;
        self
    }

    /// How long noting the schema before a run may take, and keeping it after it. Default: 30 seconds; zero is no limit.
    /// Past it the server stops, the run goes on, [`Progress::SchemaNotKept`] says so, and drift is unknown until a run
    /// keeps the schema again. [`Migrator::accept_drift`] fails past it. With 5,000 tables each takes one to two seconds.
    #[must_use]
    pub fn keep_schema_within(mut self, limit: Duration) -> Self {
        self.keep_within = limit;
        self
    }

    /// The schema of the history tables, created when it is missing. Default: `public`. PostgreSQL only.
    #[must_use]
    pub fn history_schema(mut self, schema: impl Into<Cow<'s, str>>) -> Self {
        self.history_schema = schema.into();
        self
    }

    /// What the names of the history tables begin with. Default: `migrate`, for `migrate_history`,
    /// `migrate_log` and `migrate_schema`.
    #[must_use]
    pub fn history_prefix(mut self, prefix: impl Into<Cow<'s, str>>) -> Self {
        self.history_prefix = prefix.into();
        self
    }

    /// The application and its version, for the history. Default: not recorded.
    #[must_use]
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    /// Calls `tell` while a run is under way. It runs between the statements, so it should be quick.
    #[must_use]
    pub fn on_progress(mut self, tell: impl Fn(&Progress<'_>) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(tell));
        self
    }

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

    /// As [`Migrator::status`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`].
    pub fn status_blocking(&self, database: impl BlockingDatabase) -> Result<Status, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.status())
    }

    /// As [`Migrator::plan`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::plan`].
    pub fn plan_blocking(&self, database: impl BlockingDatabase, target: Target) -> Result<Plan, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.plan(target))
    }

    /// As [`Migrator::migrate`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate`].
    pub fn migrate_blocking(&self, database: impl BlockingDatabase) -> Result<Report, Error> {
        self.run_blocking(database, Target::Latest)
    }

    /// As [`Migrator::migrate_to`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate_to`].
    pub fn migrate_to_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::UpTo(version))
    }

    /// As [`Migrator::rollback`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback`].
    pub fn rollback_blocking(&self, database: impl BlockingDatabase, steps: usize) -> Result<Report, Error> {
        self.run_blocking(database, Target::Down(steps))
    }

    /// As [`Migrator::rollback_to`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback_to`].
    pub fn rollback_to_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::DownTo(version))
    }

    /// As [`Migrator::redo`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::redo`].
    pub fn redo_blocking(&self, database: impl BlockingDatabase) -> Result<Report, Error> {
        self.run_blocking(database, Target::Redo)
    }

    /// As [`Migrator::baseline`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::baseline`].
    pub fn baseline_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::Baseline(version))
    }

    /// As [`Migrator::resolve_applied`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_applied`].
    pub fn resolve_applied_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::ResolveApplied(version))
    }

    /// As [`Migrator::resolve_rolled_back`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_rolled_back`].
    pub fn resolve_rolled_back_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::ResolveRolledBack(version))
    }

    /// As [`Migrator::resolve_statement_done`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_statement_done`].
    pub fn resolve_statement_done_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::StatementDone(version))
    }

    /// As [`Migrator::resolve_statement_undone`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_statement_undone`].
    pub fn resolve_statement_undone_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::StatementUndone(version))
    }

    /// As [`Migrator::repair`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::repair`].
    pub fn repair_blocking(&self, database: impl BlockingDatabase) -> Result<Report, Error> {
        self.run_blocking(database, Target::Repair)
    }

    /// As [`Migrator::verify`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::verify`].
    pub fn verify_blocking(&self, database: impl BlockingDatabase) -> Result<Verification, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.verify())
    }

    /// As [`Migrator::fingerprint`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::fingerprint`].
    pub fn fingerprint_blocking(&self, database: impl BlockingDatabase) -> Result<Fingerprint, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.fingerprint())
    }

    /// As [`Migrator::dump`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::dump`].
    pub fn dump_blocking(&self, database: impl BlockingDatabase) -> Result<Dump, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.dump())
    }

    /// As [`Migrator::drift`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::drift`].
    pub fn drift_blocking(&self, database: impl BlockingDatabase) -> Result<Drift, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.drift())
    }

    /// As [`Migrator::accept_drift`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::accept_drift`].
    pub fn accept_drift_blocking(&self, database: impl BlockingDatabase) -> Result<(), Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.accept_drift())
    }

    /// As [`Migrator::reset`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::reset`].
    pub fn reset_blocking(&self, database: impl BlockingDatabase, name: &str) -> Result<Report, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.reset(name))
    }

    pub(crate) fn run_blocking(
        &self,
        database: impl BlockingDatabase,
        target: Target,
    ) -> Result<Report, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.run(target))
    }

    /// Runs no step that is not in `plan`, which somebody looked at: "one step back" is another one once others were here.
    #[cfg(feature = "cli")]
    pub(crate) fn agreed(mut self, plan: &Plan) -> Self {
        self.agreed = Some(plan.steps.iter().map(|step| (step.action, step.version)).collect());
        self
    }

    /// The first step that nobody agreed to.
    #[cfg(feature = "cli")]
    pub(crate) fn not_agreed<'p>(&self, plan: &'p Plan) -> Option<&'p Step> {
        let agreed = self.agreed.as_ref()?;
        plan.steps.iter().find(|step| !agreed.contains(&(step.action, step.version)))
    }

    pub(crate) fn history_table(&self, engine: Engine) -> HistoryTable {
        match engine {
            Engine::Postgres => HistoryTable::postgres(&self.history_schema, &self.history_prefix),
            Engine::Sqlite => HistoryTable::sqlite(&self.history_prefix),
        }
    }

    /// Who the history says it was.
    pub(crate) fn runner(&self) -> Runner {
        Runner { host: gethostname::gethostname().into_string().ok(), application: self.application.clone() }
    }

    pub(crate) fn tell(&self, progress: &Progress<'_>) {
        trace::progress(progress);
        if let Some(tell) = &self.on_progress {
            tell(progress);
        }
    }
}

/// The result of a future over a blocking driver, which never waits: it is there at the first poll.
pub(crate) fn finished<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a blocking driver has nothing to wait for"),
    }
}

/// A migrator with the default options.
impl<'s> From<&'s MigrationSet> for Migrator<'s> {
    fn from(set: &'s MigrationSet) -> Migrator<'s> {
        Migrator::new(set)
    }
}

impl fmt::Debug for Migrator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator")
            .field("set", &self.set.name())
            .field("policy", &self.policy)
            .field("timeouts", &self.timeouts)
            .field("application", &self.application)
            .field("history_schema", &self.history_schema)
            .field("history_prefix", &self.history_prefix)
            .finish_non_exhaustive()
    }
}
