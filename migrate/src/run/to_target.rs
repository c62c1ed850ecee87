//! Brings a database to a target: read, plan, lock, read again, carry out.

use std::time::{Duration, Instant};

use migrate_core::{Plan, Refusal, Target};

use super::Run;
use super::history::History;
use super::patience::pause_after_collision;
use super::step::Outcome;
use crate::database::Task;
use crate::driver::Driver;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::report::{Progress, Report};
use crate::trace;

/// A run to a target.
pub(crate) struct ToTarget<'m>(pub(crate) &'m Migrator<'m>, pub(crate) Target);

impl Task for ToTarget<'_> {
    type Answer = Report;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Report, Error> {
        let mut run = Run::new(self.0, driver)?;
        let span = trace::run(self.0.set.name(), D::ENGINE, self.1);
        let result = trace::inside(span, run.try_run(self.1)).await;
        run.ended(result)
    }
}

impl<D: Driver> Run<'_, D> {
    pub(super) fn ended(self, result: Result<(), Error>) -> Result<Report, Error> {
        match result {
            Ok(()) => Ok(self.report),
            Err(error) => Err(error.with_report(self.report)),
        }
    }

    async fn try_run(&mut self, target: Target) -> Result<(), Error> {
        let mut known = None;
        if target == Target::Latest {
            match self.is_proven().await? {
                Some(true) => return Ok(()),
                Some(false) => {}
                None => known = Some(History::Missing),
            }
        }
        let history = match known {
            Some(history) => history,
            None => self.history().await?,
        };
        match self.plan_from(&history, target) {
            // Another runner may be running that statement now, so wait for the lock and look again.
            Err(error) if is_cut_off(&error) => {}
            plan => {
                let plan = plan?;
                self.report.ahead.clone_from(&plan.ahead);
                if plan.is_empty() {
                    return Ok(());
                }
            }
        }
        self.lock().await?;
        let result = self.run_locked(target).await;
        self.unlock().await;
        result
    }

    /// Keeps the schema at the end, even of a run that failed.
    pub(super) async fn run_locked(&mut self, target: Target) -> Result<(), Error> {
        let result = self.plan_and_carry_out(target).await;
        if let Some(keep) = self.keep.take() {
            let kept = self.driver.keep_schema(&self.table, self.patience(), keep).await;
            self.tell_not_kept(kept);
        }
        result
    }

    /// The history that was read before the lock may be out of date. Even the one read under the lock may be, if transactions
    /// take turns or the lock excludes no one: then a claim fails, and the run plans again.
    async fn plan_and_carry_out(&mut self, target: Target) -> Result<(), Error> {
        self.runner = self.migrator.runner();
        let until = Instant::now() + self.migrator.lock_deadline;
        for plans in 0.. {
            let (history, plan) = self.history_and_plan(target).await?;
            if plan.is_empty() {
                return Ok(());
            }
            #[cfg(feature = "cli")]
            if let Some(step) = self.migrator.not_agreed(&plan) {
                return Err(Error::not_agreed(step));
            }
            if let Some((step, statement)) = self.unprotected(&plan) {
                return Err(Error::unprotected(step, step.display_path(self.migrator.set), statement));
            }
            self.migrator.tell(&Progress::Planned(&plan));
            if self.prepare_history(&history).await? == Outcome::Done {
                self.note_schema(&history).await;
                if self.carry_out(&plan).await? == Outcome::Done {
                    return Ok(());
                }
            }
            // "Two steps back" names two other migrations once one of them is rolled back.
            let is_relative = matches!(target, Target::Down(_) | Target::Redo);
            if Instant::now() >= until || (is_relative && !self.report.is_empty()) {
                break;
            }
            self.driver.pause(pause_after_collision(plans).min(Duration::from_secs(1))).await;
            self.lock().await?;
        }
        Err(Error::contended())
    }

    /// A statement that a run was cut off in: where transactions take turns for the lock, one that holds it may have begun
    /// that statement since this run had its turn. Waits for it, and looks again.
    async fn history_and_plan(&mut self, target: Target) -> Result<(History, Plan), Error> {
        let history = self.history().await?;
        let plan = self.plan_from(&history, target);
        if !plan.as_ref().is_err_and(is_cut_off) {
            return plan.map(|plan| (history, plan));
        }
        self.lock().await?;
        let history = self.history().await?;
        let plan = self.plan_from(&history, target)?;
        Ok((history, plan))
    }
}

fn is_cut_off(error: &Error) -> bool {
    error.refusals().iter().any(|refusal| matches!(refusal, Refusal::CutOff { .. }))
}
