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
    /// Whether its rollback brings back the schema.
    pub verdict: Verdict,
    /// The tables that had more rows before the migration than after its rollback. Known only where rows are seeded.
    pub lost_rows: Vec<LostRows>,
    /// Why its author says that the rollback does not bring back everything.
    pub declared: Vec<String>,
}

/// What a migration and its rollback make of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Verdict {
    /// It is as it was, and the migration can be applied again.
    Exact,
    /// It is as it was, but for the order of columns: what is dropped and added again comes last.
    ColumnOrderOnly(Difference),
    /// It is another, and nobody declared that.
    Differs(Difference),
    /// It is another, and the script says why: `-- migrate: allow down-mismatch "why"`, `allow down-lossy` or
    /// `nothing-to-undo`.
    Residue(Difference),
    /// There is no rollback, for this reason if one is given.
    Irreversible(Option<String>),
    /// The migration itself fails.
    UpFails(String),
    /// The rollback fails.
    DownFails(String),
    /// The migration fails on what its rollback left.
    UpAgainFails {
        /// How that differs from what was there before.
        difference: Difference,
        /// The failure.
        error: String,
    },
    /// The migration makes something else of what its rollback left.
    UpAgainDiffers(Difference),
    /// A migration before it fails, so it was not tried.
    NotReached,
}

impl Verdict {
    /// Whether nothing has to be done about it.
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

    /// What there is to say about it.
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

/// A table that a migration and its rollback took rows from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LostRows {
    /// Which one.
    pub table: String,
    /// How many rows it had before the migration.
    pub before: u64,
    /// And after its rollback.
    pub after: u64,
}

impl MigrationRoundTrip {
    /// Whether nothing has to be done about it: its rollback brings back the schema and the rows, or says why not.
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
