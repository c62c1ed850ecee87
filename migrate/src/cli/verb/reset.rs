//! `reset`: drops everything in the database and applies all migrations. The protection of the database stays.

use clap::Args;
use serde::Serialize;

use super::change;
use crate::cli::confirm::{Consent, Danger, Kept};
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::histories::{self, Sets};
use crate::cli::protection;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Reset {
    #[command(flatten)]
    consent: Consent,
}

impl Reset {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(Access::Create)?;
        let name = database.connection.name()?;
        let count = session.migrator.set.migrations().len();
        let danger = Danger::Destructive(format!(
            "everything in `{name}` will be dropped, not only what migrations made"
        ));
        let dropped = histories::of(&mut database.connection)?;
        let drops: String = dropped.iter().map(|sets| format!("drop     {sets}\n")).collect();
        let shown = format!("reset    {name}\n{drops}apply    all migrations: {count}");
        let kept = self.consent.obtain(session, &mut database, &danger, &shown)?;
        let protection = protection::of(&mut database.connection, &session.migrator)?;
        let (migrator, progress) = session.watched();
        let connection = &mut database.connection;
        let done = connection.full_name().and_then(|name| migrator.reset(connection.shown(&progress), &name));
        progress.end();
        // The protection was dropped with everything else, and a reset must not remove it.
        if let Some(protection) = protection
            && let Err(failure) = protection::set(&mut database.connection, &session.migrator, &protection)
        {
            session.console.warn(&format!("`{name}` is no longer protected: {failure}"));
        }
        change::finish(session, &database, "reset", &Before { kept: &kept, dropped }, done)
    }
}

/// What was done before the run, in JSON.
#[derive(Serialize)]
struct Before<'a> {
    #[serde(flatten)]
    kept: &'a Kept,
    /// The histories that were dropped, each with its sets.
    dropped: Vec<Sets>,
}
