//! A method for each target. Each reads the rows of the history and the migrations of the set, adds steps to the plan and
//! reasons against it to the refusals.
//!
//! Example: for `Down(1)` the last row of the history becomes one rollback step, or the refusal that it is irreversible.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::chain::{Chain, Link};
use super::{Action, OutOfOrder, Plan, Refusal, Step, display_path};
use crate::source::{first_words, parse_recorded};
use crate::{
    Alone, AppliedMigration, AppliedState, Direction, Down, Engine, Migration, MigrationSet, OlderBinaries,
    Version, Work,
};

/// What a plan is made from. Each target has a method, which adds the reasons against it to `refusals`.
pub(super) struct Planning<'a> {
    pub(super) set: &'a MigrationSet,
    pub(super) engine: Engine,
    pub(super) rows: BTreeMap<Version, &'a AppliedMigration>,
    pub(super) refusals: Vec<Refusal>,
}

impl Planning<'_> {
    pub(super) fn up(&mut self, last: Version, out_of_order: OutOfOrder) -> Plan {
        self.refuse_interrupted(Direction::Rollback);
        self.refuse_changed();
        let ahead = self.refuse_unknown();
        let pending = self.pending(last);
        if out_of_order == OutOfOrder::Refuse {
            self.refuse_late(&pending);
        }
        let mut chain = self.chain();
        let steps = pending.into_iter().map(|migration| self.apply_step(&migration, &mut chain)).collect();
        Plan { steps, ahead }
    }

    /// Rolls back everything above `version`.
    pub(super) fn down_to(&mut self, version: Version) -> Plan {
        if !self.rows.contains_key(&version) {
            self.refusals.push(Refusal::TargetNotApplied { version });
        }
        self.down(self.rows.keys().filter(|above| **above > version).count())
    }

    pub(super) fn down(&mut self, count: usize) -> Plan {
        self.refuse_interrupted(Direction::Apply);
        let rows: Vec<&AppliedMigration> = self.rows.values().rev().take(count).copied().collect();
        let mut steps: Vec<Step> = Vec::new();
        for row in rows {
            let gone = steps.last().map(|step| step.version);
            match self.way_back(row).and_then(|script| self.rollback_step(row, script)) {
                Ok(step) => steps.push(Step { gone, ..step }),
                Err(refusal) => self.refusals.push(refusal),
            }
        }
        Plan { steps, ahead: Vec::new() }
    }

    /// Rolls the last one back and applies it again.
    pub(super) fn redo(&mut self) -> Plan {
        self.refuse_interrupted(Direction::Rollback);
        let mut plan = self.down(1);
        let Some((version, row)) = self.rows.pop_last() else { return plan };
        match self.set.get(version).cloned() {
            Some(migration) => {
                let mut chain = self.chain();
                plan.steps.push(self.apply_step(&migration, &mut chain));
            }
            None => self.refusals.push(Refusal::Unknown { version, name: row.name.clone() }),
        }
        plan
    }

    /// Records every migration up to `last` as being in place.
    pub(super) fn baseline(&mut self, last: Version) -> Plan {
        let applied = self.rows.values().find(|row| row.state != AppliedState::Baseline);
        if let Some(row) = applied {
            self.refusals.push(Refusal::AlreadyApplied { version: row.version, name: row.name.clone() });
        }
        let pending = self.pending(last);
        let mut chain = self.chain();
        let step =
            |migration: &Migration| self.step(Action::Baseline, migration, chain.insert_migration(migration));
        Plan { steps: pending.iter().map(step).collect(), ahead: Vec::new() }
    }

    /// Records one migration as applied, whatever the history says about it.
    pub(super) fn resolve_applied(&mut self, version: Version) -> Plan {
        let Some(migration) = self.set.get(version) else {
            self.refusals.push(Refusal::UnknownTarget { version });
            return Plan::default();
        };
        let row = self.rows.get(&version).copied();
        if row.is_some_and(|row| !row.state.is_interrupted()) {
            return Plan::default();
        }
        let link = self.chain().insert_migration(migration);
        let step = self.step(Action::ResolveApplied, migration, link);
        Plan { steps: vec![Step { was: row.map(|row| row.chain), ..step }], ahead: Vec::new() }
    }

    /// Records one migration as rolled back, whatever the history says about it.
    pub(super) fn resolve_rolled_back(&mut self, version: Version) -> Plan {
        let Some(row) = self.rows.get(&version).copied() else {
            self.refusals.push(Refusal::TargetNotApplied { version });
            return Plan::default();
        };
        let nothing = || Work::Sql(parse_recorded("", self.engine, true));
        let work = self.way_back(row).unwrap_or_else(|_| nothing());
        let rechain = self.chain().remove(version);
        let step = self.row_step(Action::ResolveRolledBack, row, work);
        Plan { steps: vec![Step { rechain, ..step }], ahead: Vec::new() }
    }

    /// Records whether the statement is done at which a script was cut off, because a person has checked.
    pub(super) fn resolve_statement(&mut self, version: Version, action: Action) -> Plan {
        let Some(row) = self.rows.get(&version).copied() else {
            self.refusals.push(Refusal::TargetNotApplied { version });
            return Plan::default();
        };
        if !row.state.is_interrupted() {
            return Plan::default();
        }
        let work = match (row.state, self.set.get(version)) {
            (AppliedState::Interrupted(Direction::Apply), Some(migration)) => Ok(migration.up.clone()),
            (AppliedState::Interrupted(Direction::Apply), None) => Err(Refusal::UnknownTarget { version }),
            _ => self.way_back(row),
        };
        let done = work.and_then(|work| Ok((self.done(row, &work)?, work)));
        match done {
            Ok((done, work)) if done < work.statement_count() => {
                let step = Step { done, ..self.row_step(action, row, work) };
                Plan { steps: vec![step], ahead: Vec::new() }
            }
            Ok(_) => Plan::default(),
            Err(refusal) => {
                self.refusals.push(refusal);
                Plan::default()
            }
        }
    }

    /// Records the scripts of the set in place of those in the history.
    pub(super) fn repair(&mut self) -> Plan {
        let mut chain = self.chain();
        let mut steps: Vec<Step> = Vec::new();
        for migration in self.recorded_otherwise() {
            let was = chain.value(migration.version);
            let link = chain.insert_migration(&migration);
            steps.push(Step { was, ..self.step(Action::Repair, &migration, link) });
        }
        Plan { steps, ahead: Vec::new() }
    }

    pub(super) fn refuse_without_transaction(&mut self, plan: &Plan) {
        let without = |step: &&Step| step.action.runs_script() && !step.work.execution().transaction;
        let refused = plan.steps.iter().filter(without).map(|step| Refusal::WithoutTransaction {
            version: step.version,
            path: step.display_path(self.set),
        });
        self.refusals.extend(refused);
    }

    /// An interrupted script must first be finished in its own direction.
    fn refuse_interrupted(&mut self, direction: Direction) {
        let interrupted = self.rows.values().filter(|row| row.state.direction() == Some(direction));
        let refusals = interrupted.map(|row| Refusal::Interrupted {
            version: row.version,
            name: row.name.clone(),
            direction,
            statements_done: row.statements_done,
        });
        self.refusals.extend(refusals);
    }

    fn refuse_changed(&mut self) {
        let changed = self.changed().into_iter().map(|migration| Refusal::Changed {
            version: migration.version,
            path: self.set.display_path(migration.up.path()),
        });
        self.refusals.extend(changed);
    }

    /// The migrations that were edited since they were applied.
    fn changed(&self) -> Vec<Migration> {
        let is_changed = |migration: &&Migration| {
            let row = self.rows.get(&migration.version);
            row.is_some_and(|row| !migration.is_applied_by(row.checksum) && !row.state.is_interrupted())
        };
        self.set.migrations().iter().filter(is_changed).cloned().collect()
    }

    /// The migrations whose name, script or rollback script differs from the recorded one.
    fn recorded_otherwise(&self) -> Vec<Migration> {
        let is_otherwise = |migration: &&Migration| {
            let Some(row) = self.rows.get(&migration.version).filter(|row| !row.state.is_interrupted())
            else {
                return false;
            };
            let recorded = row.down.as_ref().map(|down| (down.sql.as_str(), down.transaction));
            let ours = migration.down.script().map(|down| (down.sql(), down.execution().transaction));
            row.checksum != migration.up.checksum()
                || row.name != migration.name
                || recorded != ours
                || row.older_binaries != migration.older_binaries
        };
        self.set.migrations().iter().filter(is_otherwise).cloned().collect()
    }

    /// Refuses applied migrations that are not in the set, unless they say that older binaries may run. Returns those that do.
    fn refuse_unknown(&mut self) -> Vec<Version> {
        let unknown = self.rows.values().copied().filter(|row| self.set.get(row.version).is_none());
        let (ahead, refused): (Vec<&AppliedMigration>, Vec<_>) =
            unknown.partition(|row| row.older_binaries == OlderBinaries::Ok && !row.state.is_interrupted());
        let refused =
            refused.into_iter().map(|row| Refusal::Unknown { version: row.version, name: row.name.clone() });
        self.refusals.extend(refused);
        ahead.into_iter().map(|row| row.version).collect()
    }

    fn refuse_late(&mut self, pending: &[Migration]) {
        let Some((&newest, _)) = self.rows.last_key_value() else { return };
        let is_late = |migration: &&Migration| {
            migration.version < newest && !self.rows.contains_key(&migration.version)
        };
        let late = pending.iter().filter(is_late).map(|migration| Refusal::OutOfOrder {
            version: migration.version,
            path: self.set.display_path(migration.up.path()),
            newest,
        });
        self.refusals.extend(late);
    }

    /// The migrations up to `last` that are not applied, or whose apply was interrupted.
    fn pending(&self, last: Version) -> Vec<Migration> {
        let is_pending = |migration: &&Migration| {
            let row = self.rows.get(&migration.version);
            migration.version <= last && row.is_none_or(|row| row.state.direction() == Some(Direction::Apply))
        };
        self.set.migrations().iter().filter(is_pending).cloned().collect()
    }

    fn chain(&self) -> Chain {
        Chain::of(self.rows.values().copied())
    }

    fn apply_step(&mut self, migration: &Migration, chain: &mut Chain) -> Step {
        let step = self.step(Action::Apply, migration, chain.insert_migration(migration));
        let Some(row) = self.rows.get(&migration.version) else { return step };
        match self.stand(row, &step.work) {
            Ok((done, begun)) => Step { done, begun, resumes: true, ..step },
            Err(refusal) => {
                self.refusals.push(refusal);
                step
            }
        }
    }

    fn rollback_step(&self, row: &AppliedMigration, work: Work) -> Result<Step, Refusal> {
        let resumes = row.state.direction() == Some(Direction::Rollback);
        let (done, begun) = if resumes { self.stand(row, &work)? } else { (0, false) };
        Ok(Step { done, begun, resumes, ..self.row_step(Action::Rollback, row, work) })
    }

    /// How many statements of `work` an earlier run has done, and whether that run was cut off in the next one. Whether
    /// that one is done must be known to the statement's kind, or to a person who has checked.
    fn stand(&self, row: &AppliedMigration, work: &Work) -> Result<(usize, bool), Refusal> {
        let done = self.done(row, work)?;
        let Some(begun) = row.begun else { return Ok((done, false)) };
        let Work::Sql(script) = work;
        let next = script.statements().nth(done).filter(|_| script.checksum_of_first(done + 1) == begun);
        if next.is_some_and(|next| self.engine.alone(next) != Alone::Unknown) {
            return Ok((done, true));
        }
        Err(Refusal::CutOff {
            version: row.version,
            path: display_path(self.set, work, &row.to_string()),
            statement: done + 1,
            text: next.map(first_words),
        })
    }

    /// How many statements of `work` an earlier run has done, if it was interrupted in it.
    fn done(&self, row: &AppliedMigration, work: &Work) -> Result<usize, Refusal> {
        let done = row.statements_done;
        let is_same = row.statements_checksum == Some(work.checksum_of_first(done));
        if done == 0 || (is_same && !work.execution().transaction && done <= work.statement_count()) {
            return Ok(done);
        }
        let path = display_path(self.set, work, &row.to_string());
        Err(Refusal::DonePartChanged { version: row.version, path, statements_done: done })
    }

    /// The set's own rollback if the set holds the migration as it was applied, else the recorded script.
    fn way_back(&self, row: &AppliedMigration) -> Result<Work, Refusal> {
        let (version, name) = (row.version, row.name.clone());
        if row.state == AppliedState::Baseline {
            return Err(Refusal::Baseline { version, name });
        }
        let ours = self.set.get(version).filter(|migration| migration.is_applied_by(row.checksum));
        match (ours.map(Migration::down), &row.down) {
            (Some(Down::Work(work)), _) => Ok(work.clone()),
            (Some(Down::Irreversible(why)), _) => {
                Err(Refusal::Irreversible { version, name, why: why.as_deref().map(str::to_owned) })
            }
            (None, None) => Err(Refusal::Irreversible { version, name, why: None }),
            (None, Some(down)) => Ok(Work::Sql(parse_recorded(&down.sql, self.engine, down.transaction))),
        }
    }

    /// A step that writes the row of a migration.
    fn step(&self, action: Action, migration: &Migration, Link { before, chain, rechain }: Link) -> Step {
        Step {
            action,
            set: self.set.name.clone(),
            version: migration.version,
            name: migration.name.clone(),
            work: migration.up.clone(),
            risk: migration.risk,
            hazards: migration.hazards.clone(),
            done: 0,
            resumes: false,
            begun: false,
            checksum: migration.up.checksum(),
            chain,
            was: None,
            before,
            gone: None,
            rechain,
            down: migration.down.script().cloned(),
            older_binaries: migration.older_binaries,
        }
    }

    /// A step that removes a row.
    fn row_step(&self, action: Action, row: &AppliedMigration, work: Work) -> Step {
        Step {
            action,
            set: self.set.name.clone(),
            version: row.version,
            name: Cow::Owned(row.name.clone()),
            work,
            risk: None,
            hazards: Cow::Borrowed(&[]),
            done: 0,
            resumes: false,
            begun: false,
            checksum: row.checksum,
            chain: row.chain,
            was: Some(row.chain),
            before: None,
            gone: None,
            rechain: Vec::new(),
            down: None,
            older_binaries: row.older_binaries,
        }
    }
}
