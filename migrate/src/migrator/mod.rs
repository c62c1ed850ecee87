mod options;
mod reading;
mod recording;
mod running;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "cli")]
use migrate_core::{Action, Plan, Step, Version};
use migrate_core::{Engine, HistoryTable, MigrationSet, Policy, Runner, Selection};

use crate::driver::Timeouts;
use crate::report::Progress;
use crate::trace;

/// Brings a database to the state that a [`MigrationSet`] describes.
///
/// Every verb takes the [`Database`](crate::Database) that it works on. On PostgreSQL that is a
/// `&deadpool_postgres::Pool` or a `&mut tokio_postgres::Client`, and the answer is awaited:
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
///
/// On SQLite it is a `&mut rusqlite::Connection`, and the answer is there at once:
///
/// ```no_run
/// # fn example(set: &migrate::MigrationSet) -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::Migrator;
///
/// let mut connection = rusqlite::Connection::open("app.db")?;
/// let report = Migrator::new(set).migrate(&mut connection)?;
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
    pub(crate) alongside: bool,
    pub(crate) keep_within: Duration,
    application: Option<String>,
    history_schema: Option<Cow<'s, str>>,
    history_prefix: Option<Cow<'s, str>>,
    /// What of a schema is compared and dumped.
    pub(crate) selection: Selection,
    pub(crate) on_progress: Option<Arc<OnProgress>>,
    #[cfg(feature = "cli")]
    agreed: Option<Arc<[(Action, Version)]>>,
}

pub(crate) type OnProgress = dyn Fn(&Progress<'_>) + Send + Sync;

impl<'s> Migrator<'s> {
    /// A migrator with the options that the `migrate.toml` of the set names, and the default for all others.
    pub fn new(set: &'s MigrationSet) -> Self {
        let defaults = set.defaults();
        let text = |text: &'s Option<Cow<'static, str>>| text.as_deref().map(Cow::Borrowed);
        Migrator {
            set,
            policy: Policy::default(),
            // A session that waits for a lock makes all later ones queue after it, readers too. Five seconds are
            // what users of a web application sit through.
            timeouts: Timeouts {
                lock: defaults.lock_timeout.or(Some(Duration::from_secs(5))),
                statement: defaults.statement_timeout,
            },
            // Long enough for another replica to build an index, short enough to be noticed on a deployment.
            lock_deadline: defaults.lock_deadline.unwrap_or(Duration::from_secs(5 * 60)),
            // With the growing pauses, about three minutes in which a blocker may finish.
            retries: 10,
            // Longer than a deployment waits, and soon enough that someone looks on the same day.
            slow_after: Duration::from_secs(30 * 60),
            keep_schema: true,
            alongside: false,
            // Enough for a hundred thousand tables, and as long as a deployment can wait for something optional.
            keep_within: Duration::from_secs(30),
            application: None,
            history_schema: text(&defaults.history_schema),
            history_prefix: text(&defaults.history_prefix),
            selection: Selection::of_lines(&defaults.drift_schemas, &defaults.drift_ignore),
            on_progress: None,
            #[cfg(feature = "cli")]
            agreed: None,
        }
    }

    /// Runs only steps of `plan`, which someone has agreed to. Another runner may have been here meanwhile, and then "one
    /// step back" is a different step.
    #[cfg(feature = "cli")]
    pub(crate) fn agreed(mut self, plan: &Plan) -> Self {
        self.agreed = Some(plan.steps.iter().map(|step| (step.action, step.version)).collect());
        self
    }

    /// The first step that no one agreed to.
    #[cfg(feature = "cli")]
    pub(crate) fn not_agreed<'p>(&self, plan: &'p Plan) -> Option<&'p Step> {
        let agreed = self.agreed.as_ref()?;
        plan.steps.iter().find(|step| !agreed.contains(&(step.action, step.version)))
    }

    /// Whether no one has said where the history is.
    pub(crate) fn has_default_place(&self) -> bool {
        self.history_schema.is_none() && self.history_prefix.is_none()
    }

    pub(crate) fn history_table(&self, engine: Engine) -> HistoryTable {
        let prefix = self.history_prefix.as_deref().unwrap_or("migrate");
        match engine {
            Engine::Postgres => {
                HistoryTable::postgres(self.history_schema.as_deref().unwrap_or("public"), prefix)
            }
            Engine::Sqlite => HistoryTable::sqlite(prefix),
        }
    }

    /// The runner that the history records.
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
