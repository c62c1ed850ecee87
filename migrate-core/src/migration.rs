use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::directive;
use crate::origin::{Origin, Staleness};
use crate::{Checksum, Dialect, FoundHazard, OlderBinaries, Risk, Span, Version};

/// All migrations of a folder, in order: what `embed_migrations!` bakes into the binary.
///
/// A value that exists has passed every check: names, order, one script for each part, a way back or the word
/// that there is none. Two sets are equal when they hold the same migrations under the same name, wherever
/// they were read from.
#[derive(Clone, Debug)]
pub struct MigrationSet {
    pub(crate) name: Cow<'static, str>,
    pub(crate) dialect: Dialect,
    pub(crate) root: Cow<'static, str>,
    pub(crate) migrations: Cow<'static, [Migration]>,
    pub(crate) chain: Option<Checksum>,
    pub(crate) origin: Option<Origin>,
}

impl MigrationSet {
    /// The name of the set in the history table: `set` in `migrate.toml`, else `default`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The SQL that it is written in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The migrations, in the order of their versions.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The migration of this version.
    pub fn get(&self, version: Version) -> Option<&Migration> {
        self.migrations
            .binary_search_by_key(&version, |migration| migration.version)
            .ok()
            .map(|i| &self.migrations[i])
    }

    /// The newest version, or `None` of an empty set.
    pub fn latest(&self) -> Option<Version> {
        self.migrations.last().map(|migration| migration.version)
    }

    /// The chain value of the history row of the newest migration once all are applied: computed when the set
    /// was made, so that a start compares and computes nothing.
    pub fn chain(&self) -> Option<Checksum> {
        self.chain
    }

    /// How the folder differs from what it was when the set was embedded, or `None` when it does not: known only
    /// to a build with debug assertions, on a machine where the folder is.
    pub fn staleness(&self) -> Option<Staleness> {
        self.origin?.staleness()
    }

    /// Where the folder was when the set was embedded: known only to a build with debug assertions.
    pub fn folder(&self) -> Option<&Path> {
        self.origin.map(|origin| Path::new(origin.folder))
    }

    /// Why the rollback of a migration does not bring back all that was there, in the words of its author: the reasons of
    /// `nothing-to-undo`, `allow down-mismatch` and `allow down-lossy` in its script. Empty when it is meant to.
    pub fn declared_residue(&self, migration: &Migration) -> Vec<String> {
        let script = migration.down.script();
        script.map_or_else(Vec::new, |script| directive::declared_residue(&script.sql, self.dialect))
    }

    /// A path inside the folder as the user would type it.
    pub fn display_path(&self, path: &str) -> String {
        if self.root.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.root.trim_end_matches('/'))
        }
    }
}

impl PartialEq for MigrationSet {
    fn eq(&self, other: &MigrationSet) -> bool {
        (&self.name, self.dialect, &self.migrations) == (&other.name, other.dialect, &other.migrations)
    }
}

impl Eq for MigrationSet {}

/// One step of a schema's life: a script that applies it, and the way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub(crate) version: Version,
    pub(crate) name: Cow<'static, str>,
    pub(crate) up: Script,
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

    /// The name behind the version.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The script that applies it.
    pub fn up(&self) -> &Script {
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

    /// How much harm its script can do: the worst of its hazards, unless the script declares a `risk`. `None` where
    /// nobody looked, that is without the feature `lint`.
    pub fn risk(&self) -> Option<Risk> {
        self.risk
    }

    /// The hazards of its script, in the order of the lines.
    pub fn hazards(&self) -> &[FoundHazard] {
        &self.hazards
    }

    /// Whether binaries that do not know it may run on the schema that it leaves: what the script declares, else what
    /// its hazards say. Where nobody looked for hazards, they may not.
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
        self.up.checksum == recorded || self.accepts.contains(&recorded)
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.version, self.name)
    }
}

/// The way back from a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// The rollback script. It holds no statement only when it says that there is nothing to undo.
    Script(Script),
    /// There is none. The reason is missing where the policy asks for none.
    Irreversible(Option<Cow<'static, str>>),
}

impl Down {
    /// The rollback script, if there is one.
    pub fn script(&self) -> Option<&Script> {
        match self {
            Down::Script(script) => Some(script),
            Down::Irreversible(_) => None,
        }
    }
}

/// The SQL of a file: what will run, where its statements stand, and how to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    pub(crate) path: Cow<'static, str>,
    pub(crate) sql: Cow<'static, str>,
    pub(crate) checksum: Checksum,
    pub(crate) statements: Cow<'static, [Span]>,
    pub(crate) execution: Execution,
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

    /// Where its statements stand.
    pub fn spans(&self) -> &[Span] {
        &self.statements
    }

    /// The text of each statement, in order.
    pub fn statements(&self) -> impl ExactSizeIterator<Item = &str> {
        self.statements.iter().map(|span| span.of(&self.sql))
    }

    /// The checksum of its first statements: what a run that goes on in the middle compares.
    pub fn checksum_of_first(&self, statements: usize) -> Checksum {
        Checksum::of(&self.statements().take(statements).collect::<Vec<_>>().join(";\n"))
    }

    /// How to run it.
    pub fn execution(&self) -> Execution {
        self.execution
    }
}

/// How a script is to be run, from its directives and statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What `embed_migrations!` expands to: constructors that run at compile time. No public interface.
#[doc(hidden)]
pub mod embedded {
    use super::*;
    use crate::Hazard;

    pub const fn set(
        name: &'static str,
        dialect: Dialect,
        root: &'static str,
        migrations: &'static [Migration],
        chain: Option<Checksum>,
        origin: Option<Origin>,
    ) -> MigrationSet {
        MigrationSet {
            name: Cow::Borrowed(name),
            dialect,
            root: Cow::Borrowed(root),
            migrations: Cow::Borrowed(migrations),
            chain,
            origin,
        }
    }

    pub const fn origin(folder: &'static str, files: &'static [&'static str]) -> Origin {
        Origin { folder, files }
    }

    #[expect(clippy::too_many_arguments, reason = "only the macro writes the call")]
    pub const fn migration(
        version: Version,
        name: &'static str,
        up: Script,
        down: Down,
        verify: Option<Script>,
        risk: Option<Risk>,
        hazards: &'static [FoundHazard],
        older_binaries: OlderBinaries,
        accepts: &'static [Checksum],
    ) -> Migration {
        let (name, hazards, accepts) = (Cow::Borrowed(name), Cow::Borrowed(hazards), Cow::Borrowed(accepts));
        Migration { version, name, up, down, verify, risk, hazards, older_binaries, accepts }
    }

    pub const fn version(number: u64) -> Version {
        Version::new(number).expect("the macro read this version from a file name")
    }

    pub const fn hazard(hazard: Hazard, risk: Risk, line: u32, allowed: Option<&'static str>) -> FoundHazard {
        let allowed = match allowed {
            Some(why) => Some(Cow::Borrowed(why)),
            None => None,
        };
        FoundHazard { hazard, risk, line, allowed }
    }

    pub const fn irreversible(why: Option<&'static str>) -> Down {
        Down::Irreversible(match why {
            Some(why) => Some(Cow::Borrowed(why)),
            None => None,
        })
    }

    pub const fn script(
        path: &'static str,
        sql: &'static str,
        checksum: [u8; 32],
        statements: &'static [Span],
        execution: Execution,
    ) -> Script {
        Script {
            path: Cow::Borrowed(path),
            sql: Cow::Borrowed(sql),
            checksum: Checksum::from_bytes(checksum),
            statements: Cow::Borrowed(statements),
            execution,
        }
    }

    pub const fn execution(
        transaction: bool,
        lock_timeout_ms: Option<u64>,
        statement_timeout_ms: Option<u64>,
        foreign_keys_off: bool,
        changes_session: bool,
    ) -> Execution {
        Execution {
            transaction,
            lock_timeout: duration(lock_timeout_ms),
            statement_timeout: duration(statement_timeout_ms),
            foreign_keys_off,
            changes_session,
        }
    }

    const fn duration(ms: Option<u64>) -> Option<Duration> {
        match ms {
            Some(ms) => Some(Duration::from_millis(ms)),
            None => None,
        }
    }
}
