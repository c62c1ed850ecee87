//! Computes what `migrate.lock` should become: present lines stay, accepted edits change theirs, drafts follow at the end.

use std::fmt;

use super::{Line, LockFile, Locked};
use crate::{MigrationSet, Version};

/// The lock file that a folder should have: its new text, and how that differs from the present one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockUpdate {
    text: String,
    changes: Vec<LockChange>,
}

/// One change that locking a folder makes to its lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "change", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LockChange {
    /// There was no lock file.
    Created,
    /// A draft is locked from now on.
    Added {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
    /// The edit of a locked migration is accepted: databases that applied the earlier text count as up to date.
    Accepted {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
    /// A line is chained to the one before it again, after two branches were merged.
    Chained {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
}

impl LockUpdate {
    /// Locked lines stay as they are, but for the edits of `accept`. If there are some, the drafts stay drafts.
    pub(crate) fn new(before: Option<&Locked>, set: &MigrationSet, accept: &[Version]) -> LockUpdate {
        let mut changes: Vec<LockChange> =
            before.is_none().then_some(LockChange::Created).into_iter().collect();
        let mut locked = before.map(|parsed| parsed.file.clone()).unwrap_or_default();
        let broken = before.iter().flat_map(|parsed| &parsed.broken);
        changes.extend(
            broken.map(|line| LockChange::Chained { version: line.version, name: line.name.clone() }),
        );
        for line in locked.lines.iter_mut().filter(|line| accept.contains(&line.version)) {
            let Some(now) = set.get(line.version).map(Line::of) else { continue };
            if (&now.up, &now.down) != (&line.up, &line.down) {
                changes.push(LockChange::Accepted { version: now.version, name: now.name.clone() });
                *line = line.edited(now);
            }
        }
        let drafts = LockFile::of(set).lines.into_iter();
        let drafts = drafts.filter(|line| accept.is_empty() && locked.get(line.version).is_none());
        let drafts: Vec<Line> = drafts.collect();
        let added =
            drafts.iter().map(|line| LockChange::Added { version: line.version, name: line.name.clone() });
        changes.extend(added);
        locked.lines.extend(drafts);
        LockUpdate { text: locked.to_string(), changes }
    }

    /// The text of the lock file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The changes; empty if the lock file is complete.
    pub fn changes(&self) -> &[LockChange] {
        &self.changes
    }
}

impl Line {
    /// This line with the scripts of `now`.
    fn edited(&self, now: Line) -> Line {
        let accepts = self.accepts.iter().chain([&self.up]).copied().filter(|accepted| *accepted != now.up);
        Line { accepts: accepts.collect(), ..now }
    }
}

impl fmt::Display for LockChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockChange::Created => f.write_str("the lock file is new"),
            LockChange::Added { version, name } => write!(f, "locks {version}_{name}"),
            LockChange::Accepted { version, name } => write!(f, "accepts the edit of {version}_{name}"),
            LockChange::Chained { version, name } => {
                write!(f, "chains {version}_{name} to the line before it")
            }
        }
    }
}
