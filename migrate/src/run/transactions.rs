//! Transactions with the pauses between their tries, and the report of what each has done.

use std::time::Duration;

use migrate_core::Step;

use super::slow::Slow;
use super::{Run, patience};
use crate::driver::{Class, Driver, Event, Failure, Transaction};
use crate::migrator::Migrator;
use crate::report::{MigrationReport, Progress, Report};

impl<D: Driver> Run<'_, D> {
    /// Runs the transactions and reports each step that ends with one. A transaction that failed for a passing reason is
    /// retried after a pause, and those after it follow.
    pub(super) async fn transactions(
        &mut self,
        steps: &[Step],
        transactions: &mut [Transaction<'_>],
    ) -> Result<(), Failure> {
        let mut committed = 0;
        let mut tries = 0;
        loop {
            let (migrator, report, slow) = (self.migrator, &mut self.report, &mut self.slow);
            let before = committed;
            patience::limit(&mut transactions[before..], tries, self.migrator.retries);
            let mut tell = |event| match event {
                Event::Committed { transaction, elapsed } => {
                    committed += 1;
                    if transactions[before + transaction].ends_step {
                        *slow = Slow::new();
                        done(migrator, report, &steps[before + transaction], elapsed);
                    }
                }
                Event::Running => slow.tell(migrator, &steps[committed.min(steps.len() - 1)]),
                Event::Blocked(blockers) => {
                    let step = &steps[committed.min(steps.len() - 1)];
                    migrator.tell(&Progress::Blocked { step, blockers: &blockers });
                }
            };
            let Err(failure) = self.driver.transactions(&transactions[before..], &mut tell).await else {
                return Ok(());
            };
            if committed > before {
                tries = 0;
            }
            let class = D::class(failure.stage, &failure.error);
            let failed = before + failure.transaction;
            let pause = match class {
                _ if tries == self.migrator.retries => None,
                Class::Blocked => Some(patience::pause_after(
                    transactions[failed].piece.map(|piece| piece.timeouts()).unwrap_or_default(),
                )),
                Class::Transient => Some(patience::pause_after_collision(tries)),
                _ => None,
            };
            let Some(pause) = pause else { return Err(Failure { transaction: failed, ..failure }) };
            tries += 1;
            let (step, error) = (&steps[failed], failure.error.to_string());
            self.migrator.tell(&Progress::Retrying { step, error: &error, tries, pause });
            self.driver.pause(pause).await;
        }
    }

    pub(super) async fn transaction(
        &mut self,
        step: &Step,
        transaction: Transaction<'_>,
    ) -> Result<(), Failure> {
        self.transactions(std::slice::from_ref(step), &mut [transaction]).await
    }
}

fn done(migrator: &Migrator<'_>, report: &mut Report, step: &Step, elapsed: Duration) {
    let migration = MigrationReport::new(step, elapsed);
    migrator.tell(&Progress::Done(&migration));
    report.migrations.push(migration);
}
