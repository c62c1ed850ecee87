//! The history of another tool: the rows of its table come in, and what it says about each migration goes out.

use std::collections::BTreeMap;

use migrate::Version;

use super::{Recorded, Tool};

/// A row of the tool's history table, as [`Tool::query`] reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignRow {
    pub(crate) version: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) checksum: Option<String>,
    pub(crate) state: String,
}

/// The migrations in the history of another tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ForeignHistory {
    /// The migrations that have a row as applied, with their checksums.
    pub(crate) applied: BTreeMap<Version, Option<Recorded>>,
    /// All migrations up to this version are applied. Some tools keep only this.
    pub(crate) up_to: Option<Version>,
    /// The migrations that began and did not finish.
    pub(crate) failed: Vec<String>,
    /// The migrations whose names contain no valid version.
    pub(crate) unreadable: Vec<String>,
    /// The number of migrations that run again whenever they change.
    pub(crate) repeatable: usize,
}

impl ForeignHistory {
    /// Reads the rows in order: a later row about a migration overrides an earlier one.
    pub(crate) fn of(tool: Tool, rows: &[ForeignRow]) -> ForeignHistory {
        let mut history = ForeignHistory::default();
        for row in rows {
            history.take(tool, row);
        }
        history
    }

    fn take(&mut self, tool: Tool, row: &ForeignRow) {
        let Some(label) = &row.version else {
            self.repeatable += usize::from(row.state == "repeatable");
            return;
        };
        let Some(version) = version(tool, label) else {
            self.unreadable.push(label.clone());
            return;
        };
        self.failed.retain(|failed| failed != label);
        match row.state.as_str() {
            "applied" => {
                let recorded = row.checksum.as_deref().and_then(|checksum| Recorded::new(tool, checksum));
                self.applied.insert(version, recorded);
            }
            "applied up to" => self.up_to = self.up_to.max(Some(version)),
            "failed" => self.failed.push(label.clone()),
            // Prisma keeps the row of a failed attempt next to the row of the one that succeeded.
            _ if tool == Tool::Prisma => {}
            _ => {
                self.applied.remove(&version);
            }
        }
    }
}

fn version(tool: Tool, label: &str) -> Option<Version> {
    let digits = match tool {
        Tool::Prisma => label.split_once('_').map_or(label, |(version, _)| version),
        _ => label,
    };
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: &str, state: &str) -> ForeignRow {
        ForeignRow { version: Some(version.to_owned()), name: None, checksum: None, state: state.to_owned() }
    }

    fn applied(tool: Tool, rows: &[ForeignRow]) -> Vec<i64> {
        let history = ForeignHistory::of(tool, rows);
        assert_eq!((history.failed, history.unreadable), (Vec::new(), Vec::new()));
        history.applied.keys().map(|version| version.as_i64()).collect()
    }

    #[test]
    fn the_last_word_on_a_migration_holds() {
        let rows =
            [row("0", "rolled back"), row("1", "applied"), row("2", "applied"), row("2", "rolled back")];
        assert_eq!(applied(Tool::Goose, &rows), [1]);
        let again = [row("1", "applied"), row("1", "rolled back"), row("1", "applied")];
        assert_eq!(applied(Tool::Flyway, &again), [1]);
    }

    #[test]
    fn prisma_keeps_what_it_gave_up() {
        let rows = [
            row("20250101000000_init", "rolled back"),
            row("20250101000000_init", "applied"),
            row("20250102000000_users", "applied"),
            row("20250102000000_users", "rolled back"), // a second try, before it was resolved as applied
        ];
        assert_eq!(applied(Tool::Prisma, &rows), [20250101000000, 20250102000000]);
    }

    #[test]
    fn what_failed_and_then_went_well_has_not_failed() {
        let rows = [row("1", "failed"), row("1", "applied"), row("2", "failed")];
        let history = ForeignHistory::of(Tool::Flyway, &rows);
        assert_eq!(history.failed, ["2"]);
        assert_eq!(history.applied.len(), 1);
    }

    #[test]
    fn a_version_that_is_not_a_number_is_reported() {
        let history = ForeignHistory::of(Tool::Flyway, &[row("1.5", "applied")]);
        assert_eq!(history.unreadable, ["1.5"]);
    }

    #[test]
    fn one_row_stands_for_all_before_it() {
        let history = ForeignHistory::of(Tool::GolangMigrate, &[row("7", "applied up to")]);
        assert_eq!(history.up_to, Version::new(7));
        let rows = [row("7", "applied up to"), row("3", "applied up to")];
        assert_eq!(ForeignHistory::of(Tool::Flyway, &rows).up_to, Version::new(7));
    }

    #[test]
    fn what_is_repeated_is_counted() {
        let repeatable = ForeignRow { version: None, ..row("", "repeatable") };
        let schema = ForeignRow { version: None, ..row("", "rolled back") };
        let history = ForeignHistory::of(Tool::Flyway, &[schema, repeatable]);
        assert_eq!(history, ForeignHistory { repeatable: 1, ..ForeignHistory::default() });
    }
}
