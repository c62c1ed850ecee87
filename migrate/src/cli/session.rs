use super::connection::Access;
use super::console::Console;
use super::database::Database;
use super::failure::Failure;
use super::options::Options;
use super::progress::Progress;
use crate::Migrator;

/// What a verb works with, before it knows the database.
pub(super) struct Session<'s> {
    pub(super) migrator: Migrator<'s>,
    options: Options,
    pub(super) console: &'s Console,
}

impl<'s> Session<'s> {
    pub(super) fn new(migrator: Migrator<'s>, options: Options, console: &'s Console) -> Session<'s> {
        Session { migrator, options, console }
    }

    /// Finds the database, says which it is, and opens it.
    pub(super) fn open(&self, access: Access) -> Result<Database, Failure> {
        Database::open_for(access, &self.options, self.console)
    }

    /// The migrator whose runs are shown, and what shows them. Whoever the application has told so far is told too.
    pub(super) fn watched(&self) -> (Migrator<'s>, Progress) {
        let progress = Progress::new(self.console);
        let (teller, application) = (progress.clone(), self.migrator.on_progress.clone());
        let migrator = self.migrator.clone().on_progress(move |event| {
            teller.tell(event);
            application.iter().for_each(|tell| tell(event));
        });
        (migrator, progress)
    }
}
