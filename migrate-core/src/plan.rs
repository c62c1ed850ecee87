//! Which migrations next? A pure function of the set, the history, the target and the policy.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::source::parse_recorded;
use crate::{
    AppliedMigration, AppliedState, Checksum, Down, Engine, Migration, MigrationSet, OlderBinaries, Script,
    Version,
};

/// Where a run is to bring the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
}

/// What to do with a migration that is older than one already applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutOfOrder {
    /// Refuse: two branches met, and somebody should look.
    #[default]
    Refuse,
    /// Apply it after those that are newer.
    Apply,
}

/// What a step does with a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Action {
    /// Runs its script.
    Apply,
    /// Runs its rollback script.
    Rollback,
}

impl Action {
    /// The word in the log and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Apply => "apply",
            Action::Rollback => "rollback",
        }
    }
}

/// All that a run will do, in order: nothing else happens.
///
/// `{}` shows a line for each migration, `{:#}` also the SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
pub struct Step {
    /// What to do with it.
    pub action: Action,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: Cow<'static, str>,
    /// The script that runs.
    pub script: Script,
    /// How many of its statements an earlier run has done, of a script without transaction.
    pub done: usize,
    /// Whether it goes on where an earlier run stopped.
    pub(crate) resumes: bool,
    /// Its checksum in the history.
    pub(crate) checksum: Checksum,
    /// The chain value of its row: the one to write, or of a rollback the one that is there.
    pub(crate) chain: Option<Checksum>,
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
        let mut step = serializer.serialize_struct("Step", 6)?;
        step.serialize_field("action", &self.action)?;
        step.serialize_field("version", &self.version)?;
        step.serialize_field("name", &self.name)?;
        step.serialize_field("path", self.script.path())?;
        step.serialize_field("transaction", &self.script.execution().transaction)?;
        step.serialize_field("statements", &self.script.statements().collect::<Vec<_>>())?;
        step.end()
    }
}

/// A row of the history and everything before it, in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) version: Version,
    pub(crate) chain: Checksum,
}

/// Why a run is refused, before anything runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "reason", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Refusal {
    /// A migration was edited after it was applied.
    Changed {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
    },
    /// A migration is older than one that is applied.
    OutOfOrder {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
        /// The newest that is applied.
        newest: Version,
    },
    /// A migration is applied that the set does not hold, and does not say that older binaries may run.
    Unknown {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
    /// A migration without transaction stopped half way, in the other direction.
    Dirty {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
        /// What was to be done with it.
        action: Action,
        /// Statements done.
        statements_done: usize,
    },
    /// A migration without transaction stopped half way, and the part already done was edited since.
    DonePartChanged {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
        /// Statements done.
        statements_done: usize,
    },
    /// The target is not in the set.
    UnknownTarget {
        /// The target.
        version: Version,
    },
    /// The target of a rollback is not applied.
    TargetNotApplied {
        /// The target.
        version: Version,
    },
    /// A migration to roll back is irreversible.
    Irreversible {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
        /// The reason that its author gave.
        why: Option<String>,
    },
    /// A migration to roll back was never applied by us.
    Baseline {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
}

/// Every reason why a run is refused: never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Refusal>);

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
    out_of_order: OutOfOrder,
) -> Result<Plan, Refused> {
    let rows: BTreeMap<Version, &AppliedMigration> = history.iter().map(|row| (row.version, row)).collect();
    let planning = Planning { set, engine, rows: &rows };
    let mut refusals = Vec::new();
    let plan = match target {
        Target::Latest => planning.up(Version::MAX, out_of_order, &mut refusals),
        Target::UpTo(version) => {
            if set.get(version).is_none() {
                refusals.push(Refusal::UnknownTarget { version });
            }
            planning.up(version, out_of_order, &mut refusals)
        }
        Target::DownTo(version) => {
            if !rows.contains_key(&version) {
                refusals.push(Refusal::TargetNotApplied { version });
            }
            planning
                .down(rows.range(version..).filter(|(above, _)| **above != version).count(), &mut refusals)
        }
        Target::Down(steps) => planning.down(steps, &mut refusals),
    };
    if refusals.is_empty() { Ok(plan) } else { Err(Refused(refusals)) }
}

struct Planning<'a> {
    set: &'a MigrationSet,
    engine: Engine,
    rows: &'a BTreeMap<Version, &'a AppliedMigration>,
}

impl Planning<'_> {
    /// The rows of which a run in the other direction stopped half way.
    fn dirty(&self, action: Action) -> impl Iterator<Item = Refusal> {
        let state = match action {
            Action::Apply => AppliedState::Applying,
            Action::Rollback => AppliedState::RollingBack,
        };
        self.rows.values().filter(move |row| row.state == state).map(move |row| Refusal::Dirty {
            version: row.version,
            name: row.name.clone(),
            action,
            statements_done: row.statements_done,
        })
    }

    /// How many statements of `script` an earlier run has done, if it stopped half way in it.
    fn done(&self, row: &AppliedMigration, script: &Script) -> Result<usize, Refusal> {
        let done = row.statements_done;
        let is_same = row.statements_checksum == Some(script.checksum_of_first(done));
        let goes_on =
            done == 0 || (is_same && !script.execution().transaction && done <= script.spans().len());
        let path = self.set.display_path(script.path());
        goes_on.then_some(done).ok_or(Refusal::DonePartChanged {
            version: row.version,
            path,
            statements_done: done,
        })
    }

    fn up(&self, last: Version, out_of_order: OutOfOrder, refusals: &mut Vec<Refusal>) -> Plan {
        refusals.extend(self.dirty(Action::Rollback));
        refusals.extend(self.changed());
        let (ahead, unknown): (Vec<_>, Vec<_>) =
            self.unknown().partition(|row| row.older_binaries == OlderBinaries::Ok && !row.state.is_dirty());
        let unknown = unknown.into_iter();
        refusals.extend(unknown.map(|row| Refusal::Unknown { version: row.version, name: row.name.clone() }));
        let pending: Vec<&Migration> =
            self.pending().filter(|migration| migration.version() <= last).collect();
        if let (OutOfOrder::Refuse, Some((&newest, _))) = (out_of_order, self.rows.last_key_value()) {
            let late = pending.iter().filter(|migration| migration.version() < newest);
            refusals.extend(late.map(|migration| Refusal::OutOfOrder {
                version: migration.version(),
                path: self.set.display_path(migration.up().path()),
                newest,
            }));
        }
        let ahead = ahead.into_iter().map(|row| row.version).collect();
        Plan { steps: self.apply_steps(&pending, refusals), ahead }
    }

    fn changed(&self) -> impl Iterator<Item = Refusal> {
        self.set.migrations().iter().filter_map(|migration| {
            let row = self.rows.get(&migration.version())?;
            (row.checksum != migration.up().checksum() && !row.state.is_dirty()).then(|| Refusal::Changed {
                version: migration.version(),
                path: self.set.display_path(migration.up().path()),
            })
        })
    }

    fn unknown(&self) -> impl Iterator<Item = &AppliedMigration> {
        self.rows.values().copied().filter(|row| self.set.get(row.version).is_none())
    }

    /// The migrations that are not applied, or not to their end.
    fn pending(&self) -> impl Iterator<Item = &Migration> {
        self.set.migrations().iter().filter(|migration| {
            self.rows.get(&migration.version()).is_none_or(|row| row.state == AppliedState::Applying)
        })
    }

    /// Each step chains on the row before it, whether that is there already or comes from an earlier step.
    fn apply_steps(&self, pending: &[&Migration], refusals: &mut Vec<Refusal>) -> Vec<Step> {
        let mut chain: BTreeMap<Version, (Checksum, Checksum)> =
            self.rows.values().map(|row| (row.version, (row.checksum, row.chain))).collect();
        let mut steps = Vec::new();
        for migration in pending {
            let mut step = apply_step(migration, &mut chain);
            if let Some(row) = self.rows.get(&migration.version()) {
                step.resumes = true;
                step.done = self.done(row, &step.script).unwrap_or_else(|refusal| {
                    refusals.push(refusal);
                    0
                });
            }
            steps.push(step);
        }
        steps
    }

    fn down(&self, count: usize, refusals: &mut Vec<Refusal>) -> Plan {
        refusals.extend(self.dirty(Action::Apply));
        let mut steps = Vec::new();
        for row in self.rows.values().rev().take(count) {
            let step = self.way_back(row).and_then(|script| self.rollback_step(row, script));
            let gone = steps.last().map(|step: &Step| step.version);
            match step {
                Ok(step) => steps.push(Step { gone, ..step }),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Plan { steps, ahead: Vec::new() }
    }

    fn rollback_step(&self, row: &AppliedMigration, script: Script) -> Result<Step, Refusal> {
        let resumes = row.state == AppliedState::RollingBack;
        Ok(Step {
            action: Action::Rollback,
            version: row.version,
            name: Cow::Owned(row.name.clone()),
            done: if resumes { self.done(row, &script)? } else { 0 },
            resumes,
            script,
            checksum: row.checksum,
            chain: Some(row.chain),
            before: None,
            gone: None,
            rechain: Vec::new(),
            down: None,
            older_binaries: row.older_binaries,
        })
    }

    /// The set's own rollback script where the set holds the migration as it was applied, else the recorded one.
    fn way_back(&self, row: &AppliedMigration) -> Result<Script, Refusal> {
        let (version, name) = (row.version, row.name.clone());
        if row.state == AppliedState::Baseline {
            return Err(Refusal::Baseline { version, name });
        }
        let ours = self.set.get(version).filter(|migration| migration.up().checksum() == row.checksum);
        match (ours.map(Migration::down), &row.down) {
            (Some(Down::Script(script)), _) => Ok(script.clone()),
            (Some(Down::Irreversible(why)), _) => {
                Err(Refusal::Irreversible { version, name, why: why.as_deref().map(str::to_owned) })
            }
            (None, None) => Err(Refusal::Irreversible { version, name, why: None }),
            (None, Some(down)) => {
                let path = format!("the rollback script that the history recorded for {row}");
                Ok(parse_recorded(&path, &down.sql, self.engine, down.transaction))
            }
        }
    }
}

fn apply_step(migration: &Migration, rows: &mut BTreeMap<Version, (Checksum, Checksum)>) -> Step {
    let version = migration.version();
    let before = rows
        .range(..version)
        .next_back()
        .map(|(version, (_, chain))| Head { version: *version, chain: *chain });
    let checksum = migration.up().checksum();
    let chain = Checksum::chain(before.map(|head| head.chain), version, checksum);
    rows.insert(version, (checksum, chain));
    let mut last = chain;
    let mut rechain = Vec::new();
    for (behind, (checksum, chain)) in rows.range_mut(version..).skip(1) {
        last = Checksum::chain(Some(last), *behind, *checksum);
        *chain = last;
        rechain.push(Head { version: *behind, chain: last });
    }
    Step {
        action: Action::Apply,
        version,
        name: migration.name.clone(),
        script: migration.up.clone(),
        done: 0,
        resumes: false,
        checksum,
        chain: Some(chain),
        before,
        gone: None,
        rechain,
        down: migration.down.script().cloned(),
        older_binaries: migration.older_binaries(),
    }
}

impl Step {
    /// Whether it goes on where an earlier run stopped, in a script without transaction.
    pub fn resumes(&self) -> bool {
        self.resumes
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
            let count = step.script.spans().len();
            let statements = if count == 1 { "statement" } else { "statements" };
            let how =
                if step.script.execution().transaction { "in a transaction" } else { "without transaction" };
            write!(f, "{new_line}{:<8} {step}  {count} {statements}, {how}", step.action.as_str())?;
            if f.alternate() {
                step.script.sql().trim_end().lines().try_for_each(|line| write!(f, "\n    {line}"))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Changed { version, path } => write!(
                f,
                "migration {version} was edited after it was applied to this database\n --> {path}\n \
                 help: restore the file, and put the change in a new migration"
            ),
            Refusal::OutOfOrder { version, path, newest } => write!(
                f,
                "migration {version} is pending, and {newest}, which comes after it, is applied\n --> {path}\n \
                 help: give it a version above {newest}, or allow `OutOfOrder::Apply` where the two do not touch"
            ),
            Refusal::Unknown { version, name } => write!(
                f,
                "migration {version}_{name} is applied, and this binary does not contain it\n \
                 help: run a binary that does, or roll the migration back; one that says \
                 `-- migrate: older-binaries ok` lets older binaries run"
            ),
            Refusal::Dirty { version, name, action, statements_done } => {
                let (what, finish) = match action {
                    Action::Apply => ("migration", "migrate"),
                    Action::Rollback => ("the rollback of migration", "roll back"),
                };
                write!(
                    f,
                    "{what} {version}_{name} runs without transaction and stopped after {statements_done} \
                     statements\n help: {finish} first: it goes on where it stopped"
                )
            }
            Refusal::DonePartChanged { version, path, statements_done } => write!(
                f,
                "migration {version} stopped after {statements_done} statements, and these were edited since\n \
                 --> {path}\n help: restore them as they ran; only what comes behind them may be corrected"
            ),
            Refusal::UnknownTarget { version } => {
                write!(f, "the target {version} is no version of this set\n help: name one that is")
            }
            Refusal::TargetNotApplied { version } => write!(
                f,
                "the target {version} of the rollback is not applied\n help: name a version that is; it stays applied"
            ),
            Refusal::Irreversible { version, name, why } => {
                write!(f, "migration {version}_{name} is irreversible")?;
                why.iter().try_for_each(|why| write!(f, ": {why}"))?;
                f.write_str("\n help: restore a backup, or write a new migration that repairs what it did")
            }
            Refusal::Baseline { version, name } => write!(
                f,
                "migration {version}_{name} is part of the baseline and was never applied by a run\n \
                 help: roll back to a version above it"
            ),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, refusal) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordedDown;
    use crate::source::{Overrides, Source, SourceFile};

    fn version(number: i64) -> Version {
        Version::from_i64(number).unwrap()
    }

    /// A set with these versions; 13 is irreversible.
    fn set(versions: &[i64]) -> MigrationSet {
        let mut source = Source::default();
        for n in versions {
            let file =
                |end: &str, sql: String| SourceFile { path: format!("{n}_m.{end}.sql"), bytes: sql.into() };
            if *n == 13 {
                source.files.push(file("up", "-- migrate: irreversible \"bad luck\"\nSELECT 13".into()));
            } else {
                source
                    .files
                    .extend([file("up", format!("SELECT {n}")), file("down", format!("SELECT -{n}"))]);
            }
        }
        source.into_set(&Overrides::default()).unwrap()
    }

    /// A history in which these are applied as the set of the same versions holds them.
    fn history(versions: &[i64]) -> Vec<AppliedMigration> {
        if versions.is_empty() {
            return Vec::new();
        }
        let mut chain = None;
        let row = |migration: &Migration| {
            let checksum = migration.up().checksum();
            let value = Checksum::chain(chain, migration.version(), checksum);
            chain = Some(value);
            AppliedMigration {
                version: migration.version(),
                name: "m".into(),
                checksum,
                chain: value,
                state: AppliedState::Applied,
                statements_done: 0,
                statements_checksum: None,
                down: migration
                    .down()
                    .script()
                    .map(|down| RecordedDown { sql: down.sql().into(), transaction: true }),
                older_binaries: OlderBinaries::Refuse,
                started_at: "2026-01-01T00:00:00.000Z".into(),
                elapsed: None,
                applied_by: None,
            }
        };
        set(versions).migrations().iter().map(row).collect()
    }

    fn edited(
        mut rows: Vec<AppliedMigration>,
        which: i64,
        edit: impl Fn(&mut AppliedMigration),
    ) -> Vec<AppliedMigration> {
        rows.iter_mut().filter(|row| row.version == version(which)).for_each(edit);
        rows
    }

    /// The steps as numbers, a rollback as a negative one; or the refusals.
    fn steps(
        known: &[i64],
        rows: &[AppliedMigration],
        target: Target,
        late: OutOfOrder,
    ) -> Result<Vec<i64>, Vec<Refusal>> {
        let sign = |step: &Step| if step.action == Action::Apply { 1 } else { -1 };
        plan(&set(known), Engine::Postgres, rows, target, late)
            .map(|plan| plan.steps.iter().map(|step| sign(step) * step.version.as_i64()).collect())
            .map_err(|refused| refused.0)
    }

    fn case(known: &[i64], applied: &[i64], target: Target, want: Result<&[i64], Vec<Refusal>>) {
        let found = steps(known, &history(applied), target, OutOfOrder::Refuse);
        assert_eq!(found, want.map(<[i64]>::to_vec), "known {known:?}, applied {applied:?}, {target:?}");
    }

    #[test]
    #[rustfmt::skip] // a table
    fn which_migrations_next() {
        use Target::{Down, DownTo, Latest, UpTo};
        let out_of_order = |n| {
            vec![Refusal::OutOfOrder { version: version(n), path: format!("{n}_m.up.sql"), newest: version(3) }]
        };
        let unknown = |n| Refusal::Unknown { version: version(n), name: "m".into() };
        let irreversible = |why: Option<&str>| {
            vec![Refusal::Irreversible { version: version(13), name: "m".into(), why: why.map(str::to_owned) }]
        };
        //   known        applied       target             want
        case(&[1, 2, 3], &[],          Latest,            Ok(&[1, 2, 3]));
        case(&[1, 2, 3], &[1],         Latest,            Ok(&[2, 3]));
        case(&[1, 2, 3], &[1, 2, 3],   Latest,            Ok(&[]));
        case(&[1, 2, 3], &[1, 3],      Latest,            Err(out_of_order(2))); // 2 arrived late
        case(&[1, 2],    &[1, 2, 9],   Latest,            Err(vec![unknown(9)])); // the database is ahead of us
        case(&[2, 3],    &[1, 2],      Latest,            Err(vec![unknown(1)])); // a file was removed
        case(&[1, 2, 3], &[1],         UpTo(version(2)),  Ok(&[2]));
        case(&[1, 2, 3], &[1, 2, 3],   UpTo(version(2)),  Ok(&[])); // never rolls back
        case(&[1, 2, 3], &[1, 3],      UpTo(version(1)),  Ok(&[])); // 2 is not asked for
        case(&[1, 2, 3], &[1],         UpTo(version(7)),  Err(vec![Refusal::UnknownTarget { version: version(7) }]));
        case(&[1, 2, 3], &[1, 2, 3],   Down(1),           Ok(&[-3]));
        case(&[1, 2, 3], &[1, 2, 3],   Down(2),           Ok(&[-3, -2]));
        case(&[1, 2, 3], &[1, 2],      Down(9),           Ok(&[-2, -1])); // all there are
        case(&[1, 2, 3], &[1, 2],      Down(0),           Ok(&[]));
        case(&[1, 2, 3], &[],          Down(1),           Ok(&[]));
        case(&[1, 2, 3], &[1, 2, 3],   DownTo(version(1)), Ok(&[-3, -2]));
        case(&[1, 2, 3], &[1, 2, 3],   DownTo(version(3)), Ok(&[]));
        case(&[1, 2, 3], &[1],         DownTo(version(2)), Err(vec![Refusal::TargetNotApplied { version: version(2) }]));
        case(&[1],       &[1, 2],      Down(2),           Ok(&[-2, -1])); // by the recorded script
        case(&[13],      &[13],        Down(1),           Err(irreversible(Some("bad luck"))));
        case(&[1],       &[13],        Down(1),           Err(irreversible(None)));
        case(&[1, 13],   &[1, 13],     Down(2),           Err(irreversible(Some("bad luck")))); // 1 is not touched either
    }

    #[test]
    fn a_late_migration_is_applied_where_that_is_allowed() {
        let rows = history(&[1, 3, 4]);
        assert_eq!(steps(&[1, 2, 3, 4], &rows, Target::Latest, OutOfOrder::Apply), Ok(vec![2]));
        let plan =
            plan(&set(&[1, 2, 3, 4]), Engine::Postgres, &rows, Target::Latest, OutOfOrder::Apply).unwrap();
        // The rows behind it then read as if it had come in time.
        let want: Vec<Head> = history(&[1, 2, 3, 4])[2..]
            .iter()
            .map(|row| Head { version: row.version, chain: row.chain })
            .collect();
        assert_eq!(plan.steps[0].rechain, want);
    }

    #[test]
    fn all_refusals_come_together() {
        let rows = edited(history(&[1, 3, 9]), 1, |row| row.checksum = Checksum::of("other"));
        let rows = edited(rows, 9, |row| row.state = AppliedState::RollingBack);
        let refusals = steps(&[1, 2, 3], &rows, Target::Latest, OutOfOrder::Refuse).unwrap_err();
        assert!(
            matches!(
                refusals[..],
                [
                    Refusal::Dirty { .. },
                    Refusal::Changed { .. },
                    Refusal::Unknown { .. },
                    Refusal::OutOfOrder { .. }
                ]
            ),
            "{refusals:?}"
        );
    }

    #[test]
    fn an_older_binary_runs_where_every_row_that_it_does_not_know_allows_it() {
        let compatible = edited(history(&[1, 2, 3]), 3, |row| row.older_binaries = OlderBinaries::Ok);
        let plan =
            plan(&set(&[1, 2]), Engine::Postgres, &compatible, Target::Latest, OutOfOrder::Refuse).unwrap();
        assert_eq!((plan.ahead, plan.steps), (vec![version(3)], vec![]));
        assert!(steps(&[1], &compatible, Target::Latest, OutOfOrder::Refuse).is_err());
    }

    #[test]
    fn a_script_without_transaction_goes_on_where_it_stopped() {
        let file = |path: &str, sql: &str| SourceFile { path: path.to_owned(), bytes: sql.into() };
        let set = |up: &str| {
            let up = format!("-- migrate: no-transaction\n{up}");
            let files = vec![file("1_m.up.sql", &up), file("1_m.down.sql", "SELECT 1; SELECT 2")];
            Source { files, ..Source::default() }.into_set(&Overrides::default()).unwrap()
        };
        let before = set("VACUUM a; VACUUM b; VACUUM c");
        let mut row = history(&[1]).remove(0);
        row.state = AppliedState::Applying;
        row.statements_done = 1;
        row.statements_checksum = Some(before.migrations()[0].up().checksum_of_first(1));
        let rows = [row];
        let planned = |set: &MigrationSet, target| {
            let plan = plan(set, Engine::Postgres, &rows, target, OutOfOrder::Refuse)
                .map_err(|refused| refused.0)?;
            Ok(plan.steps.iter().map(|step| (step.done, step.resumes)).collect::<Vec<_>>())
        };
        assert_eq!(planned(&before, Target::Latest), Ok(vec![(1, true)]));
        // What is not done yet may be corrected, and comments may be changed anywhere.
        assert_eq!(planned(&set("-- first\nVACUUM a; VACUUM b2"), Target::Latest), Ok(vec![(1, true)]));
        let (version, path) = (version(1), "1_m.up.sql".to_owned());
        let edited = Refusal::DonePartChanged { version, path, statements_done: 1 };
        assert_eq!(planned(&set("VACUUM a2; VACUUM b"), Target::Latest), Err(vec![edited]));
        let name = "m".to_owned();
        let dirty = Refusal::Dirty { version, name, action: Action::Apply, statements_done: 1 };
        assert!(planned(&before, Target::Down(1)).unwrap_err().contains(&dirty));
    }

    #[test]
    fn a_rollback_uses_the_script_of_what_was_applied() {
        // Edited since: the recorded script fits what was applied, the file's may not.
        let rows = edited(history(&[1]), 1, |row| {
            row.checksum = Checksum::of("as it was");
            row.down = Some(RecordedDown { sql: "SELECT 'recorded'".into(), transaction: false });
        });
        let plan = plan(&set(&[1]), Engine::Postgres, &rows, Target::Down(1), OutOfOrder::Refuse).unwrap();
        assert_eq!(plan.steps[0].script.sql(), "SELECT 'recorded'");
        assert!(!plan.steps[0].script.execution().transaction);
        let baseline = edited(history(&[1]), 1, |row| row.state = AppliedState::Baseline);
        let refused = steps(&[1], &baseline, Target::Down(1), OutOfOrder::Refuse);
        assert_eq!(refused, Err(vec![Refusal::Baseline { version: version(1), name: "m".into() }]));
    }

    #[test]
    fn steps_chain_to_the_value_of_the_set() {
        let whole = set(&[1, 2, 3]);
        let plan =
            plan(&whole, Engine::Postgres, &history(&[1]), Target::Latest, OutOfOrder::Refuse).unwrap();
        assert_eq!(plan.steps[0].before.map(|head| head.chain), set(&[1]).chain());
        assert_eq!(plan.steps[1].before.map(|head| head.chain), plan.steps[0].chain);
        assert_eq!(plan.steps[1].chain, whole.chain());
        assert!(plan.steps.iter().all(|step| step.rechain.is_empty()));
    }

    #[test]
    fn a_plan_shows_a_line_for_each_step_and_the_sql_on_request() {
        let plan = plan(&set(&[1, 2]), Engine::Postgres, &[], Target::Latest, OutOfOrder::Refuse).unwrap();
        assert_eq!(
            plan.to_string(),
            "apply    1_m  1 statement, in a transaction\napply    2_m  1 statement, in a transaction"
        );
        assert!(format!("{plan:#}").contains("in a transaction\n    SELECT 1\napply    2_m"));
        assert_eq!(Plan::default().to_string(), "nothing to do");
    }
}
