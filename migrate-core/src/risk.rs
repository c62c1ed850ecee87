//! How much harm a migration can do, on a scale of three. The policy decides by it what is an error and what a warning.

use std::fmt;

/// How much harm a migration can do: `risk` in a script.
///
/// Exhaustive: they are the whole scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Risk {
    /// No blocking longer than a catalog update, no data lost, old code keeps working.
    Safe,
    /// Correct under one stated condition.
    Controlled,
    /// Blocks in proportion to table size, loses data or breaks running code.
    High,
}

impl Risk {
    /// All of them, the least first.
    pub(crate) const ALL: [Risk; 3] = [Risk::Safe, Risk::Controlled, Risk::High];
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Risk::Safe => "safe",
            Risk::Controlled => "controlled",
            Risk::High => "high",
        })
    }
}
