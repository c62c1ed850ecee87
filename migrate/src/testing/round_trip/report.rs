use std::fmt;

use super::verdict::{MigrationRoundTrip, Verdict};

/// What a round trip found: a line for each migration, and what has to hold of all together.
///
/// `{}` shows everything but what is exact, and counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RoundTripReport {
    /// In their order; those of a set for both engines once for each.
    pub migrations: Vec<MigrationRoundTrip>,
    /// What is looked at beside them.
    pub checks: Vec<Check>,
}

/// Something that has to hold of all migrations together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Check {
    /// The engine, where it is about one.
    pub engine: Option<&'static str>,
    /// What has to hold.
    pub what: &'static str,
    /// Whether it does.
    pub outcome: CheckOutcome,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum CheckOutcome {
    /// It holds.
    Holds,
    /// It was not looked at, for this reason.
    NotLooked(String),
    /// It does not hold, because of this.
    Fails(String),
}

impl CheckOutcome {
    pub(super) fn unknown_folder() -> CheckOutcome {
        CheckOutcome::NotLooked("it is not known where the folder is".to_owned())
    }
}

impl RoundTripReport {
    /// Whether nothing has to be done.
    pub fn holds(&self) -> bool {
        self.migrations.iter().all(MigrationRoundTrip::holds)
            && !self.checks.iter().any(|check| matches!(check.outcome, CheckOutcome::Fails(_)))
    }

    /// How many migrations have the verdict of this [name](Verdict::name).
    pub fn count(&self, verdict: &str) -> usize {
        self.migrations.iter().filter(|migration| migration.verdict.name() == verdict).count()
    }

    /// Ends a test that has to [hold](RoundTripReport::holds).
    ///
    /// # Panics
    ///
    /// When it does not, with what was found and what to do about it.
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
