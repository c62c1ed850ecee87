//! What a verb works with before it opens a database: the migrator, the options and the console.

use super::arguments::Options;
use super::connection::Access;
use super::console::Console;
use super::database::Database;
use super::failure::Failure;
use super::progress::Progress;
use crate::Migrator;

/// The input of a verb, before it opens the database.
pub(super) struct Session<'s> {
    pub(super) migrator: Migrator<'s>,
    options: Options,
    pub(super) console: &'s Console,
}

impl<'s> Session<'s> {
    pub(super) fn new(migrator: Migrator<'s>, options: Options, console: &'s Console) -> Session<'s> {
        Session { migrator, options, console }
    }

    /// Finds the database, prints its address, and opens it.
    pub(super) fn open(&self, access: Access) -> Result<Database, Failure> {
        Database::open_for(access, &self.options, self.console)
    }

    /// A migrator that shows the progress of its runs, and the display that shows it. The application's own callback still
    /// runs.
    pub(super) fn watched(&self) -> (Migrator<'s>, Progress) {
        let progress = Progress::new(self.console);
        let (display, application) = (progress.clone(), self.migrator.on_progress.clone());
        let migrator = self.migrator.clone().on_progress(move |event| {
            display.show(event);
            application.iter().for_each(|callback| callback(event));
        });
        (migrator, progress)
    }
}
