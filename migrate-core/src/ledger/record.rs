//! What records a step once its script is done, and how far it is before that.

use super::HistoryTable;
use super::bindings::Bindings;
use super::column::{Group, LOG};
use super::table::{HISTORY_FORMAT, Runner, count, holds, under_way};
use super::written::{fails_otherwise_unless, fails_unless};
use crate::plan::Head;
use crate::query::Query;
use crate::{Action, Step};

impl HistoryTable {
    /// What records a step once its script is done, and returns how long it took in milliseconds.
    pub fn record(&self, step: &Step, runner: &Runner) -> Vec<Query> {
        let mut queries: Vec<Query> = step.rechain.iter().map(|head| self.rechain(step, *head)).collect();
        if self.engine.writes_in_with() && step.action == Action::Apply {
            queries.push(self.finish_and_log(step, runner));
            return queries;
        }
        queries.push(self.log(step, runner));
        queries.extend(match step.action {
            Action::StatementDone => Some(self.journal(step, step.done + 1)),
            Action::StatementUndone => Some(self.journal(step, step.done)),
            _ => None,
        });
        queries.push(match step.action {
            Action::Apply => self.finish_apply(step),
            Action::Rollback | Action::ResolveRolledBack => self.finish_rollback(step),
            Action::Baseline
            | Action::ResolveApplied
            | Action::StatementDone
            | Action::StatementUndone
            | Action::Repair => Query { sql: "SELECT 0".to_owned(), values: Vec::new() },
        });
        queries
    }

    /// What logs that a step failed, when all else about it is rolled back.
    pub fn log_failure(&self, step: &Step, runner: &Runner, message: &str) -> Query {
        let mut bindings = Bindings::default();
        let row = self.written(step, runner);
        let insert = self.insert_into_log(|name, group| match (name, group) {
            ("action", _) => Some("'failure'".to_owned()),
            ("logged_at", _) => Some(self.now().to_owned()),
            ("applied_by", _) => Some(self.role().to_owned()),
            ("detail", _) => Some(bindings.bind(format!("{}: {message}", step.action.as_str()).as_str())),
            (_, Group::Key(of) | Group::Migration(of) | Group::Runner(of)) => Some(bindings.bind(of(&row))),
            (_, Group::Progress) => None,
        });
        bindings.query(insert)
    }

    /// What records that `done` statements of a script without transaction are done, and none is under way.
    pub fn journal(&self, step: &Step, done: usize) -> Query {
        self.stand(step, done, &step.work.checksum_of_first(done).to_string())
    }

    /// What records that `done` statements are done, and that the next is under way outside of a transaction.
    pub fn begin_alone(&self, step: &Step, done: usize, by: &str) -> Query {
        self.stand(step, done, &under_way(step, done, by))
    }

    fn stand(&self, step: &Step, done: usize, checksums: &str) -> Query {
        let mut bindings = Bindings::default();
        let (done, checksums) = (bindings.bind(count(done)), bindings.bind(checksums));
        let of_step = self.is_of_step(&mut bindings, step);
        let sql = format!(
            "UPDATE {} SET statements_done = {done}, statements_checksum = {checksums} WHERE {of_step}",
            self.history
        );
        let holds = format!("statements_done = {done} AND statements_checksum = {checksums}");
        self.one_row(bindings.query(sql), &holds, None)
    }

    /// What most runs do most often, in one statement. SQLite cannot write two tables in one.
    fn finish_and_log(&self, step: &Step, runner: &Runner) -> Query {
        let mut bindings = Bindings::default();
        let of_step = self.is_of_step(&mut bindings, step);
        let chain = bindings.bind(step.chain.to_string().as_str());
        let insert = self.copy_into_log("'apply'", step, runner, &mut bindings, "finished_at", "elapsed_ms");
        let values = self.of_migration(&mut bindings, step);
        let is_done = format!(
            "(SELECT count(*) FROM done WHERE {of_step} AND {} AND state = 'applied' \
             AND format = {HISTORY_FORMAT} AND statements_done = 0) = 1",
            holds(&values)
        );
        let is_logged = format!("(SELECT count(*) FROM logged WHERE action = 'apply' AND {of_step}) = 1");
        let sql = format!(
            "WITH done AS (
                UPDATE {} SET state = 'applied', finished_at = {}, elapsed_ms = {},
                    statements_done = 0, statements_checksum = NULL
                WHERE {of_step} AND chain = {chain} AND state = 'applying' RETURNING *
            ), logged AS (
                {insert} FROM done
                RETURNING *
            )
            SELECT {} + {} + (SELECT max(elapsed_ms) FROM done)",
            self.history,
            self.now(),
            self.elapsed(),
            fails_unless(&[&is_done]),
            fails_otherwise_unless(&is_logged)
        );
        bindings.query(sql)
    }

    fn finish_apply(&self, step: &Step) -> Query {
        let mut bindings = Bindings::default();
        let as_planned = self.is_as_planned(&mut bindings, step);
        let sql = format!(
            "UPDATE {} SET state = 'applied', finished_at = {}, elapsed_ms = {}, \
             statements_done = 0, statements_checksum = NULL WHERE {as_planned} AND state = 'applying'",
            self.history,
            self.now(),
            self.elapsed()
        );
        self.one_row(bindings.query(sql), "state = 'applied'", Some("elapsed_ms"))
    }

    fn finish_rollback(&self, step: &Step) -> Query {
        let mut bindings = Bindings::default();
        let as_planned = self.is_as_planned(&mut bindings, step);
        let sql = format!("DELETE FROM {} WHERE {as_planned} AND state = 'rolling_back'", self.history);
        self.one_row(bindings.query(sql), "true", Some(self.elapsed()))
    }

    /// A row after one that came late covers another history now.
    fn rechain(&self, step: &Step, head: Head) -> Query {
        let mut bindings = Bindings::default();
        let chain = bindings.bind(head.chain.to_string().as_str());
        let of_version = self.is_of_version(&mut bindings, &step.set, head.version);
        let sql = format!("UPDATE {} SET chain = {chain} WHERE {of_version}", self.history);
        self.one_row(bindings.query(sql), &format!("chain = {chain}"), None)
    }

    fn log(&self, step: &Step, runner: &Runner) -> Query {
        let mut bindings = Bindings::default();
        let action = bindings.bind(step.action.as_str());
        let elapsed = if step.action.runs_script() { self.elapsed() } else { "NULL" };
        let insert = self.copy_into_log(&action, step, runner, &mut bindings, self.now(), elapsed);
        let of_step = self.is_of_step(&mut bindings, step);
        let write = bindings.query(format!("{insert} FROM {} WHERE {of_step}", self.history));
        self.one_row(write, &format!("action = {action} AND {of_step}"), None)
    }

    /// What adds a row to the log that copies from one of the history, without where that is from.
    fn copy_into_log(
        &self,
        action: &str,
        step: &Step,
        runner: &Runner,
        bindings: &mut Bindings,
        logged_at: &str,
        elapsed: &str,
    ) -> String {
        let row = self.written(step, runner);
        self.insert_into_log(|name, group| match (name, group) {
            ("action", _) => Some(action.to_owned()),
            ("logged_at", _) => Some(logged_at.to_owned()),
            ("elapsed_ms", _) => Some(elapsed.to_owned()),
            ("applied_by", _) => Some(self.role().to_owned()),
            (_, Group::Key(_) | Group::Migration(_)) => Some(name.to_owned()),
            (_, Group::Runner(of)) => Some(bindings.bind(of(&row))),
            (_, Group::Progress) => None,
        })
    }

    /// What adds a row to the log, with these values for the columns that have one.
    fn insert_into_log(&self, mut value: impl FnMut(&'static str, Group) -> Option<String>) -> String {
        let values = LOG.iter().filter_map(|column| Some((column.name, value(column.name, column.group)?)));
        let (names, values): (Vec<&str>, Vec<String>) = values.unzip();
        format!("INSERT INTO {} ({}) SELECT {}", self.log, names.join(", "), values.join(", "))
    }
}
