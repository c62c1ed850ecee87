//! How a database compares with a set: a pure function of the set and the history.
//!
//! A set of 1 and 2 and a history with 1 give `Behind`, with 1 `Applied` and 2 `Pending`.

use std::collections::BTreeMap;
use std::fmt;

use crate::{
    AppliedMigration, AppliedState, Direction, FoundHazard, Migration, MigrationSet, OlderBinaries, Risk,
    Version,
};

/// How a database compares with a migration set.
///
/// `{}` shows a table with a line for each migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// The answer for the whole set.
    pub state: SetState,
    /// Each migration of the set or of the history, in the order of the versions.
    pub migrations: Vec<MigrationStatus>,
}

/// The answer for a whole set. If several apply, it is the one listed last.
///
/// Exhaustive: a new state must not be taken for one that is up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum SetState {
    /// Every migration is applied, and nothing else is.
    UpToDate,
    /// Migrations outside the set are applied, and all of them say that older binaries may run.
    AheadCompatible,
    /// Some migrations are pending.
    Behind,
    /// Migrations outside the set are applied, and not all of them say that older binaries may run.
    AheadIncompatible,
    /// A migration was edited after it was applied, or is older than one that is applied.
    Diverged,
    /// A migration was interrupted: a script without transaction stopped before its end.
    Interrupted,
}

/// A migration, and its state in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: MigrationState,
    /// Which of its scripts was interrupted, if one was.
    pub direction: Option<Direction>,
    /// When it was applied, by the database's clock: RFC 3339, UTC.
    pub applied_at: Option<String>,
    /// Whether binaries that do not know it may run, according to the history. `None` if it is not applied.
    pub older_binaries: Option<OlderBinaries>,
    /// How much harm its script can do. `None` if it is not in the set, and without an analysis.
    pub risk: Option<Risk>,
    /// The hazards of its script, in the order of the lines.
    pub hazards: Vec<FoundHazard>,
}

/// The state of one migration.
///
/// Exhaustive: a new state must not be taken for one that is up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum MigrationState {
    /// In the set and not applied.
    Pending,
    /// In the set, not applied, and older than one that is.
    OutOfOrder,
    /// Applied as it is in the set.
    Applied,
    /// It was in place before the history began.
    Baseline,
    /// Applied, and edited since.
    Changed,
    /// Applied, and not in the set.
    Unknown,
    /// A script without transaction stopped before its end; [`MigrationStatus::direction`] says which.
    Interrupted,
}

/// Compares a set with a history.
pub fn status(set: &MigrationSet, history: &[AppliedMigration]) -> Status {
    let newest = history.iter().map(|row| row.version).max();
    let mut migrations: BTreeMap<Version, MigrationStatus> = BTreeMap::new();
    let mut state = SetState::UpToDate;
    for row in history {
        let (of_row, of_set) = row_state(set, row);
        state = state.max(of_set);
        let status = MigrationStatus {
            version: row.version,
            name: row.name.clone(),
            state: of_row,
            direction: row.state.direction(),
            applied_at: Some(row.started_at.clone()),
            older_binaries: Some(row.older_binaries),
            risk: set.get(row.version).and_then(Migration::risk),
            hazards: set.get(row.version).map_or_else(Vec::new, |migration| migration.hazards().to_vec()),
        };
        migrations.insert(row.version, status);
    }
    for migration in set.migrations() {
        migrations.entry(migration.version()).or_insert_with(|| {
            let is_late = newest.is_some_and(|newest| migration.version() < newest);
            state = state.max(if is_late { SetState::Diverged } else { SetState::Behind });
            MigrationStatus {
                version: migration.version(),
                name: migration.name().to_owned(),
                state: if is_late { MigrationState::OutOfOrder } else { MigrationState::Pending },
                direction: None,
                applied_at: None,
                older_binaries: None,
                risk: migration.risk(),
                hazards: migration.hazards().to_vec(),
            }
        });
    }
    Status { state, migrations: migrations.into_values().collect() }
}

/// The state of a row, and the state of the set that follows from this row alone.
fn row_state(set: &MigrationSet, row: &AppliedMigration) -> (MigrationState, SetState) {
    let Some(migration) = set.get(row.version) else {
        return match (row.state.is_interrupted(), row.older_binaries) {
            (true, _) => (MigrationState::Interrupted, SetState::Interrupted),
            (false, OlderBinaries::Ok) => (MigrationState::Unknown, SetState::AheadCompatible),
            (false, OlderBinaries::Refuse) => (MigrationState::Unknown, SetState::AheadIncompatible),
        };
    };
    if row.state.is_interrupted() {
        (MigrationState::Interrupted, SetState::Interrupted)
    } else if !migration.is_applied_by(row.checksum) {
        (MigrationState::Changed, SetState::Diverged)
    } else if row.state == AppliedState::Baseline {
        (MigrationState::Baseline, SetState::UpToDate)
    } else {
        (MigrationState::Applied, SetState::UpToDate)
    }
}

impl fmt::Display for SetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SetState::UpToDate => "up to date",
            SetState::AheadCompatible => "ahead, and older binaries may run",
            SetState::Behind => "behind",
            SetState::AheadIncompatible => "ahead, and older binaries may not run",
            SetState::Diverged => "diverged",
            SetState::Interrupted => "interrupted",
        })
    }
}

impl fmt::Display for MigrationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            MigrationState::Pending => "pending",
            MigrationState::OutOfOrder => "out of order",
            MigrationState::Applied => "applied",
            MigrationState::Baseline => "baseline",
            MigrationState::Changed => "changed",
            MigrationState::Unknown => "unknown",
            MigrationState::Interrupted => "interrupted",
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)?;
        for migration in &self.migrations {
            write!(f, "\n  {:<12}  {}_{}", migration.state, migration.version, migration.name)?;
            migration.applied_at.iter().try_for_each(|at| write!(f, "  {at}"))?;
            migration.direction.iter().try_for_each(|direction| write!(f, "  during its {direction}"))?;
            if migration.applied_at.is_none() {
                migration.risk.iter().try_for_each(|risk| write!(f, "  risk {risk}"))?;
                migration.hazards.iter().try_for_each(|found| write!(f, "\n                {found}"))?;
            }
        }
        Ok(())
    }
}
