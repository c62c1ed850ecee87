//! The answer of clap to a command line, without a password that an argument in the wrong place may hold.

use std::env;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde_json::json;

use super::address::{may_be_address, redacted};
use super::console::print_json;
use super::exit::Exit;
use super::failure::Failure;

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
