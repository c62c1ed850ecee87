//! `verify`: checks the history and runs the verify scripts. A problem exits with 1.

use clap::Args;

use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
#[non_exhaustive]
pub struct Verify {}

impl Verify {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(Access::Existing)?;
        let found = session.migrator.verify(&mut database.connection)?;
        session.console.answer("verify", &found, database.json(&found));
        Ok(if found.is_ok() { Exit::DONE } else { Exit::FAILED })
    }
}
