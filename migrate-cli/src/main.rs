//! `cargo migrate`: the verbs of `migrate::cli`, for a folder of migrations, and the verbs that work on the folder itself.
//!
//! Arguments come in. A verb of the database gets the set that is read from the folder; a verb of the folder gets the
//! folder. The exit code goes out.

mod adopt;
mod arguments;
mod diff;
mod folder;
mod moment;
mod page;
mod template;
mod verb;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use migrate::cli::{self, Failure, Verb};
use migrate::{MigrationSet, Migrator};

use arguments::{Arguments, Command};
use folder::Folder;

/// The name of the program in messages.
const PROGRAM: &str = "cargo migrate";

fn main() -> ExitCode {
    match cli::parsed(Arguments::try_parse_from(arguments(env::args_os()))) {
        Ok(arguments) => run(arguments),
        Err(exit) => exit.into(),
    }
}

/// Cargo calls `cargo-migrate migrate status` for `cargo migrate status`.
fn arguments(given: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = given.into_iter().collect();
    if arguments.get(1).is_some_and(|first| first == "migrate") {
        arguments.remove(1);
    }
    arguments
}

fn run(arguments: Arguments) -> ExitCode {
    let Arguments { dir, set, options, command } = arguments;
    let console = cli::Console::new(PROGRAM, options.json, options.quiet);
    let folder = Folder::new(dir, set);
    match command {
        Command::Database(verb) => match migrations(&folder, &verb, &console) {
            Ok(set) => {
                let migrator =
                    Migrator::new(&set).application(concat!("cargo-migrate ", env!("CARGO_PKG_VERSION")));
                cli::Arguments::new(verb, options).program(PROGRAM).run(migrator)
            }
            Err(failure) => console.fail(&failure.exits(verb.failed())).into(),
        },
        Command::Folder(verb) => match verb.run(&folder, &options, &console, Arguments::command) {
            Ok(exit) => exit.into(),
            Err(failure) => console.fail(&failure).into(),
        },
    }
}

/// The migrations of the folder. They are analysed only if the verb shows or records their risk, because that takes time.
fn migrations(folder: &Folder, verb: &Verb, console: &cli::Console) -> Result<MigrationSet, Failure> {
    if !verb.needs_analysis() {
        return folder.read();
    }
    let checked = folder.check()?;
    match checked.warnings.len() {
        0 => {}
        1 => console.warn("1 conditional hazard; run `cargo migrate lint` to see it"),
        count => console.warn(&format!("{count} conditional hazards; run `cargo migrate lint` to see them")),
    }
    Ok(checked.set)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_word_that_cargo_adds_is_taken_away_once() {
        let case = |given: &[&str], want: &[&str]| {
            assert_eq!(arguments(given.iter().map(Into::into)), want, "{given:?}");
        };
        case(&["cargo-migrate", "status"], &["cargo-migrate", "status"]);
        case(&["cargo-migrate", "migrate", "status"], &["cargo-migrate", "status"]);
        case(&["cargo-migrate", "migrate", "migrate"], &["cargo-migrate", "migrate"]);
    }
}
