//! The verbs, one file for each: a session comes in, and an exit code or a failure goes out. The console prints the answer.

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

/// A verb: what to do with a database.
///
/// Each variant holds the options of its verb, and is made by parsing a command line.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Verb {
    /// Shows how the database compares with the migrations. Reads only
    Status(status::Status),
    /// Shows what a run would do, with its SQL, order, transactions and hazards. Reads only
    #[command(visible_alias = "dry-run")]
    Plan(plan::Plan),
    /// Applies pending migrations
    #[command(visible_aliases = ["deploy", "migrate", "run"])]
    Up(up::Up),
    /// Rolls back the last migration, the last N, or all above a version
    #[command(visible_aliases = ["rollback", "revert"])]
    Down(down::Down),
    /// Rolls back the last migration and applies it again, for work on a draft
    Redo(redo::Redo),
    /// Drops everything in the database and applies all migrations
    Reset(reset::Reset),
    /// Records all migrations up to a version as applied, without running them
    Baseline(baseline::Baseline),
    /// Records one migration as applied or rolled back, because someone did that by hand
    Resolve(resolve::Resolve),
    /// Accepts migrations that were edited after they were applied
    Repair(repair::Repair),
    /// Checks every row of the history, and runs the verify scripts of applied migrations. Reads only
    Verify(verify::Verify),
    /// Shows what was changed by hand since the last run, and the SQL that undoes it. Reads only, except with --accept
    Drift(drift::Drift),
    /// Shows the schema as SQL, read from the catalog. Reads only
    Dump(dump::Dump),
    /// Protects the database: destructive verbs ask for its name
    Protect(protect::Protect),
    /// Removes the protection
    Unprotect(unprotect::Unprotect),
}

impl Verb {
    /// Whether the verb needs the risk and hazards of the migrations, because it shows or records them.
    ///
    /// A set that is read from a folder does not have them: its SQL has to be parsed first, which takes time.
    pub fn needs_analysis(&self) -> bool {
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

    /// The exit code if the verb fails. For `status` and `drift` it is [`Exit::UNKNOWN`], because their other codes are
    /// answers.
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
