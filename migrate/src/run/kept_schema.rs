//! The schema beside the history: read, kept after a run, and compared.

use migrate_core::{Drift, Dump, Fingerprint, KeptSchema};

use super::Run;
use super::history::History;
use crate::driver::{DatabaseError, Driver, Keep, Noted, Timeouts};
use crate::error::Error;
use crate::report::Progress;

const READING_SCHEMA: &str = "reading the schema";

impl<D: Driver> Run<'_, D> {
    /// The schema of the database as it is.
    pub(crate) async fn fingerprint(self) -> Result<Fingerprint, Error> {
        let rows = self.driver.fingerprint(&self.table, self.migrator.timeouts).await;
        let rows = self.table.fingerprint_rows(rows.map_err(|error| Error::database(READING_SCHEMA, error))?);
        Fingerprint::from_rows(D::ENGINE, rows.iter().map(Vec::as_slice))
            .map_err(|problem| Error::database(READING_SCHEMA, DatabaseError::of_ours(&problem)))
    }

    /// The SQL that makes that schema.
    pub(crate) async fn dump(self) -> Result<Dump, Error> {
        let failed = |error| Error::database(READING_SCHEMA, error);
        let rows = self.driver.fingerprint(&self.table, self.migrator.timeouts).await.map_err(failed)?;
        self.table.dump(&rows).map_err(|problem| failed(DatabaseError::of_ours(&problem)))
    }

    /// How that schema stands to what the runs left.
    pub(crate) async fn drift(self) -> Result<Drift, Error> {
        let failed = |error| Error::database(READING_SCHEMA, error);
        let rows = self.driver.kept_schema(&self.table, self.migrator.timeouts).await.map_err(failed)?;
        let Some(rows) = rows else { return Ok(Drift::NothingKept) };
        let drift = KeptSchema::from_rows(&rows).and_then(|kept| kept.drift(D::ENGINE));
        drift.map_err(|problem| failed(DatabaseError::of_ours(&problem)))
    }

    /// Keeps the schema as it is.
    pub(crate) async fn accept_drift(mut self) -> Result<(), Error> {
        self.lock().await?;
        let result = self.try_accept_drift().await;
        self.driver.unlock().await;
        result
    }

    async fn try_accept_drift(&mut self) -> Result<(), Error> {
        let history = self.history().await?;
        if matches!(history, History::Missing) {
            return Ok(());
        }
        // Where another runner is at that, this one need not: what is kept of the schema is the same in all formats.
        self.prepare_history(&history).await?;
        let failed = |error| Error::database("keeping the schema", error);
        let noted = self.driver.note_schema(&self.table, self.patience()).await.map_err(failed)?;
        let keep = Keep { creates_table: noted == Noted::NoTable, accepts: true };
        self.driver.keep_schema(&self.table, self.patience(), keep).await.map_err(failed)
    }

    /// What was changed by hand before this run has to be told from what the run does. A new history has nothing kept.
    pub(super) async fn note_schema(&mut self, history: &History) {
        if std::mem::replace(&mut self.is_noted, true) {
            return;
        }
        let noted = match history {
            History::Missing => Ok(Noted::Done),
            History::Rows { .. } => self.driver.note_schema(&self.table, self.patience()).await,
        };
        self.keep =
            noted.as_ref().ok().map(|noted| Keep { creates_table: *noted == Noted::NoTable, accepts: false });
        self.tell_not_kept(noted.map(drop));
    }

    /// A run is not failed by what comes with it.
    pub(super) fn tell_not_kept(&self, kept: Result<(), DatabaseError>) {
        if let Err(error) = kept {
            self.migrator.tell(&Progress::SchemaNotKept { error: &error.to_string() });
        }
    }

    /// How long to wait for a lock that keeps a definition from being read, and for all of it.
    pub(super) fn patience(&self) -> Timeouts {
        Timeouts { statement: Some(self.migrator.keep_within), ..self.migrator.timeouts }
    }
}
