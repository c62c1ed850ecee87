//! What a round trip says of one migration.
//!
//! What comes in is the difference between two fingerprints, and the fate of the second try; what goes out is a
//! [`Verdict`], such as `Differs`, and a text of a line or more.

use std::fmt;

use migrate_core::{Difference, Version};

/// What a round trip found about one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MigrationRoundTrip {
    /// The engine that it ran on, such as `PostgreSQL`.
    pub engine: &'static str,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Whether its rollback restores the schema.
    pub verdict: Verdict,
    /// The tables that had more rows before the migration than after its rollback. Known only with seeds.
    pub lost_rows: Vec<LostRows>,
    /// The reasons in the script why the rollback does not restore everything.
    pub declared: Vec<String>,
}

/// How a migration and its rollback leave the schema.
///
/// [`holds`](Verdict::holds) says which of them are in order: `Exact`, `ColumnOrderOnly`, `Residue` and
/// `Irreversible`. The others name a script to correct, the migration's or that of its rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Verdict {
    /// The schema is as it was, and the migration can be applied again.
    Exact,
    /// The schema is as it was, except for the order of columns: a column that is dropped and added again comes last.
    ColumnOrderOnly(Difference),
    /// The schema has changed, and the script does not declare that.
    ///
    /// Correct the rollback; or, if it cannot restore everything, say so in its first line:
    /// `-- migrate: allow down-mismatch "why"`.
    Differs(Difference),
    /// The schema has changed, and the script says why: `-- migrate: allow down-mismatch "why"`, `allow down-lossy`
    /// or `nothing-to-undo`.
    Residue(Difference),
    /// There is no rollback, for this reason if one is given.
    Irreversible(Option<String>),
    /// The migration itself fails, with this error.
    UpFails(String),
    /// The rollback fails, with this error.
    DownFails(String),
    /// The migration fails on the schema that its rollback left. A release that was rolled back could then not be
    /// deployed again.
    UpAgainFails {
        /// How that schema differs from the one before the migration.
        difference: Difference,
        /// The error.
        error: String,
    },
    /// The migration makes another schema of what its rollback left than it did the first time.
    UpAgainDiffers(Difference),
    /// It was not tried, because an earlier migration fails.
    NotReached,
}

impl Verdict {
    /// Whether it is in order.
    pub fn holds(&self) -> bool {
        use Verdict::*;
        matches!(self, Exact | ColumnOrderOnly(_) | Residue(_) | Irreversible(_))
    }

    /// The verdict in a word or two, as the report counts them.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::ColumnOrderOnly(_) => "column order only",
            Verdict::Differs(_) => "differs",
            Verdict::Residue(_) => "residue",
            Verdict::Irreversible(_) => "irreversible",
            Verdict::UpFails(_) => "up fails",
            Verdict::DownFails(_) => "down fails",
            Verdict::UpAgainFails { .. } => "up fails again",
            Verdict::UpAgainDiffers(_) => "up differs again",
            Verdict::NotReached => "not reached",
        }
    }

    /// The differences and errors to show.
    fn details(&self) -> Vec<String> {
        match self {
            Verdict::Exact | Verdict::NotReached | Verdict::Irreversible(None) => Vec::new(),
            Verdict::ColumnOrderOnly(difference)
            | Verdict::Differs(difference)
            | Verdict::Residue(difference)
            | Verdict::UpAgainDiffers(difference) => vec![difference.to_string()],
            Verdict::Irreversible(Some(text)) | Verdict::UpFails(text) | Verdict::DownFails(text) => {
                vec![text.clone()]
            }
            Verdict::UpAgainFails { difference, error } => vec![difference.to_string(), error.clone()],
        }
    }
}

/// A table in which a migration and its rollback have lost rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LostRows {
    /// The table.
    pub table: String,
    /// The number of rows before the migration.
    pub before: u64,
    /// The number of rows after its rollback.
    pub after: u64,
}

impl MigrationRoundTrip {
    /// Whether it is in order: its rollback restores the schema and the rows, or says why not.
    pub fn holds(&self) -> bool {
        self.verdict.holds() && (self.lost_rows.is_empty() || !self.declared.is_empty())
    }
}

impl fmt::Display for MigrationRoundTrip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}: {}", self.version, self.name, self.verdict.name())?;
        let rows = self.lost_rows.iter().map(|lost| {
            format!(
                "rows     table {}: {} before, {} after the rollback",
                lost.table, lost.before, lost.after
            )
        });
        let declared = self.declared.iter().map(|why| format!("declared {why}"));
        for text in self.verdict.details().into_iter().chain(rows).chain(declared) {
            text.lines().try_for_each(|line| write!(f, "\n    {line}"))?;
        }
        Ok(())
    }
}
