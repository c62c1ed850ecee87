//! The lock modes of PostgreSQL, ordered by strength.
//!
//! What comes in is a name of the catalog, `AccessExclusiveLock`; what goes out is a mode, `AccessExclusive`, with
//! the manual's name, `ACCESS EXCLUSIVE`.

use std::fmt;

/// How a statement locks a relation, from the weakest mode to the strongest. ACCESS SHARE, which every reader takes,
/// is not reported.
///
/// ```
/// use migrate::testing::LockMode;
///
/// assert!(LockMode::ShareUpdateExclusive < LockMode::AccessExclusive);
/// assert!(LockMode::Share.stops_writes() && !LockMode::ShareUpdateExclusive.stops_writes());
/// assert_eq!(LockMode::AccessExclusive.to_string(), "ACCESS EXCLUSIVE");
/// ```
///
/// Source: PostgreSQL manual, 13.3.1, Table-Level Locks.
///
/// Exhaustive: PostgreSQL has no other modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum LockMode {
    /// Taken by `SELECT … FOR UPDATE` and the check of a foreign key.
    RowShare,
    /// Taken by INSERT, UPDATE and DELETE.
    RowExclusive,
    /// Taken by VALIDATE CONSTRAINT, ANALYZE and everything CONCURRENTLY. It keeps out only locks like itself, and
    /// stronger ones.
    ShareUpdateExclusive,
    /// Taken by CREATE INDEX. No one can write.
    Share,
    /// Taken by CREATE TRIGGER and ADD FOREIGN KEY. No one can write.
    ShareRowExclusive,
    /// Taken by `REFRESH MATERIALIZED VIEW CONCURRENTLY`. No one can write.
    Exclusive,
    /// Taken by most forms of ALTER TABLE, and by DROP and TRUNCATE. No one can read or write.
    AccessExclusive,
}

impl LockMode {
    /// All modes, from the weakest to the strongest.
    pub const ALL: [LockMode; 7] = [
        LockMode::RowShare,
        LockMode::RowExclusive,
        LockMode::ShareUpdateExclusive,
        LockMode::Share,
        LockMode::ShareRowExclusive,
        LockMode::Exclusive,
        LockMode::AccessExclusive,
    ];

    /// Its name in the manual and in `LOCK TABLE … IN … MODE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            LockMode::RowShare => "ROW SHARE",
            LockMode::RowExclusive => "ROW EXCLUSIVE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Whether other sessions cannot write while it is held, or not even read (PostgreSQL manual, table 13.2).
    pub const fn stops_writes(self) -> bool {
        use LockMode::{AccessExclusive, Exclusive, Share, ShareRowExclusive};
        matches!(self, Share | ShareRowExclusive | Exclusive | AccessExclusive)
    }

    /// The mode that has this name in `pg_locks`, such as `AccessExclusiveLock`.
    pub(super) fn from_catalog(name: &str) -> Option<LockMode> {
        let is_called = |mode: &LockMode| {
            let words = mode.as_str().split(' ').map(str::to_lowercase).collect::<String>();
            name.strip_suffix("Lock").is_some_and(|name| name.eq_ignore_ascii_case(&words))
        };
        LockMode::ALL.into_iter().find(is_called)
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_has_its_own_names() {
        assert_eq!(LockMode::from_catalog("AccessExclusiveLock"), Some(LockMode::AccessExclusive));
        assert_eq!(LockMode::from_catalog("ShareUpdateExclusiveLock"), Some(LockMode::ShareUpdateExclusive));
        assert_eq!(LockMode::from_catalog("AccessShareLock"), None);
        assert_eq!(LockMode::from_catalog("SIReadLock"), None);
        let catalog_names = LockMode::ALL.map(|mode| format!("{mode:?}Lock"));
        assert_eq!(
            catalog_names.each_ref().map(|name| LockMode::from_catalog(name)),
            LockMode::ALL.map(Some)
        );
    }
}
