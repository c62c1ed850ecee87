use std::process::ExitCode;
use std::{env, thread};

use clap::Args;

use super::console::Console;
use super::options::Options;
use super::session::Session;
use super::verb::Verb;
use crate::Migrator;

/// A verb with its options: what stands behind `migrate` on a command line.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// On which database, and how.
    #[command(flatten)]
    pub options: Options,
    /// How the program is called in messages.
    #[arg(skip)]
    program: Option<String>,
}

impl Arguments {
    /// A verb and its options.
    pub fn new(verb: Verb, options: Options) -> Arguments {
        Arguments { verb, options, program: None }
    }

    /// How messages call the program, up to the verb. Default: the name of the binary and `migrate`.
    #[must_use]
    pub fn program(self, name: impl Into<String>) -> Arguments {
        Arguments { program: Some(name.into()), ..self }
    }

    /// Does it, prints the answer, and returns how to exit.
    ///
    /// It may be called on a runtime of tokio, and blocks until it is done.
    pub fn run<'s>(self, migrator: impl Into<Migrator<'s>>) -> ExitCode {
        let program =
            self.program.unwrap_or_else(|| super::program_name(&env::args_os().next().unwrap_or_default()));
        let console = Console::new(&program, self.options.json, self.options.quiet);
        let migrator = self.options.configure(migrator.into());
        let (verb, options, told) = (self.verb, self.options, &console);
        // A thread of its own, because the caller's may belong to a runtime, where nothing may block on another.
        let done = thread::scope(|scope| {
            let work = scope.spawn(move || verb.run(&mut Session::new(migrator, options, told)));
            work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let exit = match done {
            Ok(exit) => exit,
            Err(failure) => console.fail(&failure),
        };
        exit.into()
    }
}
