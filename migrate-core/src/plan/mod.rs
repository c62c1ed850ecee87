//! Which migrations come next? A pure function of the set, the history, the target and the policy.
//!
//! A set of 1, 2 and 3, a history with 1, and the target `Latest` give the steps "apply 2" and "apply 3". Each step has all that
//! the ledger needs to write its row: the row before it, and the chain value of its own.

mod chain;
mod planning;
mod refusal;

use std::borrow::Cow;
use std::fmt;

pub(crate) use chain::Head;
pub use refusal::{Refusal, Refused};

use crate::{
    AppliedMigration, Checksum, Engine, FoundHazard, MigrationSet, OlderBinaries, Risk, Script, Version, Work,
};
use planning::Planning;

/// The state that a run should bring the database to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Apply every migration of the set.
    #[default]
    Latest,
    /// Apply every migration up to this version, including it. Nothing is rolled back.
    UpTo(Version),
    /// Roll back every migration above this version.
    DownTo(Version),
    /// Roll back the last N, or all if fewer are applied.
    Down(usize),
    /// Roll back the last migration and apply it again.
    Redo,
    /// Record every migration up to this version as being in place, in a database without a history.
    Baseline(Version),
    /// Record this migration as applied: it was finished by hand.
    ResolveApplied(Version),
    /// Record this migration as not applied: it was undone by hand.
    ResolveRolledBack(Version),
    /// Record the statement at which this migration was cut off as done: a person has checked.
    StatementDone(Version),
    /// Record the statement at which this migration was cut off as not done: a person has checked.
    StatementUndone(Version),
    /// Record the present names, scripts and checksums of migrations that were renamed or edited after they were applied.
    Repair,
}

/// What to do with a pending migration that is older than an applied one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutOfOrder {
    /// Refuse: two branches were merged, and a person should look.
    #[default]
    Refuse,
    /// Apply it after the newer ones.
    Apply,
}

/// How much of a run commits together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transactions {
    /// Each migration on its own.
    #[default]
    Each,
    /// The whole run. A script without transaction is refused then.
    Single,
}

/// What a run may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What to do with a pending migration that is older than an applied one.
    pub out_of_order: OutOfOrder,
    /// How much commits together.
    pub transactions: Transactions,
}

/// What a step does with a migration.
///
/// Exhaustive: a report needs words for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Action {
    /// Runs its script.
    Apply,
    /// Runs its rollback script.
    Rollback,
    /// Records it as being in place from before the history.
    Baseline,
    /// Records it as applied.
    ResolveApplied,
    /// Removes its record.
    ResolveRolledBack,
    /// Records the statement at which it was cut off as done.
    StatementDone,
    /// Records the statement at which it was cut off as not done.
    StatementUndone,
    /// Records its present checksum.
    Repair,
}

impl Action {
    /// The word in the log and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Apply => "apply",
            Action::Rollback => "rollback",
            Action::Baseline => "baseline",
            Action::ResolveApplied => "resolve-applied",
            Action::ResolveRolledBack => "resolve-rolled-back",
            Action::StatementDone => "statement-done",
            Action::StatementUndone => "statement-undone",
            Action::Repair => "repair",
        }
    }

    /// Whether a script runs. The others only write the history.
    pub const fn runs_script(self) -> bool {
        matches!(self, Action::Apply | Action::Rollback)
    }
}

/// Everything that a run will do, in order. Nothing else happens.
///
/// `{}` shows a line for each migration, `{:#}` also the SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Plan {
    /// The steps, in the order in which they run.
    pub steps: Vec<Step>,
    /// Versions that are applied and not in this set, and that declare that older binaries may run.
    pub ahead: Vec<Version>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// One migration to apply or to roll back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What to do with it.
    pub action: Action,
    /// The name of the set that it belongs to, in the history and in messages.
    pub set: Cow<'static, str>,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: Cow<'static, str>,
    /// The work that is done.
    pub work: Work,
    /// How much harm it can do. `None` for a rollback, and without an analysis.
    pub risk: Option<Risk>,
    /// Its hazards, in the order of the lines.
    pub hazards: Cow<'static, [FoundHazard]>,
    /// For a script without transaction: how many of its statements an earlier run has done.
    pub done: usize,
    /// Whether it resumes where an earlier run stopped.
    pub(crate) resumes: bool,
    /// Whether an earlier run began the next statement outside of a transaction and was cut off.
    pub(crate) begun: bool,
    /// Its checksum in the history.
    pub(crate) checksum: Checksum,
    /// The chain value of its row: the one to write, or the present one of a row that will be removed.
    pub(crate) chain: Checksum,
    /// The present chain value of its row, if it has a row.
    pub(crate) was: Option<Checksum>,
    /// The row that must be the last one before it.
    pub(crate) before: Option<Head>,
    /// The row that the rollback before this one must have removed.
    pub(crate) gone: Option<Version>,
    /// Later rows, whose chain values change because of it.
    pub(crate) rechain: Vec<Head>,
    /// The rollback script to record.
    pub(crate) down: Option<Script>,
    /// Whether binaries that do not know the migration may run.
    pub(crate) older_binaries: OlderBinaries,
}

#[cfg(feature = "serde")]
impl serde::Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut step = serializer.serialize_struct("Step", 8)?;
        step.serialize_field("action", &self.action)?;
        step.serialize_field("version", &self.version)?;
        step.serialize_field("name", &self.name)?;
        step.serialize_field("path", self.work.path())?;
        step.serialize_field("transaction", &self.work.execution().transaction)?;
        step.serialize_field("risk", &self.risk)?;
        step.serialize_field("hazards", &self.hazards)?;
        step.serialize_field("statements", &self.statements().collect::<Vec<_>>())?;
        step.end()
    }
}

/// Plans how to bring a database with this history to the target.
///
/// # Errors
///
/// With every reason why the run is refused. Nothing has run then, and nothing should.
pub fn plan(
    set: &MigrationSet,
    engine: Engine,
    history: &[AppliedMigration],
    target: Target,
    policy: Policy,
) -> Result<Plan, Refused> {
    let rows = history.iter().map(|row| (row.version, row)).collect();
    let mut planning = Planning { set, engine, rows, refusals: Vec::new() };
    let is_known = |version| set.get(version).is_some();
    if let Target::UpTo(version) | Target::Baseline(version) = target
        && !is_known(version)
    {
        planning.refusals.push(Refusal::UnknownTarget { version });
    }
    let plan = match target {
        Target::Latest => planning.up(Version::MAX, policy.out_of_order),
        Target::UpTo(version) => planning.up(version, policy.out_of_order),
        Target::DownTo(version) => planning.down_to(version),
        Target::Down(steps) => planning.down(steps),
        Target::Redo => planning.redo(),
        Target::Baseline(version) => planning.baseline(version),
        Target::ResolveApplied(version) => planning.resolve_applied(version),
        Target::ResolveRolledBack(version) => planning.resolve_rolled_back(version),
        Target::StatementDone(version) => planning.resolve_statement(version, Action::StatementDone),
        Target::StatementUndone(version) => planning.resolve_statement(version, Action::StatementUndone),
        Target::Repair => planning.repair(),
    };
    if policy.transactions == Transactions::Single {
        planning.refuse_without_transaction(&plan);
    }
    if planning.refusals.is_empty() { Ok(plan) } else { Err(Refused(planning.refusals)) }
}

impl Step {
    /// The place of its script: the file as the user would type it, or the words for a script that the history recorded.
    pub fn display_path(&self, set: &MigrationSet) -> String {
        display_path(set, &self.work, &self.to_string())
    }

    /// The statements of its script, in order.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.work.script().into_iter().flat_map(Script::statements)
    }

    /// Whether it resumes a script without transaction where an earlier run stopped.
    pub fn resumes(&self) -> bool {
        self.resumes
    }

    /// Whether an earlier run began its next statement outside of a transaction, and no one recorded how that ended.
    pub fn has_begun(&self) -> bool {
        self.begun
    }
}

fn display_path(set: &MigrationSet, work: &Work, migration: &str) -> String {
    match work.path() {
        "" => format!("the rollback script that the history recorded for {migration}"),
        path => set.display_path(path),
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.version, self.name)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            f.write_str("nothing to do")?;
        }
        for (i, step) in self.steps.iter().enumerate() {
            let new_line = if i == 0 { "" } else { "\n" };
            write!(f, "{new_line}{:<8} {step}", step.action.as_str())?;
            if !step.action.runs_script() {
                continue;
            }
            let count = step.work.statement_count();
            let statements = if count == 1 { "statement" } else { "statements" };
            let how =
                if step.work.execution().transaction { "in a transaction" } else { "without transaction" };
            write!(f, "  {count} {statements}, {how}")?;
            step.risk.iter().try_for_each(|risk| write!(f, ", risk {risk}"))?;
            step.hazards.iter().try_for_each(|found| write!(f, "\n         {found}"))?;
            if f.alternate() {
                let sql = step.work.script().map_or("", Script::sql);
                sql.trim_end().lines().try_for_each(|line| write!(f, "\n    {line}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
