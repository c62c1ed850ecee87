//! The command line of an application: a verb and its options come in, and an exit code goes out.

use std::process::ExitCode;
use std::{env, thread};

use clap::Args;

use super::console::Console;
use super::options::Options;
use super::session::Session;
use super::verb::Verb;
use crate::Migrator;

/// A verb with its options: what follows `migrate` on a command line.
///
/// It is a set of clap arguments, so an application can flatten it into its own. [`Arguments::run`] runs the verb.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The verb to run.
    #[command(subcommand)]
    pub verb: Verb,
    /// The options of all verbs: the database, the output, the history and the run.
    #[command(flatten)]
    pub options: Box<Options>,
    /// The name of the program in messages.
    #[arg(skip)]
    program: Option<String>,
}

impl Arguments {
    /// Builds the arguments from a verb and options that were parsed apart, as `cargo migrate` does.
    pub fn new(verb: Verb, options: Options) -> Arguments {
        Arguments { verb, options: Box::new(options), program: None }
    }

    /// Sets the name of the program in messages, up to the verb. Default: the name of the binary and `migrate`.
    #[must_use]
    pub fn program(self, name: impl Into<String>) -> Arguments {
        Arguments { program: Some(name.into()), ..self }
    }

    /// Runs the verb, prints its answer, and returns the exit code.
    ///
    /// It blocks until the verb is done. You may call it on a tokio runtime.
    pub fn run<'s>(self, migrator: impl Into<Migrator<'s>>) -> ExitCode {
        let program =
            self.program.unwrap_or_else(|| super::program_name(&env::args_os().next().unwrap_or_default()));
        let console = Console::new(&program, self.options.json, self.options.quiet);
        let options = match self.options.complete() {
            Ok(options) => options,
            Err(failure) => return console.fail(&failure.exits(self.verb.failed())).into(),
        };
        let migrator = options.configure(migrator.into());
        let (verb, output) = (self.verb, &console);
        // The caller's thread may belong to a runtime, which must not block on another one: hence a thread of its own.
        let done = thread::scope(|scope| {
            let work = scope.spawn(move || verb.run(&mut Session::new(migrator, options, output)));
            work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let exit = match done {
            Ok(exit) => exit,
            Err(failure) => console.fail(&failure),
        };
        exit.into()
    }
}
