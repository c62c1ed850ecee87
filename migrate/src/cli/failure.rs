use std::fmt;

use migrate_core::{Diagnostics, Severity};
use serde_json::{Value, json};

use super::exit::Exit;
use crate::Error;

/// Why a verb came to no good end.
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
    /// One with a text; `kind` is what machines read, in kebab-case.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Failure {
        Failure::of(Cause::Other { kind, message: message.into(), help: None })
    }

    fn of(cause: Cause) -> Failure {
        Failure { cause, exit: Exit::FAILED }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Failure {
        if let Cause::Other { help, .. } = &mut self.cause {
            *help = Some(text.into());
        }
        self
    }

    /// With another way to exit.
    #[must_use]
    pub fn exits(self, exit: Exit) -> Failure {
        Failure { exit, ..self }
    }

    /// What happened, without what to do about it.
    #[cfg(feature = "postgres")]
    pub(super) fn message(&self) -> String {
        match &self.cause {
            Cause::Other { message, .. } => message.clone(),
            Cause::Run(_) | Cause::Folder(_) => self.to_string(),
        }
    }

    /// What to do about it, where that is known.
    #[cfg(feature = "postgres")]
    pub(super) fn help_text(&self) -> Option<&str> {
        match &self.cause {
            Cause::Other { help, .. } => help.as_deref(),
            Cause::Run(_) | Cause::Folder(_) => None,
        }
    }

    /// How to exit with it.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What is wrong with the folder, where that is it.
    pub fn diagnostics(&self) -> Option<&Diagnostics> {
        match &self.cause {
            Cause::Folder(diagnostics) => Some(diagnostics),
            Cause::Run(_) | Cause::Other { .. } => None,
        }
    }

    /// For machines.
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
