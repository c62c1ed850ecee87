//! Hazards that the policy does not let pass, as problems.

use super::wording::Wording;
use crate::{Hazard, Risk, Version};

/// A statement that can hurt a database that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HazardProblem {
    /// A hazard that the script does not allow.
    Found {
        /// Its name.
        hazard: Hazard,
        /// How much harm it does here.
        risk: Risk,
        /// What happens.
        message: String,
        /// What to do instead.
        safer: String,
    },
    /// Many files of the folder have errors: most of its migrations seem to have run long ago.
    OldFolder {
        /// How often each hazard or code was found, the most frequent first.
        kinds: Vec<(String, usize)>,
        /// How many files have an error.
        files: usize,
        /// The first version that would be new.
        from: Version,
    },
    /// A script has more problems than are worth reading at once.
    More {
        /// How many are not shown.
        count: usize,
    },
}

impl HazardProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            HazardProblem::Found { hazard, risk, message, safer } => Wording::new(
                "hazard",
                format!("[{hazard}] {risk}: {message}"),
                format!(
                    "{safer}\n allow: -- migrate: allow {hazard} \"why\"\n more: {}",
                    hazard.explanation()
                ),
            ),
            HazardProblem::OldFolder { kinds, files, from } => {
                let count: usize = kinds.iter().map(|(_, count)| count).sum();
                let kinds: Vec<String> =
                    kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
                Wording::new(
                    "old-folder",
                    format!("{count} errors in {files} files: {}", kinds.join(", ")),
                    format!(
                        "if these migrations ran long ago, write `lint-from = {from}` in migrate.toml, so that only newer \
                         ones are reported; then `cargo migrate lock` keeps them as they are"
                    ),
                )
            }
            HazardProblem::More { count } => Wording::new(
                "more",
                format!("and {count} more in this script"),
                "correct or allow those above; the rest is shown then",
            ),
        }
    }
}
