//! Carries out the steps of a plan, in their order.

use migrate_core::{Plan, Query, Script, Step, Transactions, Work};

use super::Run;
use super::slow::Slow;
use crate::driver::{Class, DatabaseError, Driver, Failure, Piece, Stage, Timeouts, Transaction};
use crate::error::Error;
use crate::trace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// The history is not what the plan was made from.
    Moved,
}

impl<D: Driver> Run<'_, D> {
    /// Scripts in transactions are sent together. A script without transaction is a barrier.
    pub(super) async fn carry_out(&mut self, plan: &Plan) -> Result<Outcome, Error> {
        let runs_in_transaction =
            |step: &Step| step.work.execution().transaction || !step.action.runs_script();
        for steps in plan.steps.chunk_by(|a, b| runs_in_transaction(a) && runs_in_transaction(b)) {
            self.slow = Slow::new();
            let outcome = match steps {
                [step] if !runs_in_transaction(step) => {
                    trace::inside(trace::migration(step), self.without_transaction(step)).await?
                }
                steps => self.in_transactions(steps).await?,
            };
            if outcome == Outcome::Moved {
                return Ok(Outcome::Moved);
            }
        }
        Ok(Outcome::Done)
    }

    async fn in_transactions(&mut self, steps: &[Step]) -> Result<Outcome, Error> {
        let each = self.migrator.policy.transactions == Transactions::Each;
        let transaction = |(i, step)| Transaction {
            begins: each || i == 0,
            commits: each || i + 1 == steps.len(),
            ..self.whole(step)
        };
        let mut transactions: Vec<Transaction<'_>> = steps.iter().enumerate().map(transaction).collect();
        match self.transactions(steps, &mut transactions).await {
            Ok(()) => Ok(Outcome::Done),
            Err(failure) => {
                let step = &steps[failure.transaction];
                self.failed(step, failure).await
            }
        }
    }

    /// A step that is one transaction.
    fn whole<'s>(&self, step: &'s Step) -> Transaction<'s> {
        let Work::Sql(script) = &step.work;
        let timeouts = self.timeouts(script, self.migrator.timeouts);
        Transaction {
            claim: self.claim(step),
            piece: step.action.runs_script().then(|| Piece::whole(script, timeouts)),
            record: self.record(step),
            ends_step: true,
            ..Transaction::of(step)
        }
    }

    pub(super) fn claim(&self, step: &Step) -> Vec<Query> {
        self.table.claim(step, &self.runner)
    }

    pub(super) fn record(&self, step: &Step) -> Vec<Query> {
        self.table.record(step, &self.runner)
    }

    /// The script's own limits, else `default`.
    pub(super) fn timeouts(&self, script: &Script, default: Timeouts) -> Timeouts {
        let execution = script.execution();
        Timeouts {
            lock: execution.lock_timeout.or(default.lock),
            statement: execution.statement_timeout.or(default.statement),
        }
    }

    /// What a failure means: another runner was here, or an error. An error is logged if the connection still works.
    pub(super) async fn failed(&mut self, step: &Step, failure: Failure) -> Result<Outcome, Error> {
        let Failure { stage, error, .. } = failure;
        if stage == Stage::Claim && D::class(stage, &error) == Class::Overtaken {
            return Ok(Outcome::Moved);
        }
        let (set, runner) = (self.migrator.set, &self.runner);
        if error.is_disconnected {
            self.keep = None;
        } else {
            let log = self.table.log_failure(step, runner, &error.to_string());
            // The caller must see the failure itself, not that it could not be logged.
            let _ = self.driver.query(&log).await;
        }
        trace::failed(step, &error.to_string());
        let path = step.display_path(set);
        Err(Error::step(step, path, stage, error))
    }

    /// Runs a verify script. This fails only when the connection is gone: what the script found is the answer.
    pub(crate) async fn check(&mut self, script: &Script) -> Result<Result<(), DatabaseError>, Error> {
        let piece = Piece::whole(script, self.timeouts(script, self.migrator.timeouts));
        match self.driver.check(&piece).await {
            Err(error) if error.is_disconnected => Err(Error::database("verifying", error)),
            checked => Ok(checked),
        }
    }
}
