//! The answer to the question what was changed by hand: a [`Difference`](crate::Difference), or why that is unknown.

use std::fmt;

use crate::fingerprint::Difference;
use crate::{Lines, Version};

/// How the schema compares with the one that the runs left: the answer of `Migrator::drift`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "drift", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Drift {
    /// How the schema differs from the one that the runs left. Only an empty difference means no drift.
    Known {
        /// What was changed by hand.
        difference: Difference,
    },
    /// No run has kept a schema yet.
    NothingKept,
    /// A later run changed the schema and did not keep it, because it was killed or `keep_schema` was off. The next run keeps
    /// it again.
    Unknown {
        /// The first version that was applied or rolled back since then.
        since: Version,
    },
    /// Another version of the server or of the library kept it, and may write the same schema differently. The next run
    /// keeps it anew.
    OtherFormat,
}

impl Drift {
    /// The changes by hand, if they are known.
    pub fn difference(&self) -> Option<&Difference> {
        match self {
            Drift::Known { difference } => Some(difference),
            _ => None,
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drift::Known { difference } if difference.is_empty() => f.write_str("no drift"),
            Drift::Known { difference } => {
                write!(f, "the schema was changed since the last run:\n{difference}")?;
                for undo in difference.changes.iter().rev().filter_map(|change| change.undo.as_ref()) {
                    let remark = if undo.loses_data { " -- loses data" } else { "" };
                    // Indented, so that no line of it reads as one of ours.
                    let sql = undo.sql.replace('\n', "\n      ");
                    write!(f, "\nundo: {};{remark}", Lines(&sql))?;
                }
                Ok(())
            }
            Drift::NothingKept => f.write_str("no run has kept the schema yet; the next one that changes it does"),
            Drift::Unknown { since } => write!(
                f,
                "the schema was last kept before version {since}: whatever ran that since did not keep it; the next run that \
                 changes the schema does"
            ),
            Drift::OtherFormat => f.write_str(
                "the schema was kept by another version of the server or of this library, and cannot be compared; the \
                 next run that changes the schema keeps it anew",
            ),
        }
    }
}
