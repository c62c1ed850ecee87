//! The result of a round trip, and how it is shown.
//!
//! What comes in are verdicts and checks; what goes out is a text that leaves out what is in order and counts it:
//! `12 round trips: 11 exact, 1 differs`.

use std::fmt;

use super::verdict::{MigrationRoundTrip, Verdict};

/// What a round trip found: an entry for each migration, and what has to hold for all of them together.
///
/// `{}` shows everything that is not exact, and counts the rest. With the feature `serde` it serializes.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::testing::round_trip;
/// use migrate::{MigrationSet, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations", dialect = "sqlite");
///
/// let report = round_trip(&MIGRATIONS).run_blocking()?;
/// assert!(report.holds());
/// assert_eq!(report.count("exact"), MIGRATIONS.migrations().len());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RoundTripReport {
    /// In order; a set for both engines appears once per engine.
    pub migrations: Vec<MigrationRoundTrip>,
    /// The checks of all migrations together: the set applied twice, `schema.sql`, `migrate.lock`.
    pub checks: Vec<Check>,
}

/// Something that has to hold for all migrations together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Check {
    /// The engine, if the check is about one.
    pub engine: Option<&'static str>,
    /// What has to hold, as a sentence.
    pub what: &'static str,
    /// Whether it holds.
    pub outcome: CheckOutcome,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum CheckOutcome {
    /// It holds.
    Holds,
    /// It was not checked, for this reason.
    NotLooked(String),
    /// It does not hold, for this reason.
    Fails(String),
}

impl CheckOutcome {
    pub(super) fn unknown_folder() -> CheckOutcome {
        CheckOutcome::NotLooked("it is not known where the folder is".to_owned())
    }
}

impl RoundTripReport {
    /// Whether all migrations and checks are in order.
    pub fn holds(&self) -> bool {
        self.migrations.iter().all(MigrationRoundTrip::holds)
            && !self.checks.iter().any(|check| matches!(check.outcome, CheckOutcome::Fails(_)))
    }

    /// The number of migrations whose verdict has this [name](Verdict::name).
    pub fn count(&self, verdict: &str) -> usize {
        self.migrations.iter().filter(|migration| migration.verdict.name() == verdict).count()
    }

    /// Fails a test if the report does not [hold](RoundTripReport::holds).
    ///
    /// # Panics
    ///
    /// If it does not hold, with what was found and what to do about it.
    #[track_caller]
    pub fn assert_holds(&self) {
        assert!(self.holds(), "{self}\n{HELP}");
    }
}

const HELP: &str = " help: correct the rollback, so that each migration can be taken back by itself. Where it cannot bring \
                    back everything, its first line says so: `-- migrate: allow down-mismatch \"why\"` for what stays or \
                    is changed, `-- migrate: allow down-lossy \"why\"` for what goes";

impl fmt::Display for RoundTripReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |migration: &&MigrationRoundTrip| {
            migration.verdict != Verdict::Exact || !migration.lost_rows.is_empty()
        };
        for migration in self.migrations.iter().filter(shown) {
            let mark = if migration.holds() { "  " } else { "! " };
            writeln!(f, "{mark}{migration} ({})", migration.engine)?;
        }
        for check in &self.checks {
            let engine = check.engine.map(|engine| format!(" ({engine})")).unwrap_or_default();
            match &check.outcome {
                CheckOutcome::Holds => {}
                CheckOutcome::NotLooked(why) => {
                    writeln!(f, "  not looked at: {}{engine}: {why}", check.what)?;
                }
                CheckOutcome::Fails(why) => {
                    writeln!(f, "! does not hold: {}{engine}", check.what)?;
                    why.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
                }
            }
        }
        let mut names: Vec<&str> = Vec::new();
        for migration in &self.migrations {
            if !names.contains(&migration.verdict.name()) {
                names.push(migration.verdict.name());
            }
        }
        let counts: Vec<String> = names.iter().map(|name| format!("{} {name}", self.count(name))).collect();
        write!(f, "{} round trips: {}", self.migrations.len(), counts.join(", "))
    }
}
