//! What clap makes of a command line, without the passwords that an argument in a wrong place may hold.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::address::{may_be_address, redacted};
use super::exit::Exit;

/// Returns parsed arguments, or prints clap's message without passwords.
///
/// A message of clap repeats the word that it refuses. That may be an address with a password, so use this instead of
/// [`clap::Error::exit`].
///
/// # Errors
///
/// Returns the exit code: [`Exit::DONE`] if help or the version was asked for, else [`Exit::USAGE`].
pub fn parsed<T>(arguments: Result<T, clap::Error>) -> Result<T, Exit> {
    arguments.map_err(|error| {
        let error = without_passwords(error);
        // If this cannot be printed, there is nowhere left to report it.
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::DONE,
            _ => Exit::USAGE,
        }
    })
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
