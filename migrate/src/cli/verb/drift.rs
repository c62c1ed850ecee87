use clap::Args;

use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::schema::Drift as Found;

#[derive(Clone, Debug, Args)]
pub struct Drift {
    /// Take the schema as it is for what the runs left
    #[arg(long)]
    accept: bool,
}

impl Drift {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let access = if self.accept { Access::Change } else { Access::Read };
        let mut database = session.open(access)?;
        let found = database.connection.drift(&session.migrator)?;
        if self.accept {
            database.connection.accept_drift(&session.migrator)?;
        }
        session.console.answer("drift", &found, database.json(&found));
        if self.accept {
            session.console.note("the schema is taken as it is");
            return Ok(Exit::DONE);
        }
        Ok(match &found {
            Found::Known { .. } => exit(&found),
            _ => Exit::UNKNOWN,
        })
    }
}

/// The bit of `status`: what is not known is no drift.
pub(super) fn exit(found: &Found) -> Exit {
    let is_changed = found.difference().is_some_and(|difference| !difference.is_empty());
    if is_changed { Exit::DRIFT } else { Exit::DONE }
}
