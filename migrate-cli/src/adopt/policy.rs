//! The `migrate.toml` with which the folder of another tool can be read.

use std::fmt;

use migrate::diagnostic::{Diagnostics, FileNameProblem, Problem, RollbackProblem};
use migrate::{Engine, Version};

/// The `migrate.toml` for the folder of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    engine: Engine,
    /// Whether some migration has no rollback script.
    rollback_is_optional: bool,
    /// The first version that the other tool has not applied.
    lint_from: Option<i64>,
    /// Files that are not migrations.
    ignore: Vec<String>,
}

impl Policy {
    /// The strictest policy.
    pub(crate) fn new(engine: Engine) -> Policy {
        Policy { engine, rollback_is_optional: false, lint_from: None, ignore: Vec::new() }
    }

    /// A policy that also allows what other tools allow: missing rollback scripts, and other files in the folder. `inside`
    /// turns the path of a message into one relative to the folder.
    pub(crate) fn forgiving(mut self, diagnostics: &Diagnostics, inside: impl Fn(&str) -> String) -> Policy {
        for diagnostic in diagnostics {
            match &diagnostic.problem {
                Problem::Rollback(RollbackProblem::Missing { .. } | RollbackProblem::Empty) => {
                    self.rollback_is_optional = true;
                }
                Problem::FileName(FileNameProblem::Invalid { .. }) if !diagnostic.path.ends_with(".sql") => {
                    self.ignore.push(inside(&diagnostic.path));
                }
                Problem::FileName(FileNameProblem::NotMigrations { ignore, .. }) => {
                    self.ignore.extend(ignore.iter().cloned());
                }
                _ => {}
            }
        }
        self
    }

    /// A policy that does not report hazards of applied migrations.
    pub(crate) fn linting_after(self, applied: Version) -> Policy {
        Policy { lint_from: applied.as_i64().checked_add(1), ..self }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dialect = match self.engine {
            Engine::Postgres => "postgres",
            Engine::Sqlite => "sqlite",
        };
        writeln!(f, "dialect = \"{dialect}\"")?;
        if self.rollback_is_optional {
            writeln!(f, "rollback = \"optional\"")?;
        }
        if let Some(version) = self.lint_from {
            writeln!(f, "lint-from = {version}")?;
        }
        if !self.ignore.is_empty() {
            let quoted: Vec<String> = self.ignore.iter().map(|path| format!("'{path}'")).collect();
            writeln!(f, "ignore = [{}]", quoted.join(", "))?;
        }
        Ok(())
    }
}
