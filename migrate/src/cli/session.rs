use serde_json::{Map, Value, json};

use super::address::Address;
use super::arguments::Options;
use super::connection::{Access, Connection};
use super::console::Console;
use super::failure::Failure;
use super::progress::Progress;
use crate::Migrator;

/// What a verb works with, before it knows the database.
pub(super) struct Session<'s> {
    pub(super) migrator: Migrator<'s>,
    options: Options,
    pub(super) console: &'s Console,
}

/// A database that a verb works on.
pub(super) struct Database {
    pub(super) connection: Connection,
    address: Address,
}

impl<'s> Session<'s> {
    pub(super) fn new(migrator: Migrator<'s>, options: Options, console: &'s Console) -> Session<'s> {
        Session { migrator, options, console }
    }

    /// Finds the database, says which it is, and opens it.
    pub(super) fn open(&self, access: Access) -> Result<Database, Failure> {
        let (address, origin) = Address::find(self.options.database_url.as_deref())?;
        self.console.note(super::style::styled(super::style::FAINT, format_args!("{address} ({origin})")));
        let connection = Connection::open(&address, access, self.console.program())?;
        Ok(Database { connection, address })
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

impl Database {
    /// An answer in JSON: which database, and what `value` says.
    pub(super) fn json(&self, value: &impl serde::Serialize) -> Value {
        let mut document = Map::from_iter([("database".to_owned(), json!(self.address.to_string()))]);
        match serde_json::to_value(value).expect("answers are made of texts, numbers and lists") {
            Value::Object(fields) => document.extend(fields),
            other => unreachable!("an answer is an object, and not {other}"),
        }
        Value::Object(document)
    }
}
