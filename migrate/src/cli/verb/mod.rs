//! The verbs, a file for each.

mod baseline;
mod change;
mod down;
mod drift;
mod dump;
mod plan;
mod protect;
mod redo;
mod repair;
mod reset;
mod resolve;
mod status;
mod unprotect;
mod up;
mod verify;

use clap::Subcommand;

use super::exit::Exit;
use super::failure::Failure;
use super::session::Session;

/// What to do with a database.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Verb {
    /// How the database stands to the migrations. Reads only
    Status(status::Status),
    /// What a run would do, with its SQL, order, transactions and hazards. Reads only
    #[command(visible_alias = "dry-run")]
    Plan(plan::Plan),
    /// Applies what is pending
    #[command(visible_aliases = ["deploy", "migrate", "run"])]
    Up(up::Up),
    /// Rolls back the last migration, so many, or all above a version
    #[command(visible_aliases = ["rollback", "revert"])]
    Down(down::Down),
    /// Rolls the last migration back and applies it again, for work on a draft
    Redo(redo::Redo),
    /// Drops everything in the database and applies all migrations
    Reset(reset::Reset),
    /// Takes the migrations up to a version as being in place, without running them
    Baseline(baseline::Baseline),
    /// Takes one migration as applied, or as rolled back, because that was done by hand
    Resolve(resolve::Resolve),
    /// Accepts migrations that were edited after they were applied
    Repair(repair::Repair),
    /// Checks every row of the history, and runs the verify scripts of what is applied. Reads only
    Verify(verify::Verify),
    /// What was changed by hand since the last run, and the SQL that undoes it. Reads only, but for --accept
    Drift(drift::Drift),
    /// The schema as SQL, read from the catalog. Reads only
    Dump(dump::Dump),
    /// Marks the database, so that destructive verbs ask for its name
    Protect(protect::Protect),
    /// Takes the mark away
    Unprotect(unprotect::Unprotect),
}

impl Verb {
    /// Whether it shows or records what the migrations can do to a database in use, so that their SQL has to be parsed
    /// when they come from a folder.
    pub fn judges(&self) -> bool {
        !matches!(
            self,
            Verb::Status(_)
                | Verb::Down(_)
                | Verb::Verify(_)
                | Verb::Drift(_)
                | Verb::Dump(_)
                | Verb::Protect(_)
                | Verb::Unprotect(_)
        )
    }

    /// How to exit when it comes to no good end.
    pub fn failed(&self) -> Exit {
        if let Verb::Status(_) | Verb::Drift(_) = self { Exit::UNKNOWN } else { Exit::FAILED }
    }

    pub(super) fn run(self, session: &mut Session<'_>) -> Result<Exit, Failure> {
        let failed = self.failed();
        let done = match self {
            Verb::Status(verb) => verb.run(session),
            Verb::Plan(verb) => verb.run(session),
            Verb::Up(verb) => verb.run(session),
            Verb::Down(verb) => verb.run(session),
            Verb::Redo(verb) => verb.run(session),
            Verb::Reset(verb) => verb.run(session),
            Verb::Baseline(verb) => verb.run(session),
            Verb::Resolve(verb) => verb.run(session),
            Verb::Repair(verb) => verb.run(session),
            Verb::Verify(verb) => verb.run(session),
            Verb::Drift(verb) => verb.run(session),
            Verb::Dump(verb) => verb.run(session),
            Verb::Protect(verb) => verb.run(session),
            Verb::Unprotect(verb) => verb.run(session),
        };
        done.map_err(|failure| failure.exits(failed))
    }
}
