use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::address::{may_be_address, redacted};

/// The code that a program exits with.
///
/// Those of `status` are bits and add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// Done, or nothing to do; up to date.
    pub const DONE: Exit = Exit(0);
    /// Refused, failed, declined, or something found.
    pub const FAILED: Exit = Exit(1);
    /// `status`: migrations are pending.
    pub const PENDING: Exit = Exit(1);
    /// `status`: a migration was interrupted.
    pub const INTERRUPTED: Exit = Exit(2);
    /// `status` and `drift`: the schema was changed by hand.
    pub const DRIFT: Exit = Exit(4);
    /// `status`: edited, out of order, or ahead of this binary.
    pub const DIVERGED: Exit = Exit(8);
    /// `status` and `drift`: it could not be found out.
    pub const UNKNOWN: Exit = Exit(16);
    /// The arguments make no sense. Not the 2 that is usual, because that is a bit of `status`.
    pub const USAGE: Exit = Exit(64);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Exit) -> Exit {
        Exit(self.0 | other.0)
    }

    /// The number.
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.0)
    }
}

/// What `--help` says at its end.
pub const HELP: &str = "\
Exit codes: 0 done or up to date; 1 refused, failed, declined or something found; 64 wrong arguments.
Those of `status` are bits: 1 pending, 2 interrupted, 4 drift, 8 diverged; 16 when it could not be found out.
Those of `drift`: 4 and 16 as of `status`.";

/// The arguments; or how to exit when they make no sense, or when help was asked for, once that is printed.
///
/// # Errors
///
/// With the exit code.
pub fn parsed<T>(arguments: Result<T, clap::Error>) -> Result<T, Exit> {
    arguments.map_err(|error| {
        let error = without_passwords(error);
        // Where not even this can be printed there is nobody to tell.
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::DONE,
            _ => Exit::USAGE,
        }
    })
}

/// An address in a wrong place is shown without its password.
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
        // It repeats the argument.
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in of_text {
        error.insert(kind, value);
    }
    error
}
