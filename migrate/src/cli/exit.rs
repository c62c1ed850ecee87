//! Exit codes: what they mean, what `--help` says of them, and how a failed parse exits.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde_json::json;

use super::address::{may_be_address, redacted};
use super::console::print_json;
use super::failure::Failure;

/// The exit code of a program.
///
/// The codes of `status` are bits: combine them with [`Exit::and`].
///
/// ```
/// use migrate::cli::Exit;
///
/// assert_eq!(Exit::PENDING.and(Exit::DIVERGED).code(), 9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// The verb is done, or had nothing to do; for `status`: the database is up to date.
    pub const DONE: Exit = Exit(0);
    /// The verb was refused, failed or was declined, or it found a problem.
    pub const FAILED: Exit = Exit(1);
    /// `status`: migrations are pending.
    pub const PENDING: Exit = Exit(1);
    /// `status`: a migration was interrupted.
    pub const INTERRUPTED: Exit = Exit(2);
    /// `status` and `drift`: the schema was changed by hand.
    pub const DRIFT: Exit = Exit(4);
    /// `status`: a migration was edited or is out of order, or the database is ahead of this binary.
    pub const DIVERGED: Exit = Exit(8);
    /// `status` and `drift`: the answer is unknown.
    pub const UNKNOWN: Exit = Exit(16);
    /// The arguments are wrong. This is not the usual 2, because 2 is a bit of `status`.
    pub const USAGE: Exit = Exit(64);

    /// Combines two codes.
    #[must_use]
    pub const fn and(self, other: Exit) -> Exit {
        Exit(self.0 | other.0)
    }

    /// The code as the number that the process exits with.
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.0)
    }
}

/// The exit codes, as `--help` explains them at its end.
pub const HELP: &str = "\
Exit codes: 0 done or up to date; 1 refused, failed, declined or problems found; 64 wrong arguments.
Those of `status` are bits: 1 pending, 2 interrupted, 4 drift, 8 diverged; 16 unknown.
Those of `drift`: 4 and 16, as for `status`.";

/// Returns parsed arguments, or prints clap's message without passwords.
///
/// A message of clap repeats the word that it refuses. That may be an address with a password, so use this instead of
/// [`clap::Error::exit`]. With `--json` among the arguments, a wrong command line is also a document on stdout.
///
/// # Errors
///
/// Returns the exit code: [`Exit::DONE`] if help or the version was asked for, else [`Exit::USAGE`].
pub fn parsed<T>(arguments: Result<T, clap::Error>) -> Result<T, Exit> {
    arguments.map_err(|error| {
        let error = without_passwords(error);
        // If this cannot be printed, there is nowhere left to report it.
        let _ = error.print();
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            return Exit::DONE;
        }
        if asks_for_json(env::args_os()) {
            print_json(&json!({ "error": Failure::new("usage", message(&error)).json() }));
        }
        Exit::USAGE
    })
}

/// Whether the command line asks for JSON. The parser failed, so it cannot say.
fn asks_for_json(arguments: impl IntoIterator<Item = OsString>) -> bool {
    arguments.into_iter().take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// The message of clap without its label and its hints, which are for people.
fn message(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").trim_end().to_owned()
}

/// Removes the password of an address that was given in the wrong place.
fn without_passwords(mut error: clap::Error) -> clap::Error {
    let shown = |text: &String| if may_be_address(text) { redacted(text) } else { text.clone() };
    let of_text: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) if may_be_address(text) => {
                Some((kind, ContextValue::String(redacted(text))))
            }
            ContextValue::Strings(texts) if texts.iter().any(|text| may_be_address(text)) => {
                Some((kind, ContextValue::Strings(texts.iter().map(shown).collect())))
            }
            _ => None,
        })
        .collect();
    if !of_text.is_empty() {
        // The suggestion repeats the argument.
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in of_text {
        error.insert(kind, value);
    }
    error
}
