//! `protect`: makes destructive verbs ask for the name of the database.

use clap::Args;
use serde_json::json;

use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::protection;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Protect {
    /// The name of the protection, such as `production`
    name: String,
}

impl Protect {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(Access::Existing)?;
        protection::set(&mut database.connection, &session.migrator, &self.name)?;
        let name = database.connection.name()?;
        let text = format!("`{name}` is protected as `{}`: destructive verbs ask for its name", self.name);
        session.console.answer(
            "protect",
            text,
            database.json(&json!({ "name": name, "protection": self.name })),
        );
        Ok(Exit::DONE)
    }
}
