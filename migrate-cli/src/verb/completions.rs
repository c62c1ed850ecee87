use std::io;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use migrate::cli::{Exit, Failure};

use crate::arguments::Arguments;

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        generate(self.shell, &mut Arguments::command(), "cargo-migrate", &mut io::stdout());
        Ok(Exit::DONE)
    }
}
