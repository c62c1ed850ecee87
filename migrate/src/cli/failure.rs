//! Why a verb failed, as text for people and as JSON for machines.

use std::fmt;

use migrate_core::{Diagnostics, Severity};
use serde_json::{Value, json};

use super::exit::Exit;
use crate::Error;

/// Why a verb failed.
///
/// It comes from a run ([`Error`]), from the folder of migrations ([`Diagnostics`]), or has a text of its own. Display
/// shows the message and, after ` help: `, what to do about it.
#[derive(Debug)]
pub struct Failure {
    cause: Cause,
    exit: Exit,
}

#[derive(Debug)]
enum Cause {
    Run(Error),
    Folder(Diagnostics),
    Other { kind: &'static str, message: String, help: Option<String> },
}

impl Failure {
    /// A failure with a message for people. Machines read `kind`, in kebab-case.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Failure {
        Failure::of(Cause::Other { kind, message: message.into(), help: None })
    }

    fn of(cause: Cause) -> Failure {
        Failure { cause, exit: Exit::FAILED }
    }

    /// Adds what to do about it. Only a failure of [`Failure::new`] takes it: the others have their own help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Failure {
        if let Cause::Other { help, .. } = &mut self.cause {
            *help = Some(text.into());
        }
        self
    }

    /// Sets the exit code. Default: [`Exit::FAILED`].
    #[must_use]
    pub fn exits(self, exit: Exit) -> Failure {
        Failure { exit, ..self }
    }

    /// The message without the help.
    #[cfg(feature = "postgres")]
    pub(super) fn message(&self) -> String {
        match &self.cause {
            Cause::Other { message, .. } => message.clone(),
            Cause::Run(_) | Cause::Folder(_) => self.to_string(),
        }
    }

    /// What to do about it, if that is known.
    #[cfg(feature = "postgres")]
    pub(super) fn help_text(&self) -> Option<&str> {
        match &self.cause {
            Cause::Other { help, .. } => help.as_deref(),
            Cause::Run(_) | Cause::Folder(_) => None,
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The problems of the folder, if they are the reason.
    pub fn diagnostics(&self) -> Option<&Diagnostics> {
        match &self.cause {
            Cause::Folder(diagnostics) => Some(diagnostics),
            Cause::Run(_) | Cause::Other { .. } => None,
        }
    }

    /// The failure for machines: at least `kind` and `message`.
    pub fn json(&self) -> Value {
        let message = self.to_string();
        match &self.cause {
            Cause::Run(error) => json!({
                "kind": error.kind(),
                "message": message,
                "version": error.version(),
                "path": error.path(),
                "position": error.position(),
                "statement": error.statement(),
                "code": error.code(),
                "refusals": error.refusals(),
                "blockers": error.blockers(),
                "report": error.report(),
            }),
            Cause::Folder(diagnostics) => json!({
                "kind": "folder",
                "message": message,
                "diagnostics": diagnostics.iter().map(|one| json!({
                    "code": one.problem.code(),
                    "severity": if one.severity == Severity::Error { "error" } else { "warning" },
                    "message": one.problem.to_string(),
                    "path": one.path,
                    "position": one.position,
                    "help": one.problem.help(),
                })).collect::<Vec<_>>(),
            }),
            Cause::Other { kind, help, .. } => json!({ "kind": kind, "message": message, "help": help }),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::of(Cause::Run(error))
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Failure {
        Failure::of(Cause::Folder(diagnostics))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Run(error) => error.fmt(f),
            Cause::Folder(diagnostics) => diagnostics.fmt(f),
            Cause::Other { message, help, .. } => {
                f.write_str(message)?;
                help.iter().try_for_each(|help| write!(f, "\n help: {help}"))
            }
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Run(error) => error.source(),
            Cause::Folder(_) | Cause::Other { .. } => None,
        }
    }
}
