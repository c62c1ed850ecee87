//! The one effect loop: read the history, plan, carry the plan out.

mod alone;
mod history;
mod kept_schema;
mod reading;
mod reset;
mod slow;
mod step;
mod tables;
mod to_target;
mod transactions;

use migrate_core::{HistoryTable, Runner};

use crate::driver::{Driver, Keep};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::report::Report;
use slow::Slow;

pub(crate) struct Run<'a, D> {
    migrator: &'a Migrator<'a>,
    table: HistoryTable,
    driver: &'a mut D,
    /// Who the history says it was; known from the first write on.
    runner: Runner,
    slow: Slow,
    report: Report,
    /// Whether the schema is noted, or is not to be kept.
    is_noted: bool,
    /// How it is kept at the end.
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
        let (runner, slow, report) = (Runner::default(), Slow::new(), Report::default());
        let is_noted = !migrator.keep_schema;
        Ok(Run { migrator, table, driver, runner, slow, report, is_noted, keep: None })
    }

    async fn lock(&mut self) -> Result<(), Error> {
        let key = self.table.lock_key();
        self.driver.lock(key, self.migrator.lock_deadline).await.map_err(Error::lock)
    }
}
