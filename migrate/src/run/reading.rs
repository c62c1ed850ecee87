//! What only reads the history: status, plan and verify.

use migrate_core::{Plan, Status, Target, status};

use super::Run;
use crate::driver::{Driver, Piece};
use crate::error::Error;
use crate::verification::{Finding, Verification, findings};

impl<D: Driver> Run<'_, D> {
    pub(crate) async fn status(mut self) -> Result<Status, Error> {
        let history = self.history().await?;
        Ok(status(self.migrator.set, history.rows()))
    }

    pub(crate) async fn plan(mut self, target: Target) -> Result<Plan, Error> {
        let history = self.history().await?;
        self.plan_from(&history, target)
    }

    /// Compares the whole history with the set, and runs the verify scripts of what is applied.
    pub(crate) async fn verify(mut self) -> Result<Verification, Error> {
        let history = self.history().await?;
        let set = self.migrator.set;
        let mut findings = findings(set, history.rows());
        let applied = history.rows().iter().filter(|row| !row.state.is_interrupted());
        for migration in applied.filter_map(|row| set.get(row.version)) {
            let Some(script) = migration.verify() else { continue };
            let piece = Piece::whole(script, self.timeouts(script, self.migrator.timeouts));
            if let Err(error) = self.driver.check(&piece).await {
                if error.is_disconnected {
                    return Err(Error::database("verifying", error));
                }
                findings.push(Finding::not_in_place(migration, set.display_path(script.path()), &error));
            }
        }
        Ok(Verification { findings })
    }
}
