//! `completions`: prints the completion script of a shell.

use std::io::{self, Write};

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
        let mut script = Vec::new();
        generate(self.shell, &mut Arguments::command(), "cargo-migrate", &mut script);
        match io::stdout().write_all(&script) {
            // A reader that closes the pipe early, such as `head`, is not a failure.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new("output", format!("cannot write the script: {error}")))
            }
            _ => Ok(Exit::DONE),
        }
    }
}
