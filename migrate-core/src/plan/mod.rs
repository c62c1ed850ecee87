//! Which migrations next? A pure function of the set, the history, the target and the policy.

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

/// Where a run is to bring the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Everything in the set applied.
    #[default]
    Latest,
    /// Everything up to this version applied, this one too; nothing is rolled back.
    UpTo(Version),
    /// Everything above this version rolled back.
    DownTo(Version),
    /// The last so many rolled back, or all there are.
    Down(usize),
    /// The last one rolled back and applied again.
    Redo,
    /// Everything up to this version taken as being in place, in a database that we have applied nothing to.
    Baseline(Version),
    /// This migration taken as applied: it was finished by hand.
    ResolveApplied(Version),
    /// This migration taken as not applied: it was undone by hand.
    ResolveRolledBack(Version),
    /// The statement at which this migration was cut off taken as done: somebody looked.
    StatementDone(Version),
    /// The statement at which this migration was cut off taken as not done: somebody looked.
    StatementUndone(Version),
    /// The checksums of edited migrations taken for those that were applied.
    Repair,
}

/// What to do with a migration that is older than one already applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutOfOrder {
    /// Refuse: two branches met, and somebody should look.
    #[default]
    Refuse,
    /// Apply it after those that are newer.
    Apply,
}

/// How much of a run commits together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transactions {
    /// Each migration by itself.
    #[default]
    Each,
    /// The whole run. A script without transaction is refused then.
    Single,
}

/// What a run may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What to do with a migration that is older than one already applied.
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
    /// Records it as being in place from before our time.
    Baseline,
    /// Records it as applied.
    ResolveApplied,
    /// Takes its record away.
    ResolveRolledBack,
    /// Records that the statement is done at which it was cut off.
    StatementDone,
    /// Records that the statement is not done at which it was cut off.
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

/// All that a run will do, in order: nothing else happens.
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
    /// How much harm it can do. `None` of a rollback, and where nobody looked.
    pub risk: Option<Risk>,
    /// Its hazards, in the order of the lines.
    pub hazards: Cow<'static, [FoundHazard]>,
    /// How many of its statements an earlier run has done, of a script without transaction.
    pub done: usize,
    /// Whether it goes on where an earlier run stopped.
    pub(crate) resumes: bool,
    /// Whether an earlier run began the next statement outside of a transaction and was cut off.
    pub(crate) begun: bool,
    /// Its checksum in the history.
    pub(crate) checksum: Checksum,
    /// The chain value of its row: the one to write, or of a row that goes the one that is there.
    pub(crate) chain: Checksum,
    /// The chain value that its row has, where there is one.
    pub(crate) was: Option<Checksum>,
    /// The row that must stand before it.
    pub(crate) before: Option<Head>,
    /// The row that a rollback before this one must have taken away.
    pub(crate) gone: Option<Version>,
    /// Rows behind it that cover another history once it is there.
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
/// With every reason why not. Then nothing has run, and nothing should.
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
    /// Where its script is: the file as the user would type it, or that it comes from the history.
    pub fn display_path(&self, set: &MigrationSet) -> String {
        display_path(set, &self.work, &self.to_string())
    }

    /// The statements of its script, in order.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.work.script().into_iter().flat_map(Script::statements)
    }

    /// Whether it goes on where an earlier run stopped, in a script without transaction.
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
