//! The tasks that the CLI has for a database, in addition to the verbs of a migrator. A task is written once for both
//! engines.

use migrate_core::Query;

use crate::database::Task;
use crate::driver::{Driver, Row};
use crate::error::Error;
use crate::run::name_of;

/// Returns the rows of a query, or `None` if it names a table that does not exist.
pub(super) struct Ask<'q>(pub(super) &'q Query);

impl Task for Ask<'_> {
    type Answer = Option<Vec<Row>>;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<Option<Vec<Row>>, Error> {
        driver.query(self.0).await.map_err(|error| Error::database(ASKING, error))
    }
}

/// Runs statements in their own transaction.
pub(super) struct Execute<'q>(pub(super) &'q str);

impl Task for Execute<'_> {
    type Answer = ();

    async fn on<D: Driver>(self, driver: &mut D) -> Result<(), Error> {
        driver.create(self.0).await.map_err(|error| Error::database(ASKING, error))
    }
}

/// Returns the name of the database in the form that a reset expects.
pub(super) struct Name;

impl Task for Name {
    type Answer = String;

    async fn on<D: Driver>(self, driver: &mut D) -> Result<String, Error> {
        name_of(driver).await.map_err(|error| Error::database(ASKING, error))
    }
}

const ASKING: &str = "querying the database";
