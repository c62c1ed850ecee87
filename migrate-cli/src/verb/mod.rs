//! The verbs that work on the folder, one file for each: a folder and the options come in, and an exit code or a failure goes
//! out. The verbs that work on a database are in `migrate::cli`.

mod adopt;
mod completions;
mod explain;
mod lint;
mod lock;
mod new;
mod rebase;
mod test;
mod unused;

use clap::{Command, Subcommand};
use migrate::cli::{Console, Exit, Failure, Options};

use crate::folder::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum FolderVerb {
    /// Adds a migration and its rollback, after all others
    New(new::New),
    /// Reports what is wrong with the migrations, and what they would do to a database in use
    Lint(lint::Lint),
    /// Prints the page about a hazard or a problem: what happens, the safer form, when to allow it
    Explain(explain::Explain),
    /// Locks the drafts: from then on they cannot be edited, renamed or removed
    Lock(lock::Lock),
    /// Renumbers drafts that come before a locked migration, so that they come after it
    Rebase(rebase::Rebase),
    /// Takes over the folder and the history of another tool
    Adopt(adopt::Adopt),
    /// Applies and rolls back each migration on its own, on a throw-away database, and compares the whole schema
    ///
    /// The database is on the server of `--database-url`. Without it, the test starts a server.
    Test(test::Test),
    /// Prints a script with which a shell completes verbs and options
    Completions(completions::Completions),
}

impl FolderVerb {
    /// `program` is the whole command line, which `completions` has to know.
    pub(crate) fn run(
        self,
        folder: &Folder,
        options: &Options,
        console: &Console,
        program: fn() -> Command,
    ) -> Result<Exit, Failure> {
        match self {
            FolderVerb::New(verb) => verb.run(folder, console),
            FolderVerb::Lint(verb) => verb.run(folder, console),
            FolderVerb::Explain(verb) => verb.run(console),
            FolderVerb::Lock(verb) => verb.run(folder, console),
            FolderVerb::Rebase(verb) => verb.run(folder, options, console),
            FolderVerb::Adopt(verb) => verb.run(folder, options, console),
            FolderVerb::Test(verb) => verb.run(folder, options, console),
            FolderVerb::Completions(verb) => verb.run(program()),
        }
    }
}
