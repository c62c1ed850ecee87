//! The history's tables, made ready for a run that writes: created where there are none, and brought to this format.

use migrate_core::HISTORY_FORMAT;

use super::Run;
use super::history::History;
use super::patience::pause_after_collision;
use super::step::Outcome;
use crate::driver::{Class, DatabaseError, Driver, Stage};
use crate::error::{self, Error};

impl<D: Driver> Run<'_, D> {
    /// Where another runner was faster, or is in the midst of a migration, the history has to be read again.
    pub(super) async fn prepare_history(&mut self, history: &History) -> Result<Outcome, Error> {
        match history {
            History::Missing => self.create_history().await.map(|()| Outcome::Done),
            History::Rows { format, .. } if *format < HISTORY_FORMAT => self.upgrade_history().await,
            History::Rows { .. } => Ok(Outcome::Done),
        }
    }

    /// Creates the tables. The schema is created only if it is missing: a role that may not create one may still own it.
    async fn create_history(&mut self) -> Result<(), Error> {
        let mut created = self.driver.create(&self.table.create()).await;
        if let (Err(error), Some(schema)) = (&created, self.table.create_schema())
            && D::class(Stage::Prepare, error) == Class::MissingSchema
        {
            created = self.driver.create(&(schema + &self.table.create())).await;
        }
        match created {
            Err(error) if D::class(Stage::Prepare, &error) != Class::Overtaken => {
                Err(Error::database(error::CREATING, error))
            }
            Err(_) if matches!(self.history().await?, History::Missing) => {
                Err(Error::lost_history(&self.table))
            }
            _ => Ok(()),
        }
    }

    /// An older history is brought to this format by the first run that writes, because who only reads may have no right to.
    async fn upgrade_history(&mut self) -> Result<Outcome, Error> {
        for tries in 0.. {
            let Err(error) = self.driver.upgrade(&self.table, self.migrator.timeouts).await else { break };
            match D::class(Stage::Prepare, &error) {
                Class::Overtaken => return Ok(Outcome::Moved),
                Class::Transient | Class::Blocked if tries < self.migrator.retries => {
                    self.driver.pause(pause_after_collision(tries)).await;
                }
                _ => return Err(self.not_upgraded(error).await),
            }
        }
        Ok(Outcome::Done)
    }

    /// Who may not alter the tables is shown who may, and what has to be run.
    async fn not_upgraded(&mut self, error: DatabaseError) -> Error {
        if !error.is_refused_by_rights() {
            return Error::database(error::UPGRADING, error);
        }
        let owner = self.driver.query(&self.table.owner()).await.ok().flatten();
        let owner = owner.as_ref().and_then(|rows| rows.first()?.first()?.as_text()).unwrap_or("its owner");
        let statements: Vec<String> = self.table.upgrade().into_iter().map(|query| query.sql + ";").collect();
        let hint = format!(
            "only {owner}, who owns the tables, may bring them to format {HISTORY_FORMAT}: run the migrations once as \
             {owner}, or have {owner} run this, once:\nBEGIN;\n{}\nCOMMIT;",
            statements.join("\n")
        );
        Error::database(error::UPGRADING, DatabaseError { hint: Some(hint), ..error })
    }
}
