//! Problems of the files of one migration: a part twice, or a part without its migration.

use super::wording::Wording;

/// Files that do not make up a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilesProblem {
    /// Two scripts apply one migration.
    DuplicateUp {
        /// The file that came first.
        other: String,
    },
    /// One migration has another part of it twice.
    DuplicatePart {
        /// `rollback script` or `verify script`.
        what: &'static str,
        /// The file that came first.
        other: String,
    },
    /// A rollback, verify or metadata file without its migration.
    Orphan {
        /// `rollback script`, `verify script` or `metadata file`.
        what: &'static str,
        /// A migration of the same version with another name, if there is one.
        twin: Option<String>,
    },
    /// The folder of a migration has no `up.sql`.
    NoUp,
}

impl FilesProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            FilesProblem::DuplicateUp { other } => Wording::new(
                "duplicate-up",
                format!("two scripts apply this migration: this one and `{other}`"),
                "keep one of the two",
            ),
            FilesProblem::DuplicatePart { what, other } => Wording::new(
                "duplicate-part",
                format!("this migration has two {what}s: this one and `{other}`"),
                "keep one of the two",
            ),
            FilesProblem::Orphan { what, twin } => Wording::new(
                "orphan",
                format!("this {what} has no migration"),
                match twin {
                    Some(twin) => format!("`{twin}` has this version: give both the same name"),
                    None => "add the migration, or delete this file".to_owned(),
                },
            ),
            FilesProblem::NoUp => Wording::new(
                "directory-without-up",
                "the folder of a migration has no up.sql",
                "add up.sql, or delete the folder",
            ),
        }
    }
}
