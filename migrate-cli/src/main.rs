//! `cargo migrate`: the verbs of `migrate::cli` on a folder of migrations, and those that work on the folder itself.

mod adopt;
mod arguments;
mod diff;
mod folder;
mod moment;
mod template;
mod verb;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use migrate::cli::{self, Failure, Verb};
use migrate::{MigrationSet, Migrator};

use arguments::{Arguments, Command};
use folder::Folder;

/// How people call it.
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
        Command::Folder(verb) => match verb.run(&folder, &options, &console) {
            Ok(exit) => exit.into(),
            Err(failure) => console.fail(&failure).into(),
        },
    }
}

/// The migrations of the folder, judged where the verb shows or records what they can do.
fn migrations(folder: &Folder, verb: &Verb, console: &cli::Console) -> Result<MigrationSet, Failure> {
    if !verb.judges() {
        return folder.read();
    }
    let checked = folder.check()?;
    match checked.warnings.len() {
        0 => {}
        1 => console.warn("1 hazard has a condition; `cargo migrate lint` tells it"),
        count => console.warn(&format!("{count} hazards have a condition; `cargo migrate lint` tells them")),
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
