//! Problems between a folder and its `migrate.lock`: edited, removed, renamed, inserted.

use super::wording::Wording;
use crate::Version;

/// `migrate.lock` does not read, or the folder differs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockFileProblem {
    /// `lock = "required"`, and there is no lock file.
    Missing,
    /// A line of the lock file does not read.
    Line {
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// git left a conflict in the lock file.
    Conflict,
    /// The lines of the lock file are not in the order of their versions.
    Order {
        /// The version of the line before.
        above: Version,
    },
    /// A line of the lock file does not follow from the lines before it.
    Chain {
        /// Version and name in that line.
        migration: String,
    },
    /// A script was edited after it was locked.
    Edited {
        /// `script` or `rollback script`.
        what: &'static str,
        /// Version and name of the migration.
        migration: String,
        /// Its version.
        version: Version,
    },
    /// A locked migration is gone.
    Removed {
        /// Its version and name.
        migration: String,
    },
    /// The rollback script of a locked migration is gone.
    RemovedDown {
        /// Version and name of the migration.
        migration: String,
    },
    /// A locked migration has another version or name.
    Renamed {
        /// The locked version and name.
        locked: String,
        /// Version and name in the folder.
        now: String,
    },
    /// A new migration comes before the last locked one.
    Inserted {
        /// Its version and name.
        migration: String,
        /// Version and name of the last locked migration.
        head: String,
        /// A path that comes last.
        suggestion: Option<String>,
    },
    /// `lock = "required"`, and a migration is not locked.
    Draft {
        /// Its version and name.
        migration: String,
    },
}

impl LockFileProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            LockFileProblem::Missing => Wording::new(
                "missing-lock-file",
                "migrate.toml says `lock = \"required\"`, and there is no lock file",
                LOCK,
            ),
            LockFileProblem::Line { expected, found } => Wording::new(
                "lock-line",
                match found.as_str() {
                    "" => format!("the lock file lacks {expected}"),
                    found => format!("the lock file should have {expected}, not `{found}`"),
                },
                "restore the file from git, and run `cargo migrate lock`, which writes it",
            ),
            LockFileProblem::Conflict => Wording::new(
                "lock-conflict",
                "git left a merge conflict in the lock file",
                "keep the lines of both sides in the order of their versions; if a migration of yours now \
                 comes before one of theirs, give it a version above and delete its line; then run \
                 `cargo migrate lock`",
            ),
            LockFileProblem::Order { above } => Wording::new(
                "lock-order",
                format!(
                    "the version in this line of the lock file does not come after {above}, the one above it"
                ),
                "the migration that was merged last goes last: give it a version above all others, delete its \
                 line, and run `cargo migrate lock`",
            ),
            LockFileProblem::Chain { migration } => Wording::new(
                "lock-chain",
                format!(
                    "the line of {migration} does not follow from the lines above it: two branches were merged, \
                     or the file was changed by hand"
                ),
                "make sure that it may run after the migration above it, then run `cargo migrate lock`",
            ),
            LockFileProblem::Edited { what, migration, version } => Wording::new(
                "edited",
                format!("the {what} of {migration} was edited after it was locked"),
                format!(
                    "restore the file from git, and put the change in a new migration; if no database has applied \
                     it, or the edit does not change what it does, `cargo migrate lock --accept {version}` accepts it"
                ),
            ),
            LockFileProblem::Removed { migration } => Wording::new(
                "removed",
                format!("{migration} is locked, and its script is gone"),
                "restore its files from git, and undo what it does in a new migration; if it was never applied, \
                 delete its line and run `cargo migrate lock`",
            ),
            LockFileProblem::RemovedDown { migration } => Wording::new(
                "removed-down",
                format!("{migration} was locked with a rollback script, which is gone"),
                "restore the rollback script from git",
            ),
            LockFileProblem::Renamed { locked, now } => Wording::new(
                "renamed",
                format!("{now} is a new name for {locked}, which is locked"),
                format!("name its files `{locked}` again: a database that applied it knows it by this name"),
            ),
            LockFileProblem::Inserted { migration, head, suggestion } => {
                let example = suggestion.as_ref().map_or(String::new(), |path| format!(", as in `{path}`"));
                Wording::new(
                    "inserted",
                    format!("{migration} is new, and comes before {head}, which is locked"),
                    format!("a new migration comes last: give it a version above all others{example}"),
                )
            }
            LockFileProblem::Draft { migration } => Wording::new(
                "draft",
                format!("{migration} is not locked, and migrate.toml says `lock = \"required\"`"),
                LOCK,
            ),
        }
    }
}

const LOCK: &str = "run `cargo migrate lock`, and commit `migrate.lock`";
