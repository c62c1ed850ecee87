//! Transactions with the pauses between their tries, and the report of what each has done.

use std::time::Duration;

use migrate_core::Step;

use super::Run;
use super::slow::Slow;
use crate::driver::{Class, Driver, Event, Failure, Transaction};
use crate::migrator::Migrator;
use crate::report::{MigrationReport, Progress, Report};

impl<D: Driver> Run<'_, D> {
    /// Runs the transactions and reports each step that ends with one. A transaction that failed for a passing reason is
    /// retried after a pause, and those after it follow.
    pub(super) async fn transactions(
        &mut self,
        steps: &[Step],
        transactions: &[Transaction<'_>],
    ) -> Result<(), Failure> {
        let mut committed = 0;
        let mut tries = 0;
        loop {
            let (migrator, report, slow) = (self.migrator, &mut self.report, &mut self.slow);
            let before = committed;
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
            if class != Class::Transient || tries == self.migrator.retries {
                return Err(Failure { transaction: before + failure.transaction, ..failure });
            }
            let pause = pause_after(tries);
            tries += 1;
            let (step, error) = (&steps[before + failure.transaction], failure.error.to_string());
            self.migrator.tell(&Progress::Retrying { step, error: &error, tries, pause });
            self.driver.pause(pause).await;
        }
    }

    pub(super) async fn transaction(
        &mut self,
        step: &Step,
        transaction: Transaction<'_>,
    ) -> Result<(), Failure> {
        self.transactions(std::slice::from_ref(step), &[transaction]).await
    }
}

fn done(migrator: &Migrator<'_>, report: &mut Report, step: &Step, elapsed: Duration) {
    let migration = MigrationReport::new(step, elapsed);
    migrator.tell(&Progress::Done(&migration));
    report.migrations.push(migration);
}

/// A growing pause with a random part, so that two runners that collided do not collide again.
pub(super) fn pause_after(tries: usize) -> Duration {
    const LONGEST: Duration = Duration::from_secs(10);
    let pause = Duration::from_millis(200).saturating_mul(1 << tries.min(10)).min(LONGEST);
    pause.mul_f64(0.5 + 0.5 * fastrand::f64())
}
