//! Brings a database to a target: read, plan, lock, read again, carry out.

use std::time::{Duration, Instant};

use migrate_core::{Plan, Refusal, Target};

use super::Run;
use super::history::History;
use super::step::Outcome;
use super::transactions::pause_after;
use crate::driver::Driver;
use crate::error::Error;
use crate::report::{Progress, Report};
use crate::trace;

impl<D: Driver> Run<'_, D> {
    pub(crate) async fn run(mut self, target: Target) -> Result<Report, Error> {
        let span = trace::run(self.migrator.set.name(), D::ENGINE, target);
        let result = trace::inside(span, self.try_run(target)).await;
        self.ended(result)
    }

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
            // Another runner may be at that statement: the lock is waited for.
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
        self.driver.unlock().await;
        result
    }

    /// Whatever comes of the run, what it did to the schema is kept.
    pub(super) async fn run_locked(&mut self, target: Target) -> Result<(), Error> {
        let result = self.plan_and_carry_out(target).await;
        if let Some(keep) = self.keep.take() {
            let kept = self.driver.keep_schema(&self.table, self.patience(), keep).await;
            self.tell_not_kept(kept);
        }
        result
    }

    /// What was read before the lock may be old by now. So may what is read under it, where transactions take turns
    /// or the lock is worthless: then a claim fails, and the plan is made anew.
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
            self.migrator.tell(&Progress::Planned(&plan));
            if self.prepare_history(&history).await? == Outcome::Done {
                self.note_schema(&history).await;
                if self.carry_out(&plan).await? == Outcome::Done {
                    return Ok(());
                }
            }
            // "Two steps back" means another two once one of them is done.
            let is_relative = matches!(target, Target::Down(_) | Target::Redo);
            if Instant::now() >= until || (is_relative && !self.report.is_empty()) {
                break;
            }
            self.driver.pause(pause_after(plans).min(Duration::from_secs(1))).await;
            self.lock().await?;
        }
        Err(Error::contended())
    }

    /// Who finds a statement under way that runs outside of transactions waits until no one is at it, and looks again.
    async fn history_and_plan(&mut self, target: Target) -> Result<(History, Plan), Error> {
        let history = self.history().await?;
        let plan = self.plan_from(&history, target);
        if !plan.as_ref().is_err_and(is_cut_off) {
            return plan.map(|plan| (history, plan));
        }
        self.driver.lock_alone(self.migrator.lock_deadline).await.map_err(Error::lock)?;
        self.driver.unlock_alone().await;
        let history = self.history().await?;
        let plan = self.plan_from(&history, target)?;
        Ok((history, plan))
    }
}

fn is_cut_off(error: &Error) -> bool {
    error.refusals().iter().any(|refusal| matches!(refusal, Refusal::CutOff { .. }))
}
