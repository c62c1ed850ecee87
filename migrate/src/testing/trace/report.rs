//! A trace as a value, and how it is shown.
//!
//! What comes in are observations; what goes out is a block of text for each migration:
//! `high  20251107100000_…:1  ALTER TABLE orders …`, and below it `locks ACCESS EXCLUSIVE on orders`.

use std::fmt;

use migrate_core::{Risk, Version};

use super::lock_mode::LockMode;
use super::relation::Relation;

/// What the statements of each migration did, as [`trace`](super::trace) saw it.
///
/// `{}` shows a block for each migration and a line for each statement. With the feature `serde` it serializes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Trace {
    /// The migrations, in the order in which they ran.
    pub migrations: Vec<MigrationTrace>,
}

impl Trace {
    /// The statements with a higher risk than their migration declares, if that declares one:
    /// [`Migration::risk`](crate::Migration::risk).
    pub fn worse_than_declared(&self) -> Vec<&StatementTrace> {
        self.migrations.iter().flat_map(MigrationTrace::worse_than_declared).collect()
    }
}

/// What the statements of one migration did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MigrationTrace {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Whether its script ran in a transaction.
    pub transaction: bool,
    /// Its risk in the set: [`Migration::risk`](crate::Migration::risk).
    pub declared: Option<Risk>,
    /// Its statements, in the order in which they ran.
    pub statements: Vec<StatementTrace>,
}

impl MigrationTrace {
    /// The observed risk: that of the worst statement.
    pub fn observed(&self) -> Risk {
        self.statements.iter().map(|statement| statement.observed).max().unwrap_or(Risk::Safe)
    }

    /// The statements with a higher risk than the migration declares.
    pub fn worse_than_declared(&self) -> impl Iterator<Item = &StatementTrace> {
        let declared = self.declared;
        self.statements.iter().filter(move |statement| declared.is_some_and(|risk| statement.observed > risk))
    }
}

/// What one statement did to relations that existed before its migration. What the migration itself created is left
/// out: no one uses it yet.
///
/// `{}` shows the statement in a line, and what it did in lines below it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StatementTrace {
    /// The version of its migration.
    pub version: Version,
    /// Its file, by the path of the folder when it was embedded.
    pub path: String,
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
    /// The statement.
    pub sql: String,
    /// The locks that it took, the strongest of each relation. For indexes only ACCESS EXCLUSIVE, and only if the
    /// table does not have it too: every query on the table waits for it.
    pub locks: Vec<Lock>,
    /// If it rewrites, builds an index or scans: the locks of earlier statements for which others had to wait
    /// meanwhile.
    pub held: Vec<Lock>,
    /// The tables of which all rows were written anew, or removed by a TRUNCATE.
    pub rewritten: Vec<Relation>,
    /// The tables on which an index was built, without those that were rewritten.
    pub indexed: Vec<Relation>,
    /// The tables of which all rows were read, without those that were rewritten or indexed.
    pub scanned: Vec<Relation>,
    /// The tables and views that are gone.
    pub dropped: Vec<Relation>,
    /// The observed risk. The true risk is this one or a higher one.
    pub observed: Risk,
}

/// A lock on a relation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Lock {
    /// The relation.
    pub relation: Relation,
    /// The mode.
    pub mode: LockMode,
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.mode, self.relation)
    }
}

impl fmt::Display for StatementTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.observed.to_string();
        let (first_line, more) = self.sql.split_once('\n').map_or((&*self.sql, ""), |(line, _)| (line, " …"));
        write!(f, "{class:<10}  {}:{}  {first_line}{more}", self.path, self.line)?;
        let facts = [
            ("locks", listed(&self.locks)),
            ("rewrites", listed(&self.rewritten)),
            ("builds an index on", listed(&self.indexed)),
            ("scans", listed(&self.scanned)),
            ("drops", listed(&self.dropped)),
            ("while it still holds", listed(&self.held)),
        ];
        let facts = facts.iter().filter(|(_, what)| !what.is_empty());
        facts.into_iter().try_for_each(|(does, what)| write!(f, "\n{:<12}{does} {what}", ""))
    }
}

fn listed(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for MigrationTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}: {}", self.version, self.name, self.observed())?;
        if let Some(declared) = self.declared {
            write!(f, ", declared {declared}")?;
        }
        if !self.transaction {
            f.write_str(", without transaction")?;
        }
        self.statements.iter().try_for_each(|statement| {
            let lines = statement.to_string().replace('\n', "\n  ");
            write!(f, "\n  {lines}")
        })
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, migration) in self.migrations.iter().enumerate() {
            let new_line = if i == 0 { "" } else { "\n" };
            write!(f, "{new_line}{migration}")?;
        }
        Ok(())
    }
}
