use std::fmt;

use migrate_core::{Risk, Version};

use super::lock_mode::LockMode;
use super::relation::Relation;

/// What the statements of each migration did, as [`trace`](super::trace) saw it.
///
/// `{}` shows a block for each migration and a line for each statement; with the feature `serde` it serializes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Trace {
    /// The migrations, in the order in which they ran.
    pub migrations: Vec<MigrationTrace>,
}

impl Trace {
    /// The statements that turned out worse than the class of their migration, where that has one:
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
    /// Its class in the set: [`Migration::risk`](crate::Migration::risk).
    pub declared: Option<Risk>,
    /// Its statements, in the order in which they ran.
    pub statements: Vec<StatementTrace>,
}

impl MigrationTrace {
    /// The class by observation: that of the worst statement.
    pub fn observed(&self) -> Risk {
        self.statements.iter().map(|statement| statement.observed).max().unwrap_or(Risk::Safe)
    }

    /// The statements that turned out worse than the class of the migration.
    pub fn worse_than_declared(&self) -> impl Iterator<Item = &StatementTrace> {
        let declared = self.declared;
        self.statements.iter().filter(move |statement| declared.is_some_and(|risk| statement.observed > risk))
    }
}

/// What one statement did to relations that were there before its migration. What the migration itself created is
/// left out: nobody uses it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StatementTrace {
    /// The version of its migration.
    pub version: Version,
    /// Its file, as the folder was named when it was embedded.
    pub path: String,
    /// The line of the file on which it begins.
    pub line: usize,
    /// The statement.
    pub sql: String,
    /// The locks that it took, of each relation the strongest. Of indexes only ACCESS EXCLUSIVE, where that is not on
    /// the table too: every query on the table waits for it.
    pub locks: Vec<Lock>,
    /// Where it rewrites, builds an index or scans: the locks of earlier statements that others had to wait for
    /// meanwhile.
    pub held: Vec<Lock>,
    /// The tables of which all rows were written anew, or gone with a TRUNCATE.
    pub rewritten: Vec<Relation>,
    /// The tables, not rewritten, on which an index was built.
    pub indexed: Vec<Relation>,
    /// The tables, neither rewritten nor indexed, of which all rows were read.
    pub scanned: Vec<Relation>,
    /// The tables and views that are gone.
    pub dropped: Vec<Relation>,
    /// The class by observation. The true class is this or a worse one.
    pub observed: Risk,
}

/// A lock on a relation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Lock {
    /// What is locked.
    pub relation: Relation,
    /// How.
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
