//! Problems of the way back: missing, empty, or declared and there.

use super::wording::Wording;

/// A rollback script that is missing, or that contradicts the migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RollbackProblem {
    /// A migration has no rollback script.
    Missing {
        /// The file that is missing.
        expected: String,
        /// The name that the migration needs next to that file, if it is another one.
        rename: Option<String>,
    },
    /// A rollback script has no statement.
    Empty,
    /// A migration that is declared irreversible has a rollback script.
    Irreversible {
        /// The rollback script.
        down: String,
    },
    /// A script that declares `nothing-to-undo` has statements.
    NothingToUndo,
}

impl RollbackProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            RollbackProblem::Missing { expected, rename } => {
                let write = match rename {
                    Some(name) => format!("write it and rename this file to `{name}`"),
                    None => "write it".to_owned(),
                };
                Wording::new(
                    "missing-down",
                    format!("this migration cannot be rolled back: `{expected}` is missing"),
                    format!(
                        "{write}; if the migration changed nothing that has to go back, the file needs only `-- migrate: \
                         nothing-to-undo \"why\"`; if there is no way back, put `-- migrate: irreversible \"why\"` at the \
                         top of the migration; `rollback = \"optional\"` in migrate.toml asks for no rollbacks"
                    ),
                )
            }
            RollbackProblem::Empty => Wording::new(
                "empty-down",
                "the rollback script has no statement, so it rolls nothing back",
                "write it, or say `-- migrate: nothing-to-undo \"why\"` in it, or delete it and \
                 put `-- migrate: irreversible \"why\"` at the top of the migration",
            ),
            RollbackProblem::Irreversible { down } => Wording::new(
                "irreversible-with-down",
                format!("declared irreversible, but has the rollback script `{down}`"),
                "delete the rollback script or the directive",
            ),
            RollbackProblem::NothingToUndo => Wording::new(
                "nothing-to-undo-with-statements",
                "declares that there is nothing to undo, but has statements",
                "delete the statements or the directive",
            ),
        }
    }
}
