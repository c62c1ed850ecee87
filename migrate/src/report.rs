use std::fmt;
use std::time::Duration;

use migrate_core::{Action, Step, Version};

use crate::driver::Blocker;

/// What a run did.
///
/// `{}` shows a line for each migration; with the feature `serde` it serializes, times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// Each migration that was applied or rolled back, in the order in which that was done.
    pub migrations: Vec<MigrationReport>,
    /// Versions that are applied and that this binary does not contain; all of them say that older binaries may
    /// run.
    pub ahead: Vec<Version>,
}

/// What a run did with one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MigrationReport {
    /// Whether it was applied or rolled back.
    pub action: Action,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// How many statements ran.
    pub statements: usize,
    /// How long it took, by the database's clock, to the millisecond.
    #[cfg_attr(feature = "serde", serde(rename = "elapsed_ms", serialize_with = "as_milliseconds"))]
    pub elapsed: Duration,
}

#[cfg(feature = "serde")]
fn as_milliseconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

impl Report {
    /// Whether nothing was to be done.
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty()
    }
}

impl MigrationReport {
    pub(crate) fn new(step: &Step, elapsed: Duration) -> MigrationReport {
        MigrationReport {
            action: step.action,
            version: step.version,
            name: step.name.to_string(),
            statements: if step.action.runs_script() { step.script.spans().len() - step.done } else { 0 },
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

/// What a run tells while it is under way, to [`Migrator::on_progress`](crate::Migrator::on_progress).
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// What it is about to do. Told again when another runner was faster and the plan is made anew.
    Planned(&'a migrate_core::Plan),
    /// What is committed.
    Done(&'a MigrationReport),
    /// A migration waits for a lock that others hold. Told every second while it does.
    Blocked {
        /// What waits; of several under way the first.
        step: &'a Step,
        /// Who holds the lock.
        blockers: &'a [Blocker],
    },
    /// A migration failed for no fault of its own, was rolled back and will be run again.
    Retrying {
        /// What failed.
        step: &'a Step,
        /// How.
        error: &'a str,
        /// How often it was tried.
        tries: usize,
        /// How long until the next try.
        pause: Duration,
    },
    /// The schema was not noted before the run or not kept after it, or not within
    /// [`Migrator::keep_schema_within`](crate::Migrator::keep_schema_within), so [`Migrator::drift`](crate::Migrator::drift) knows
    /// nothing of it until a run keeps it again. The run itself goes on.
    SchemaNotKept {
        /// Why.
        error: &'a str,
    },
    /// A migration runs for longer than [`Migrator::slow_after`](crate::Migrator::slow_after), and still does.
    Slow {
        /// What is slow.
        step: &'a Step,
        /// For how long it runs.
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
