//! The one effect loop: read the history, plan, carry the plan out.
//!
//! ```text
//! to_target → history (read) → plan → step ┬ transactions  scripts in transactions, many in flight
//!                                          └ alone         a script without transaction, statement by statement
//! ```
//!
//! A [`Run`] knows no engine: it builds [`Transaction`](crate::driver::Transaction)s, and a
//! [`Driver`](crate::driver::Driver) sends them.

mod alone;
mod history;
mod kept_schema;
mod patience;
mod reset;
mod slow;
mod step;
mod tables;
mod to_target;
mod transactions;

use std::hash::{BuildHasher, Hasher, RandomState};

use migrate_core::{AnyHistory, HistoryTable, OtherTool, Runner};

use crate::driver::{Driver, Keep};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::report::Report;
pub(crate) use kept_schema::{AcceptDrift, READING_SCHEMA};
pub(crate) use reset::Reset;
#[cfg(feature = "cli")]
pub(crate) use reset::name_of;
use slow::Slow;
pub(crate) use to_target::ToTarget;

pub(crate) struct Run<'a, D> {
    migrator: &'a Migrator<'a>,
    table: HistoryTable,
    driver: &'a mut D,
    /// The runner that the history records. Unknown until the first write, because a start with nothing to do needs none.
    runner: Runner,
    slow: Slow,
    report: Report,
    /// What this run marks a statement with that it begins outside of a transaction.
    mark: String,
    /// The search path of the session, if what a script creates would be temporary.
    temporary_path: Option<String>,
    /// The other tools that have a history here, while there is none of ours.
    other_tools: Vec<OtherTool>,
    /// The history of this set in another place, while there is none in the default one, where the run looks.
    elsewhere: Option<AnyHistory>,
    /// Whether the schema was noted before the run, or is not to be kept at all.
    is_noted: bool,
    /// How to keep the schema at the end.
    keep: Option<Keep>,
}

impl<'a, D: Driver> Run<'a, D> {
    pub(crate) fn new(migrator: &'a Migrator<'a>, driver: &'a mut D) -> Result<Self, Error> {
        if let Some(staleness) = migrator.set.staleness() {
            return Err(Error::stale(staleness));
        }
        let dialect = migrator.set.dialect();
        if !dialect.runs_on(D::ENGINE) {
            return Err(Error::wrong_engine(dialect, D::ENGINE));
        }
        let table = migrator.history_table(D::ENGINE);
        if let Some(why) = table.unfit() {
            return Err(Error::unfit_history(table.name(), why));
        }
        let (runner, slow, report) = (Runner::default(), Slow::new(), Report::default());
        let mark = format!("{:016x}", RandomState::new().build_hasher().finish());
        let is_noted = !migrator.keep_schema;
        Ok(Run {
            migrator,
            table,
            driver,
            runner,
            slow,
            report,
            mark,
            temporary_path: None,
            other_tools: Vec::new(),
            elsewhere: None,
            is_noted,
            keep: None,
        })
    }

    pub(crate) fn table(&self) -> &HistoryTable {
        &self.table
    }

    async fn lock(&mut self) -> Result<(), Error> {
        self.driver.lock(self.table.lock_key(), self.migrator.lock_deadline).await.map_err(Error::lock)
    }

    async fn unlock(&mut self) {
        self.driver.unlock().await;
    }
}
