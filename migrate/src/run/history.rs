//! The history as a run reads it, and the plan that is made from it.

use migrate_core::{AppliedMigration, Plan, Proof, Target, plan};

use super::Run;
use crate::driver::{DatabaseError, Driver};
use crate::error::Error;
use crate::migrator::Migrator;

const READING: &str = "reading the history";

/// The history as a run finds it. There may be no table at all.
pub(crate) enum History {
    Missing,
    /// The format of the table, and the rows of the set in it.
    Rows {
        format: i64,
        rows: Vec<AppliedMigration>,
    },
}

impl History {
    pub(crate) fn rows(&self) -> &[AppliedMigration] {
        match self {
            History::Missing => &[],
            History::Rows { rows, .. } => rows,
        }
    }
}

impl<D: Driver> Run<'_, D> {
    /// Whether all is applied, in one round trip. `None` if there is no history table.
    pub(super) async fn is_proven(&mut self) -> Result<Option<bool>, Error> {
        let proof = self.table.proof(self.migrator.set);
        let rows = self.driver.query(&proof).await.map_err(|error| Error::database(READING, error))?;
        let proves = |rows: Vec<_>| {
            let proof = rows.first().and_then(|row: &Vec<_>| Proof::from_row(row));
            proof.is_some_and(|proof| proof.proves(self.migrator.set))
        };
        Ok(rows.map(proves))
    }

    pub(crate) async fn history(&mut self) -> Result<History, Error> {
        let query = self.table.rows(self.migrator.set.name());
        let rows = self.driver.query(&query).await.map_err(|error| Error::database(READING, error))?;
        let Some(rows) = rows else {
            self.temporary_path = self.ask_for_temporary_path().await?;
            return Ok(History::Missing);
        };
        self.temporary_path = self.table.temporary_path(&rows).map(str::to_owned);
        if self.table.hides_rows(&rows) {
            return Err(Error::database(READING, DatabaseError::hidden(self.table.name())));
        }
        let read = self.table.read(&rows);
        let (format, rows) = read.map_err(|problem| Error::history(self.table.name(), problem))?;
        Ok(History::Rows { format, rows })
    }

    async fn ask_for_temporary_path(&mut self) -> Result<Option<String>, Error> {
        let Some(query) = self.table.asks_for_temporary_path() else { return Ok(None) };
        let rows = self.driver.query(&query).await.map_err(|error| Error::database(READING, error))?;
        Ok(rows.and_then(|rows| rows.first()?.first()?.as_text().map(str::to_owned)))
    }

    /// What a script creates in a temporary schema is gone with the session, and the history would say that it is there.
    pub(crate) fn plan_from(&self, history: &History, target: Target) -> Result<Plan, Error> {
        let Migrator { set, policy, .. } = self.migrator;
        let plan = plan(set, D::ENGINE, history.rows(), target, *policy).map_err(Error::refused)?;
        match &self.temporary_path {
            Some(path) if plan.steps.iter().any(|step| step.action.runs_script()) => {
                Err(Error::temporary_path(path))
            }
            _ => Ok(plan),
        }
    }
}
