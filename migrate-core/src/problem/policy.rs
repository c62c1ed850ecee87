//! Problems of `migrate.toml`, and of names that it refuses.

use super::wording::Wording;

/// `migrate.toml` does not read, or refuses a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyProblem {
    /// `migrate.toml` or `metadata.toml` does not read.
    InvalidToml {
        /// What the parser said.
        message: String,
    },
    /// A name says nothing about the change.
    VagueName {
        /// The name.
        name: String,
    },
    /// A name does not match the pattern of `migrate.toml`.
    NameOutsidePattern {
        /// The name.
        name: String,
    },
}

impl PolicyProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            PolicyProblem::InvalidToml { message } => Wording::new(
                "invalid-toml",
                message.clone(),
                "correct the file; the crate's documentation has the keys of migrate.toml",
            ),
            PolicyProblem::VagueName { name } => Wording::new(
                "vague-name",
                format!("the name `{name}` says nothing about the change"),
                "say what changes, as in `add_tenant_to_orders`",
            ),
            PolicyProblem::NameOutsidePattern { name } => Wording::new(
                "name-outside-pattern",
                format!("the name `{name}` does not match the pattern of migrate.toml"),
                "rename the files, or correct `names.pattern`",
            ),
        }
    }
}
