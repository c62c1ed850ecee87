//! The command line of an application: a verb and its options come in, and an exit code goes out.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use clap::Args;

use super::address::redacted;
use super::console::Console;
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
    pub options: Options,
    /// The name of the program in messages.
    #[arg(skip)]
    program: Option<String>,
}

/// The options that every verb has.
///
/// Their [`Debug`] output shows the address of the database without its password.
///
/// Exhaustive: a program with verbs of its own has to notice an option that they do not know.
#[derive(Clone, Default, Args)]
pub struct Options {
    /// The database: `postgres://…`, `sqlite:…` or the path of a file. Default: DIRECT_DATABASE_URL, DIRECT_URL or
    /// DATABASE_URL, from the environment, else from `.env`
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Print the answer as one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only the answer and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The schema of the history (PostgreSQL). Default: public
    #[arg(long, global = true, value_name = "NAME", help_heading = "History")]
    pub history_schema: Option<String>,
    /// The prefix of the history tables. Default: migrate
    #[arg(long, global = true, value_name = "NAME", help_heading = "History")]
    pub history_prefix: Option<String>,
    /// The name and version of the program in the history
    #[arg(long, global = true, value_name = "TEXT", help_heading = "History")]
    pub application: Option<String>,
    /// How long a statement may wait for a lock, such as 500ms; 0s means for ever (PostgreSQL). Default: 5s
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub lock_timeout: Option<Duration>,
    /// How long to wait for another run to end (PostgreSQL). Default: 5min
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub lock_deadline: Option<Duration>,
    /// How long a statement may run (PostgreSQL). Default: the setting of the server
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub statement_timeout: Option<Duration>,
    /// How long a run may take to keep the schema, which `drift` compares with; 0s means for ever. Default: 30s
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub keep_schema_within: Option<Duration>,
    /// Apply all migrations of the run in one transaction
    #[arg(long, global = true, help_heading = "Run")]
    pub single_transaction: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    migrate_core::duration(text)
        .ok_or_else(|| "write a number and `ms`, `s`, `min` or `h`, such as `5s`".to_owned())
}

impl Options {
    /// Sets on the migrator each option that was given, and leaves its other settings alone.
    pub fn configure<'s>(&self, mut migrator: Migrator<'s>) -> Migrator<'s> {
        if let Some(schema) = &self.history_schema {
            migrator = migrator.history_schema(schema.clone());
        }
        if let Some(prefix) = &self.history_prefix {
            migrator = migrator.history_prefix(prefix.clone());
        }
        if let Some(application) = &self.application {
            migrator = migrator.application(application.clone());
        }
        if let Some(timeout) = self.lock_timeout {
            migrator = migrator.lock_timeout(timeout);
        }
        if let Some(deadline) = self.lock_deadline {
            migrator = migrator.lock_deadline(deadline);
        }
        if let Some(timeout) = self.statement_timeout {
            migrator = migrator.statement_timeout(timeout);
        }
        if let Some(limit) = self.keep_schema_within {
            migrator = migrator.keep_schema_within(limit);
        }
        if self.single_transaction { migrator.single_transaction() } else { migrator }
    }
}

/// Shows the address without its password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options {
            database_url,
            json,
            quiet,
            history_schema,
            history_prefix,
            application,
            lock_timeout,
            lock_deadline,
            statement_timeout,
            keep_schema_within,
            single_transaction,
        } = self;
        f.debug_struct("Options")
            .field("database_url", &database_url.as_deref().map(redacted))
            .field("json", json)
            .field("quiet", quiet)
            .field("history_schema", history_schema)
            .field("history_prefix", history_prefix)
            .field("application", application)
            .field("lock_timeout", lock_timeout)
            .field("lock_deadline", lock_deadline)
            .field("statement_timeout", statement_timeout)
            .field("keep_schema_within", keep_schema_within)
            .field("single_transaction", single_transaction)
            .finish()
    }
}

impl Arguments {
    /// Builds the arguments from a verb and options that were parsed apart, as `cargo migrate` does.
    pub fn new(verb: Verb, options: Options) -> Arguments {
        Arguments { verb, options, program: None }
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
        let migrator = self.options.configure(migrator.into());
        let (verb, options, output) = (self.verb, self.options, &console);
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
