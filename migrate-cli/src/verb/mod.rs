//! The verbs that work on the folder, a file for each. Those that work on a database are `migrate::cli`'s.

mod adopt;
mod completions;
mod lint;
mod lock;
mod new;
mod rebase;
mod test;
mod unused;

use clap::Subcommand;
use migrate::cli::{Console, Exit, Failure, Options};

use crate::folder::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum FolderVerb {
    /// Adds a migration and its rollback, behind all others
    New(new::New),
    /// Tells what is wrong with the migrations, and what they would do to a database in use
    Lint(lint::Lint),
    /// Locks the drafts: from then on they cannot be edited, renamed or removed
    Lock(lock::Lock),
    /// Gives the drafts that come before what is locked versions behind it
    Rebase(rebase::Rebase),
    /// Takes over the folder and the history of another tool
    Adopt(adopt::Adopt),
    /// Takes each migration there and back by itself, on a throw-away database, and compares the whole schema. That is on
    /// the server of `--database-url` where one is given, else on one that is started for it
    Test(test::Test),
    /// Prints what makes a shell complete the verbs and options
    Completions(completions::Completions),
}

impl FolderVerb {
    pub(crate) fn run(self, folder: &Folder, options: &Options, console: &Console) -> Result<Exit, Failure> {
        match self {
            FolderVerb::New(verb) => verb.run(folder, console),
            FolderVerb::Lint(verb) => verb.run(folder, console),
            FolderVerb::Lock(verb) => verb.run(folder, console),
            FolderVerb::Rebase(verb) => verb.run(folder, options, console),
            FolderVerb::Adopt(verb) => verb.run(folder, options, console),
            FolderVerb::Test(verb) => verb.run(folder, options, console),
            FolderVerb::Completions(verb) => verb.run(),
        }
    }
}
