//! Hazards that the policy does not let pass, as problems.

use super::wording::Wording;
use crate::{Hazard, Risk};

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
                format!("{safer}\n allow: -- migrate: allow {hazard} \"why\"\n more: {}", hazard.page()),
            ),
            HazardProblem::More { count } => Wording::new(
                "more",
                format!("and {count} more in this script"),
                "correct or allow those above; the rest is shown then",
            ),
        }
    }
}
