//! Wipes a database and applies everything to it.

use migrate_core::{Query, Target};

use super::Run;
use crate::database::Task;
use crate::driver::{DatabaseError, Driver};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::report::Report;
use crate::trace;

const WIPING: &str = "wiping the database";

/// Wipes the database of that name, and applies everything to it.
pub(crate) struct Reset<'m>(pub(crate) &'m Migrator<'m>, pub(crate) &'m str);

impl Task for Reset<'_> {
    type Answer = Report;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Report, Error> {
        let mut run = Run::new(self.0, driver)?;
        let span = trace::run(self.0.set.name(), D::ENGINE, Target::Latest);
        let result = trace::inside(span, run.try_reset(self.1)).await;
        run.ended(result)
    }
}

impl<D: Driver> Run<'_, D> {
    async fn try_reset(&mut self, database: &str) -> Result<(), Error> {
        let name = name_of(self.driver).await.map_err(|error| Error::database(WIPING, error))?;
        if name != database {
            return Err(Error::wrong_database(database, name));
        }
        self.lock().await?;
        let wiped = self.driver.wipe().await.map_err(|error| Error::database(WIPING, error));
        let result = match wiped {
            Ok(()) => self.run_locked(Target::Latest).await,
            Err(error) => Err(error),
        };
        self.unlock().await;
        result
    }
}

/// The name of the database, as a reset wants it.
pub(crate) async fn name_of<D: Driver>(driver: &mut D) -> Result<String, DatabaseError> {
    let rows = driver.query(&Query { sql: D::NAME.to_owned(), values: Vec::new() }).await?;
    let name = rows.as_ref().and_then(|rows| rows.first()?.first()?.as_text());
    Ok(name.unwrap_or_default().to_owned())
}
