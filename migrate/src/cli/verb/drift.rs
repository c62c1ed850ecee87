//! `drift`: shows what was changed by hand since the last run. `status` uses the same exit codes.

use clap::Args;

use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::schema::Drift as Found;

#[derive(Clone, Debug, Args)]
pub struct Drift {
    /// Accept the schema as it is: the next drift is measured from here
    #[arg(long)]
    accept: bool,
}

impl Drift {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(if self.accept { Access::Existing } else { Access::Read })?;
        let found = session.migrator.drift(&mut database.connection)?;
        if self.accept {
            session.migrator.accept_drift(&mut database.connection)?;
        }
        session.console.answer("drift", &found, database.json(&found));
        if self.accept {
            session.console.note("accepted the schema as it is");
            return Ok(Exit::DONE);
        }
        Ok(match &found {
            Found::Known { .. } => exit(&found),
            _ => Exit::UNKNOWN,
        })
    }
}

/// The bit of `status`. Unknown drift sets no bit, because `status` has other answers.
pub(super) fn exit(found: &Found) -> Exit {
    let is_changed = found.difference().is_some_and(|difference| !difference.is_empty());
    if is_changed { Exit::DRIFT } else { Exit::DONE }
}
