//! `unprotect`: removes the protection, after it asked for the name of the database.

use clap::Args;
use serde_json::json;

use crate::cli::confirm::{Consent, Danger};
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::protection;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Unprotect {
    #[command(flatten)]
    consent: Consent,
}

impl Unprotect {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(Access::Existing)?;
        let name = database.connection.name()?;
        let text = if protection::of(&mut database.connection, &session.migrator)?.is_some() {
            let danger = Danger::Destructive("destructive verbs will no longer ask for its name".to_owned());
            self.consent.obtain(session, &mut database, &danger, &format!("unprotect  {name}"))?;
            protection::clear(&mut database.connection, &session.migrator)?;
            format!("`{name}` is no longer protected")
        } else {
            format!("`{name}` is not protected")
        };
        session.console.answer(
            "unprotect",
            text,
            database.json(&json!({ "name": name, "protection": null })),
        );
        Ok(Exit::DONE)
    }
}
