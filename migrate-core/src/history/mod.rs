//! What a database records about the migrations it went through: the rows, as values.
//!
//! The SQL of these rows is in `ledger`, which knows this module; this one knows no SQL. Example: the row of an index build
//! that was cut off is `Interrupted(Apply)` with one statement done.

mod drift;
pub(crate) mod kept_schema;

use std::fmt;
use std::time::Duration;

pub use drift::Drift;
pub use kept_schema::KeptSchema;

use crate::{Checksum, OlderBinaries, Version};

/// A row of the history: one migration that was applied, or that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedMigration {
    /// The number that orders it.
    pub version: Version,
    /// The name after the version.
    pub name: String,
    /// The checksum of the script as it was applied.
    pub checksum: Checksum,
    /// Covers this row and all before it.
    pub chain: Checksum,
    /// Its state.
    pub state: AppliedState,
    /// For an interrupted script without transaction: how many statements are done.
    pub statements_done: usize,
    /// The checksum of these statements ([`crate::Script::checksum_of_first`]).
    pub statements_checksum: Option<Checksum>,
    /// The next statement, if it began outside of a transaction and its end was not recorded.
    pub begun: Option<Begun>,
    /// The rollback script as it was when the migration was applied, so that a binary that does not contain
    /// the migration can still roll it back. `None` when it is irreversible.
    pub down: Option<RecordedDown>,
    /// Whether binaries that do not know it may run.
    pub older_binaries: OlderBinaries,
    /// When it began, by the database's clock: RFC 3339, UTC.
    pub started_at: String,
    /// How long it took, by the database's clock.
    pub elapsed: Option<Duration>,
    /// The database role that applied it.
    pub applied_by: Option<String>,
}

impl fmt::Display for AppliedMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.version, self.name)
    }
}

/// A statement that a runner began outside of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The checksum of the statements up to this one.
    pub checksum: Checksum,
    /// The mark of the run that began it: another run may go on only where this is still the mark that it has read.
    pub by: Option<String>,
}

impl fmt::Display for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.checksum)?;
        self.by.iter().try_for_each(|by| write!(f, " {by}"))
    }
}

/// A rollback script as a history row holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedDown {
    /// The script.
    pub sql: String,
    /// Whether it runs in a transaction.
    pub transaction: bool,
}

/// The state of a migration in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppliedState {
    /// It is in place.
    Applied,
    /// It was in place before the history began.
    Baseline,
    /// A script without transaction stopped before its last statement, in this direction.
    Interrupted(Direction),
}

/// The direction of a migration: it is applied, or rolled back.
///
/// Exhaustive: there is no third way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Direction {
    /// It is being applied.
    Apply,
    /// It is being rolled back.
    Rollback,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Apply => "apply",
            Direction::Rollback => "rollback",
        })
    }
}

impl AppliedState {
    /// The word in the history table.
    pub const fn as_str(self) -> &'static str {
        match self {
            AppliedState::Applied => "applied",
            AppliedState::Baseline => "baseline",
            AppliedState::Interrupted(Direction::Apply) => "applying",
            AppliedState::Interrupted(Direction::Rollback) => "rolling_back",
        }
    }

    /// The state with that word.
    pub fn from_word(word: &str) -> Option<AppliedState> {
        use AppliedState::{Applied, Baseline, Interrupted};
        let states = [Applied, Baseline, Interrupted(Direction::Apply), Interrupted(Direction::Rollback)];
        states.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether a script stopped before its end.
    pub const fn is_interrupted(self) -> bool {
        self.direction().is_some()
    }

    /// Which script was interrupted, if one was.
    pub const fn direction(self) -> Option<Direction> {
        match self {
            AppliedState::Interrupted(direction) => Some(direction),
            AppliedState::Applied | AppliedState::Baseline => None,
        }
    }
}
