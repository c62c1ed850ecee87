//! The verbs that work on the folder, a file for each. Those that work on a database are `migrate::cli`'s.

mod completions;

use clap::Subcommand;
use migrate::cli::{Console, Exit, Failure, Options};

use crate::folder::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum FolderVerb {
    /// Prints what makes a shell complete the verbs and options
    Completions(completions::Completions),
}

impl FolderVerb {
    pub(crate) fn run(
        self,
        _folder: &Folder,
        _options: &Options,
        _console: &Console,
    ) -> Result<Exit, Failure> {
        match self {
            FolderVerb::Completions(verb) => verb.run(),
        }
    }
}
