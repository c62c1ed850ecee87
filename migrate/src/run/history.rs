//! The history as a run reads it, and the plan that is made from it.

use migrate_core::{AnyHistory, AppliedMigration, Neighbours, OtherTool, Plan, Proof, Query, Target, plan};

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
            self.look_around().await?;
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

    /// What is there in place of a history. A tool counts if its table says that something was applied.
    async fn look_around(&mut self) -> Result<(), Error> {
        let rows = self.driver.query(&self.table.neighbours()).await;
        let rows = rows.map_err(|error| Error::database(READING, error))?.unwrap_or_default();
        let Neighbours { temporary_path, tools, histories } = Neighbours::read(&rows);
        self.temporary_path = temporary_path;
        self.other_tools.clear();
        for tool in tools {
            if self.has_applied(tool).await? {
                self.other_tools.push(tool);
            }
        }
        self.elsewhere = None;
        for history in histories {
            // Another runner may have made this very history meanwhile.
            let is_ours = history.is_at(&self.table);
            if !is_ours && self.elsewhere.is_none() && self.is_of_set(&history).await? {
                self.elsewhere = Some(history);
            }
        }
        Ok(())
    }

    /// Whether a history in another place is that of this set, and a run without a place may have missed it. Whoever names
    /// the place means it: a product may have a history for each tenant.
    async fn is_of_set(&mut self, history: &AnyHistory) -> Result<bool, Error> {
        let query = history.is_of(self.migrator.set).filter(|_| self.migrator.has_default_place());
        let Some(query) = query else { return Ok(false) };
        match self.driver.query(&query).await {
            Ok(rows) => Ok(rows.is_some_and(|rows| !rows.is_empty())),
            Err(error) if error.is_disconnected => Err(Error::database(READING, error)),
            // One that this role may not read is another's.
            Err(_) => Ok(false),
        }
    }

    /// A table that may not be read has rows, for all that is known. One without the tool's columns is of something else.
    async fn has_applied(&mut self, tool: OtherTool) -> Result<bool, Error> {
        match self.driver.query(&Query { sql: tool.applied(), values: Vec::new() }).await {
            Ok(rows) => Ok(rows.is_some_and(|rows| !rows.is_empty())),
            Err(error) if error.is_disconnected => Err(Error::database(READING, error)),
            Err(error) => Ok(error.is_refused_by_rights()),
        }
    }

    /// What a script creates in a temporary schema is gone with the session, and the history would say that it is there. And
    /// where another tool has a history, and this one begins with nothing, the scripts may have been run already.
    pub(crate) fn plan_from(&self, history: &History, target: Target) -> Result<Plan, Error> {
        let Migrator { set, policy, .. } = self.migrator;
        let plan = plan(set, D::ENGINE, history.rows(), target, *policy).map_err(Error::refused)?;
        if !plan.steps.iter().any(|step| step.action.runs_script()) {
            return Ok(plan);
        }
        if let Some(path) = &self.temporary_path {
            return Err(Error::temporary_path(path));
        }
        if !matches!(history, History::Missing) || self.migrator.alongside {
            return Ok(plan);
        }
        match &self.elsewhere {
            Some(elsewhere) => Err(Error::history_elsewhere(set.name(), elsewhere, self.table.name())),
            None if !self.other_tools.is_empty() => Err(Error::other_tools(self.other_tools.clone())),
            None => Ok(plan),
        }
    }
}
