//! Wipes a database and applies everything to it.

use migrate_core::Target;

use super::Run;
use crate::driver::Driver;
use crate::error::Error;
use crate::report::Report;
use crate::trace;

const WIPING: &str = "wiping the database";

impl<D: Driver> Run<'_, D> {
    /// Wipes the database of that name, and applies everything to it.
    pub(crate) async fn reset(mut self, database: &str) -> Result<Report, Error> {
        let span = trace::run(self.migrator.set.name(), D::ENGINE, Target::Latest);
        let result = trace::inside(span, self.try_reset(database)).await;
        self.ended(result)
    }

    async fn try_reset(&mut self, database: &str) -> Result<(), Error> {
        let name = self.driver.database_name().await.map_err(|error| Error::database(WIPING, error))?;
        if name != database {
            return Err(Error::wrong_database(database, name));
        }
        self.lock().await?;
        let wiped = self.driver.wipe().await.map_err(|error| Error::database(WIPING, error));
        let result = match wiped {
            Ok(()) => self.run_locked(Target::Latest).await,
            Err(error) => Err(error),
        };
        self.driver.unlock().await;
        result
    }
}
