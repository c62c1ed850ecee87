//! What a run did, and what it reports while it does it.
//!
//! What comes in are the steps of a plan and the times that the database measured; what goes out is a [`Report`],
//! such as `applied 20251107100000_create_tenants  12 ms`, and on the way there [`Progress`] for the callback of the
//! application.

use std::fmt;
use std::time::Duration;

use migrate_core::{Action, Step, Version};

use crate::driver::Blocker;

/// What a run did.
///
/// `{}` shows a line for each migration. With the feature `serde` it serializes, with times in milliseconds.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::{Action, MigrationSet, Migrator, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations", dialect = "sqlite");
///
/// let mut connection = rusqlite::Connection::open_in_memory()?;
/// let report = Migrator::new(&MIGRATIONS).migrate(&mut connection)?;
/// assert!(report.migrations.iter().all(|migration| migration.action == Action::Apply));
///
/// let again = Migrator::new(&MIGRATIONS).migrate(&mut connection)?;
/// assert!(again.is_empty());
/// assert_eq!(again.to_string(), "nothing to do");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// Each migration that was applied or rolled back, in the order in which it ran.
    pub migrations: Vec<MigrationReport>,
    /// Versions that are applied and that this binary does not contain. All of them say that older binaries may run
    /// (`-- migrate: older-binaries ok`).
    pub ahead: Vec<Version>,
}

/// What a run did with one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MigrationReport {
    /// Whether it was applied, rolled back, or only recorded.
    pub action: Action,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// The number of statements that ran. After an interrupted run these are only the remaining ones.
    pub statements: usize,
    /// The time that it took, by the clock of the database, in whole milliseconds.
    #[cfg_attr(feature = "serde", serde(rename = "elapsed_ms", serialize_with = "as_milliseconds"))]
    pub elapsed: Duration,
}

/// Serializes a time as a number of milliseconds.
#[cfg(feature = "serde")]
fn as_milliseconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

impl Report {
    /// Whether there was nothing to do.
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty()
    }
}

impl MigrationReport {
    /// The report of a step that was carried out.
    pub(crate) fn new(step: &Step, elapsed: Duration) -> MigrationReport {
        MigrationReport {
            action: step.action,
            version: step.version,
            name: step.name.to_string(),
            statements: if step.action.runs_script() { step.work.statement_count() - step.done } else { 0 },
            elapsed,
        }
    }
}

impl fmt::Display for MigrationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match self.action {
            Action::Apply => "applied",
            Action::Rollback => "rolled back",
            Action::Baseline => "baseline",
            Action::ResolveApplied => "taken as applied",
            Action::ResolveRolledBack => "taken as rolled back",
            Action::StatementDone => "statement taken as done",
            Action::StatementUndone => "statement taken as not done",
            Action::Repair => "repaired",
        };
        write!(f, "{action:<11}  {}_{}", self.version, self.name)?;
        if self.action.runs_script() {
            write!(f, "  {} ms", self.elapsed.as_millis())?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.migrations.is_empty() {
            f.write_str("nothing to do")?;
        }
        for (i, migration) in self.migrations.iter().enumerate() {
            let new_line = if i == 0 { "" } else { "\n" };
            write!(f, "{new_line}{migration}")?;
        }
        if !self.ahead.is_empty() {
            f.write_str("\nthe database is ahead of this binary, which may run:")?;
            self.ahead.iter().try_for_each(|version| write!(f, " {version}"))?;
        }
        Ok(())
    }
}

/// What a run reports while it works, to [`Migrator::on_progress`](crate::Migrator::on_progress).
///
/// `{}` shows it in a line or two. The callback runs on the task of the run, which waits for it: let it return soon.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::{MigrationSet, Migrator, Progress, embed_migrations};
/// use std::sync::{Arc, Mutex};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations", dialect = "sqlite");
///
/// let done = Arc::new(Mutex::new(Vec::new()));
/// let names = Arc::clone(&done);
/// let migrator = Migrator::new(&MIGRATIONS).on_progress(move |progress| {
///     if let Progress::Done(migration) = progress {
///         names.lock().unwrap().push(migration.name.clone());
///     }
/// });
/// migrator.migrate(&mut rusqlite::Connection::open_in_memory()?)?;
/// assert_eq!(done.lock().unwrap().len(), MIGRATIONS.migrations().len());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// The plan, before anything runs. Reported again if another runner was faster and a new plan is made.
    Planned(&'a migrate_core::Plan),
    /// A migration that is committed.
    Done(&'a MigrationReport),
    /// A migration waits for a lock that others hold. Reported every second while it does.
    Blocked {
        /// The step that waits; the first one if several are sent together.
        step: &'a Step,
        /// The sessions that hold the lock.
        blockers: &'a [Blocker],
    },
    /// A migration failed for a transient reason, such as a deadlock. It was rolled back and will be run again.
    Retrying {
        /// The step that failed.
        step: &'a Step,
        /// The error.
        error: &'a str,
        /// The number of times that it was tried.
        tries: usize,
        /// The time until the next try.
        pause: Duration,
    },
    /// The schema was not read before the run, or not kept after it, or not within
    /// [`Migrator::keep_schema_within`](crate::Migrator::keep_schema_within).
    /// [`Migrator::drift`](crate::Migrator::drift) does not know this schema until a later run keeps it. The run
    /// itself continues.
    SchemaNotKept {
        /// The reason.
        error: &'a str,
    },
    /// A migration has been running for longer than [`Migrator::slow_after`](crate::Migrator::slow_after), and still
    /// is.
    Slow {
        /// The step that is slow.
        step: &'a Step,
        /// The time that it has been running.
        elapsed: Duration,
    },
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Progress::Planned(plan) => plan.fmt(f),
            Progress::Done(migration) => migration.fmt(f),
            Progress::Blocked { step, blockers } => {
                write!(f, "waiting      {step} for a lock")?;
                blockers.iter().try_for_each(|blocker| write!(f, "\n  held by {blocker}"))
            }
            Progress::Retrying { step, error, tries, pause } => {
                write!(f, "trying again {step} in {} ms, after {tries} tries: {error}", pause.as_millis())
            }
            Progress::SchemaNotKept { error } => write!(f, "not kept     the schema: {error}"),
            Progress::Slow { step, elapsed } => {
                write!(f, "still running {step} after {} minutes", elapsed.as_secs() / 60)
            }
        }
    }
}
