//! What claims the row of a step before its script runs.
//!
//! Scripts are sent without waiting for the answers of earlier ones, so a claim must *fail* when the history is no longer
//! what the plan was made from: a count of zero divides by zero in PostgreSQL, and gives NULL for a NOT NULL column in
//! SQLite.

use super::HistoryTable;
use super::bindings::Bindings;
use super::column::HISTORY;
use super::table::{HISTORY_FORMAT, Runner, count, holds, under_way};
use crate::history::{AppliedState, Direction};
use crate::plan::Head;
use crate::query::Query;
use crate::{Action, Checksum, Engine, Step, Version};

impl HistoryTable {
    /// What claims a step's row, and fails when the history is no longer what the plan was made from.
    pub fn claim(&self, step: &Step, runner: &Runner) -> Vec<Query> {
        match (step.action, step.was) {
            (Action::Apply, _) if step.resumes => {
                let mut bindings = Bindings::default();
                let of_step = self.is_of_step(&mut bindings, step);
                let done = bindings.bind(count(step.done));
                let is_ours = format!("{of_step} AND statements_done = {done} AND state = 'applying'");
                vec![self.row_is(bindings, &is_ours), self.claim_resumed(step)]
            }
            (Action::Apply, _) => {
                vec![self.insert(step, runner, AppliedState::Interrupted(Direction::Apply))]
            }
            (Action::Baseline, _) => vec![self.insert(step, runner, AppliedState::Baseline)],
            (Action::ResolveApplied, None) => vec![self.insert(step, runner, AppliedState::Applied)],
            (Action::ResolveApplied, Some(was)) => vec![self.row_was(step, was), self.settle(step)],
            (Action::Repair, was) => {
                vec![self.row_was(step, was.unwrap_or(step.chain)), self.rewrite(step, "", "true")]
            }
            (Action::StatementDone | Action::StatementUndone, _) => vec![self.stands_at(step, step.done)],
            (Action::Rollback | Action::ResolveRolledBack, _) => {
                let gone = step.gone.map(|version| self.guard_gone(step, version));
                gone.into_iter().chain([self.may_roll_back(step), self.claim_rollback(step)]).collect()
            }
        }
    }

    /// Fails unless this many statements of a script without transaction are done, and keeps others from the row.
    pub fn stands_at(&self, step: &Step, done: usize) -> Query {
        self.row_stands(Bindings::default(), step, done, "true")
    }

    /// Fails unless this many statements are done, and no other run has begun the next one since the plan was made.
    pub fn begins_at(&self, step: &Step, done: usize) -> Query {
        let mut bindings = Bindings::default();
        let progress = match step.begun.as_ref().filter(|_| done == step.done) {
            Some(begun) => {
                let progress = format!("{} {begun}", step.work.checksum_of_first(done));
                format!("statements_checksum = {}", bindings.bind(progress.as_str()))
            }
            None => "(statements_checksum IS NULL OR statements_checksum NOT LIKE '% %')".to_owned(),
        };
        self.row_stands(bindings, step, done, &progress)
    }

    /// Fails unless the next statement is the one that this run has begun.
    pub fn is_under_way(&self, step: &Step, done: usize, by: &str) -> Query {
        let mut bindings = Bindings::default();
        let progress = format!("statements_checksum = {}", bindings.bind(under_way(step, done, by).as_str()));
        self.row_stands(bindings, step, done, &progress)
    }

    fn row_stands(&self, mut bindings: Bindings, step: &Step, done: usize, also: &str) -> Query {
        let as_planned = self.is_as_planned(&mut bindings, step);
        let done = bindings.bind(count(done));
        self.row_is(
            bindings,
            &format!("{as_planned} AND statements_done = {done} AND state IN ('applying', 'rolling_back') AND {also}"),
        )
    }

    fn insert(&self, step: &Step, runner: &Runner, state: AppliedState) -> Query {
        let mut bindings = Bindings::default();
        let row = self.written(step, runner);
        let mut values: Vec<(&str, String)> = HISTORY
            .iter()
            .filter_map(|column| Some((column.name, bindings.bind(column.value(&row)?))))
            .collect();
        let is_held = |(name, _): &&(&str, String)| {
            HISTORY.iter().any(|column| column.name == *name && (column.is_key() || column.is_of_migration()))
        };
        let held: Vec<(&str, String)> = values.iter().filter(is_held).cloned().collect();
        let (state, guard) = (state.as_str(), self.guard(&mut bindings, step, &values));
        values.extend([
            ("applied_by", self.role().to_owned()),
            ("state", format!("'{state}'")),
            ("started_at", self.now().to_owned()),
            ("format", HISTORY_FORMAT.to_string()),
            ("statements_done", format!("({guard})")),
        ]);
        let (names, values): (Vec<&str>, Vec<String>) = values.into_iter().unzip();
        let (names, values) = (names.join(", "), values.join(", "));
        let write = bindings.query(format!("INSERT INTO {} ({names}) VALUES ({values})", self.history));
        if step.action == Action::Apply && step.work.execution().transaction {
            // The record of it, in the same transaction, finds the row and looks at all of it.
            return write;
        }
        let also = format!("state = '{state}' AND format = {HISTORY_FORMAT} AND statements_done = 0");
        self.one_row(write, &format!("{} AND {also}", holds(&held)), None)
    }

    /// Zero where the row that the plan saw is the last one before this, else an error or NULL.
    fn guard(&self, bindings: &mut Bindings, step: &Step, values: &[(&str, String)]) -> String {
        let history = &self.history;
        let bound =
            |name: &str| values.iter().find(|(one, _)| *one == name).map_or("NULL", |(_, value)| value);
        let of_set = format!("target = {} AND set_name = {}", bound("target"), bound("set_name"));
        match step.before {
            Some(Head { version, chain }) => {
                let version = bindings.bind(version.as_i64());
                let chain = bindings.bind(chain.to_string().as_str());
                // What only writes the history may come after an interrupted script.
                let state =
                    if step.action.runs_script() { " AND state IN ('applied', 'baseline')" } else { "" };
                format!(
                    "SELECT 0 / count(*) FROM {history} WHERE {of_set} AND version = {version} AND chain = {chain}{state}"
                )
            }
            None if step.rechain.is_empty() => {
                format!("SELECT 0 / (CASE count(*) WHEN 0 THEN 1 ELSE 0 END) FROM {history} WHERE {of_set}")
            }
            None => "0".to_owned(),
        }
    }

    /// Takes over the row of an interrupted script. What is left of the script may have been corrected since.
    fn claim_resumed(&self, step: &Step) -> Query {
        let also = format!(", started_at = {}", self.now());
        self.rewrite(step, &also, "state = 'applying'")
    }

    /// Takes an interrupted script for finished.
    fn settle(&self, step: &Step) -> Query {
        let also = format!(
            ", state = 'applied', statements_done = 0, statements_checksum = NULL, finished_at = {}",
            self.now()
        );
        self.rewrite(step, &also, "state = 'applied' AND statements_done = 0")
    }

    /// Gives a row what the set holds.
    fn rewrite(&self, step: &Step, also: &str, state: &str) -> Query {
        let mut bindings = Bindings::default();
        let values = self.of_migration(&mut bindings, step);
        let set: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let of_step = self.is_of_step(&mut bindings, step);
        let sql = format!("UPDATE {} SET {}{also} WHERE {of_step}", self.history, set.join(", "));
        let holds = format!("{of_step} AND {} AND {state}", holds(&values));
        self.one_row(bindings.query(sql), &holds, None)
    }

    fn may_roll_back(&self, step: &Step) -> Query {
        let mut bindings = Bindings::default();
        let as_planned = self.is_as_planned(&mut bindings, step);
        let state = match (step.action, step.resumes) {
            (Action::ResolveRolledBack, _) => String::new(),
            (_, true) => {
                let done = bindings.bind(count(step.done));
                format!(" AND state = 'rolling_back' AND statements_done = {done}")
            }
            (_, false) => " AND state = 'applied'".to_owned(),
        };
        self.row_is(bindings, &(as_planned + &state))
    }

    fn claim_rollback(&self, step: &Step) -> Query {
        let mut bindings = Bindings::default();
        let done = bindings.bind(count(step.done));
        let as_planned = self.is_as_planned(&mut bindings, step);
        let sql = format!(
            "UPDATE {} SET state = 'rolling_back', started_at = {}, statements_done = {done} WHERE {as_planned}",
            self.history,
            self.now()
        );
        let holds = format!("state = 'rolling_back' AND statements_done = {done} AND {as_planned}");
        self.one_row(bindings.query(sql), &holds, None)
    }

    /// Fails unless the rollback that was sent before took effect.
    fn guard_gone(&self, step: &Step, version: Version) -> Query {
        let mut bindings = Bindings::default();
        let of_version = self.is_of_version(&mut bindings, &step.set, version);
        bindings.query(format!(
            "SELECT 1 / (CASE count(*) WHEN 0 THEN 1 ELSE 0 END) FROM {} WHERE {of_version}",
            self.history
        ))
    }

    /// Fails unless the row has that chain value.
    fn row_was(&self, step: &Step, chain: Checksum) -> Query {
        let mut bindings = Bindings::default();
        let of_step = self.is_of_step(&mut bindings, step);
        let chain = bindings.bind(chain.to_string().as_str());
        self.row_is(bindings, &format!("{of_step} AND chain = {chain}"))
    }

    /// Fails unless there is such a row, and keeps others from it.
    fn row_is(&self, bindings: Bindings, condition: &str) -> Query {
        let lock = match self.engine {
            Engine::Postgres => " FOR UPDATE",
            // The transaction has the whole database.
            Engine::Sqlite => "",
        };
        bindings.query(format!(
            "SELECT 1 / count(*) FROM (SELECT 1 FROM {} WHERE {condition}{lock}) AS mine",
            self.history
        ))
    }
}
