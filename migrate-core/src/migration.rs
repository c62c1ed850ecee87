//! One migration as a value: its number, its name, the work that applies it and the way back.
//!
//! `source` makes it from files, the macro packs it into a binary, and a plan turns it into steps.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::beginnings::Beginnings;
use crate::{Checksum, FoundHazard, Risk, Span, Version};

/// One step of a schema's life: a script that applies it, and the way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub(crate) version: Version,
    pub(crate) name: Cow<'static, str>,
    pub(crate) up: Work,
    pub(crate) down: Down,
    pub(crate) verify: Option<Script>,
    pub(crate) risk: Option<Risk>,
    pub(crate) hazards: Cow<'static, [FoundHazard]>,
    pub(crate) older_binaries: OlderBinaries,
    pub(crate) accepts: Cow<'static, [Checksum]>,
}

impl Migration {
    /// The number that orders it.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The name after the version.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The work that applies it.
    pub fn up(&self) -> &Work {
        &self.up
    }

    /// The way back.
    pub fn down(&self) -> &Down {
        &self.down
    }

    /// The script that checks that it is in place.
    pub fn verify(&self) -> Option<&Script> {
        self.verify.as_ref()
    }

    /// How much harm its script can do: the worst of its hazards, unless the script declares a `risk`. `None`
    /// without an analysis, that is without the feature `lint`.
    pub fn risk(&self) -> Option<Risk> {
        self.risk
    }

    /// The hazards of its script, in the order of the lines.
    pub fn hazards(&self) -> &[FoundHazard] {
        &self.hazards
    }

    /// Whether binaries that do not know it may run on the schema that it leaves: as the script declares, else as its
    /// hazards say. Without an analysis they may not.
    pub fn older_binaries(&self) -> OlderBinaries {
        self.older_binaries
    }

    /// The checksums that its script had before edits that the lock file accepts.
    pub fn accepts(&self) -> &[Checksum] {
        &self.accepts
    }

    /// Whether a database that recorded this checksum has applied this migration: as it is, or as it was before an
    /// accepted edit.
    pub fn is_applied_by(&self, recorded: Checksum) -> bool {
        self.up.checksum() == recorded || self.accepts.contains(&recorded)
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.version, self.name)
    }
}

/// Whether binaries that do not know a migration may run on the schema that it leaves: `older-binaries` in a script.
///
/// Exhaustive: they may run or may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum OlderBinaries {
    /// They find everything they use.
    Ok,
    /// They would fail or do harm.
    Refuse,
}

/// The way back from a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Down {
    /// The work that rolls it back. A script holds no statement only when it says that there is nothing to undo.
    Work(Work),
    /// There is none. The reason is `None` if the policy does not ask for one.
    Irreversible(Option<Cow<'static, str>>),
}

impl Down {
    /// The rollback script, if there is one.
    pub fn script(&self) -> Option<&Script> {
        match self {
            Down::Work(work) => work.script(),
            Down::Irreversible(_) => None,
        }
    }
}

/// What a migration or its rollback does.
///
/// `20251107100000_add_user.up.sql` becomes `Work::Sql` with the script of that file.
///
/// Exhaustive: whatever carries work out has to say how it does so for each kind, and the compiler shows where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Runs a script.
    Sql(Script),
}

impl Work {
    /// The script, if the work is SQL.
    pub fn script(&self) -> Option<&Script> {
        let Work::Sql(script) = self;
        Some(script)
    }

    /// The path of its file inside the migrations folder; empty for a rollback that comes from the history.
    pub fn path(&self) -> &str {
        let Work::Sql(script) = self;
        script.path()
    }

    /// What the history compares it by.
    pub fn checksum(&self) -> Checksum {
        let Work::Sql(script) = self;
        script.checksum()
    }

    /// How to run it.
    pub fn execution(&self) -> Execution {
        let Work::Sql(script) = self;
        script.execution()
    }

    /// The checksum of its first statements: what a run that resumes compares.
    pub fn checksum_of_first(&self, statements: usize) -> Checksum {
        let Work::Sql(script) = self;
        script.checksum_of_first(statements)
    }

    /// How many statements it consists of.
    pub fn statement_count(&self) -> usize {
        let Work::Sql(script) = self;
        script.spans().len()
    }
}

/// The SQL of a file: the text that will run, the places of its statements, and how to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    pub(crate) path: Cow<'static, str>,
    pub(crate) sql: Cow<'static, str>,
    pub(crate) checksum: Checksum,
    pub(crate) statements: Cow<'static, [Span]>,
    pub(crate) execution: Execution,
    pub(crate) beginnings: Beginnings,
}

impl Script {
    /// The path inside the migrations folder; empty for a rollback script that comes from the history.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text that runs: the file's, without a byte order mark, with line ends as LF.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The checksum of the text.
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// The places of its statements.
    pub fn spans(&self) -> &[Span] {
        &self.statements
    }

    /// The text of each statement, in order.
    pub fn statements(&self) -> impl ExactSizeIterator<Item = &str> {
        self.statements.iter().map(|span| span.of(&self.sql))
    }

    /// The checksum of its first statements, which a run that resumes compares.
    pub fn checksum_of_first(&self, statements: usize) -> Checksum {
        self.beginnings.first(statements, self.statements())
    }

    /// How to run it.
    pub fn execution(&self) -> Execution {
        self.execution
    }
}

/// How a script is to be run, from its directives and statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Execution {
    /// In one transaction with its history row, which is the rule; without `-- migrate: no-transaction`.
    pub transaction: bool,
    /// `-- migrate: lock-timeout`
    pub lock_timeout: Option<Duration>,
    /// `-- migrate: statement-timeout`
    pub statement_timeout: Option<Duration>,
    /// `-- migrate: foreign-keys off`, or the pragma itself (SQLite).
    pub foreign_keys_off: bool,
    /// A statement changes settings of the session, which the run sets back (PostgreSQL).
    pub changes_session: bool,
}

impl Execution {
    /// In a transaction, with nothing special.
    pub const PLAIN: Execution = Execution {
        transaction: true,
        lock_timeout: None,
        statement_timeout: None,
        foreign_keys_off: false,
        changes_session: false,
    };
}
