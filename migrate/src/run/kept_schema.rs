//! The kept schema, next to the history: read, kept after a run, and compared to find drift.

use super::Run;
use super::history::History;
use crate::database::Task;
use crate::driver::{DatabaseError, Driver, Keep, Noted, Row, Schema, Timeouts};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::report::Progress;

pub(crate) const READING_SCHEMA: &str = "reading the schema";

/// Keeps the schema as it is.
pub(crate) struct AcceptDrift<'m>(pub(crate) &'m Migrator<'m>);

impl Task for AcceptDrift<'_> {
    type Answer = ();

    async fn on<D: Driver>(self, driver: &mut D) -> Result<(), Error> {
        let mut run = Run::new(self.0, driver)?;
        run.lock().await?;
        let result = run.try_accept_drift().await;
        run.unlock().await;
        result
    }
}

impl<D: Driver> Run<'_, D> {
    /// The rows of the schema, or `None` if they are to hold what the runs left, and nothing is kept.
    pub(crate) async fn schema(&mut self, which: Schema) -> Result<Option<Vec<Row>>, Error> {
        let rows = self.driver.schema(&self.table, which, self.migrator.timeouts).await;
        rows.map_err(|error| Error::database(READING_SCHEMA, error))
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

    /// Notes the schema before the run, so that changes by hand can be told apart from the run's. A new history has kept
    /// nothing.
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

    /// Reports that the schema was not kept. A run does not fail because of it.
    pub(super) fn tell_not_kept(&self, kept: Result<(), DatabaseError>) {
        if let Err(error) = kept {
            self.migrator.tell(&Progress::SchemaNotKept { error: &error.to_string() });
        }
    }

    /// The limits for reading the schema: for a lock on a definition, and for the whole.
    pub(super) fn patience(&self) -> Timeouts {
        Timeouts { statement: Some(self.migrator.keep_within), ..self.migrator.timeouts }
    }
}
