//! The migrations of a folder as one value: embedded by the macro, or read at run time.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::{Checksum, Defaults, Dialect, EmbeddedFrom, Migration, Version};

/// All migrations of a folder, in order: what `embed_migrations!` bakes into the binary.
///
/// A value that exists has passed every check: names, order, one script for each part, and a way back or the directive
/// `irreversible`. Two sets are equal when they hold the same migrations under the same name, wherever
/// they were read from.
#[derive(Clone, Debug)]
pub struct MigrationSet {
    pub(crate) name: Cow<'static, str>,
    pub(crate) dialect: Dialect,
    pub(crate) root: Cow<'static, str>,
    pub(crate) migrations: Migrations,
    pub(crate) chain: Option<Checksum>,
    pub(crate) embedded_from: Option<EmbeddedFrom>,
    pub(crate) defaults: Defaults,
}

impl MigrationSet {
    /// The name of the set in the history table: `set` in `migrate.toml`, else `default`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The dialect of its SQL.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The migrations, in the order of their versions.
    pub fn migrations(&self) -> &[Migration] {
        self.migrations.list()
    }

    /// The number of migrations. Like the chain value and the newest version, it is known without unpacking them.
    pub(crate) fn count(&self) -> usize {
        self.migrations.count()
    }

    /// The migration of this version.
    pub fn get(&self, version: Version) -> Option<&Migration> {
        let migrations = self.migrations();
        migrations.binary_search_by_key(&version, |migration| migration.version).ok().map(|i| &migrations[i])
    }

    /// The newest version, or `None` for an empty set.
    pub fn latest(&self) -> Option<Version> {
        self.migrations.latest()
    }

    /// The chain value that the newest migration's history row has once all are applied. It is computed when the set is
    /// made, so that a start compares one value and computes nothing.
    pub fn chain(&self) -> Option<Checksum> {
        self.chain
    }

    /// A path inside the folder as the user would type it.
    pub fn display_path(&self, path: &str) -> String {
        if self.root.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.root.trim_end_matches('/'))
        }
    }

    /// The set, with this folder and these files recorded as its source.
    #[doc(hidden)]
    #[must_use]
    pub fn embedded_from(self, embedded_from: EmbeddedFrom) -> MigrationSet {
        MigrationSet { embedded_from: Some(embedded_from), ..self }
    }

    /// What `migrate.toml` says about the databases of the set.
    #[doc(hidden)]
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// The path of the folder when the set was embedded. Only a build with debug assertions knows it.
    pub fn folder(&self) -> Option<&Path> {
        self.embedded_from.map(|embedded_from| Path::new(embedded_from.folder))
    }
}

impl PartialEq for MigrationSet {
    fn eq(&self, other: &MigrationSet) -> bool {
        (&self.name, self.dialect, self.migrations()) == (&other.name, other.dialect, other.migrations())
    }
}

impl Eq for MigrationSet {}

/// The migrations of a set.
#[derive(Clone)]
pub(crate) enum Migrations {
    Read(Vec<Migration>),
    Embedded(Embedded),
}

/// All that a start with nothing to do reads. The migrations themselves stay packed.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    count: usize,
    latest: Option<Version>,
    /// A function, because a set must be a constant; its copies then share one unpacked list.
    list: fn() -> &'static [Migration],
}

impl Migrations {
    fn list(&self) -> &[Migration] {
        match self {
            Migrations::Read(migrations) => migrations,
            Migrations::Embedded(embedded) => (embedded.list)(),
        }
    }

    fn count(&self) -> usize {
        match self {
            Migrations::Read(migrations) => migrations.len(),
            Migrations::Embedded(embedded) => embedded.count,
        }
    }

    fn latest(&self) -> Option<Version> {
        match self {
            Migrations::Read(migrations) => migrations.last().map(|migration| migration.version),
            Migrations::Embedded(embedded) => embedded.latest,
        }
    }
}

impl From<Vec<Migration>> for Migrations {
    fn from(migrations: Vec<Migration>) -> Migrations {
        Migrations::Read(migrations)
    }
}

impl fmt::Debug for Migrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}

/// What `embed_migrations!` expands to: constructors that run at compile time. No public interface.
#[doc(hidden)]
pub mod embedded {
    use super::*;

    pub const fn set(
        name: &'static str,
        dialect: Dialect,
        root: &'static str,
        migrations: Embedded,
        chain: Option<Checksum>,
        embedded_from: Option<EmbeddedFrom>,
        defaults: Defaults,
    ) -> MigrationSet {
        MigrationSet {
            name: Cow::Borrowed(name),
            dialect,
            root: Cow::Borrowed(root),
            migrations: Migrations::Embedded(migrations),
            chain,
            embedded_from,
            defaults,
        }
    }

    /// The times are in milliseconds.
    pub const fn defaults(
        [history_schema, history_prefix]: [Option<&'static str>; 2],
        [lock_timeout, lock_deadline, statement_timeout]: [Option<u64>; 3],
        [drift_schemas, drift_ignore]: [&'static str; 2],
    ) -> Defaults {
        Defaults {
            history_schema: text(history_schema),
            history_prefix: text(history_prefix),
            lock_timeout: time(lock_timeout),
            lock_deadline: time(lock_deadline),
            statement_timeout: time(statement_timeout),
            drift_schemas: Cow::Borrowed(drift_schemas),
            drift_ignore: Cow::Borrowed(drift_ignore),
        }
    }

    const fn text(text: Option<&'static str>) -> Option<Cow<'static, str>> {
        match text {
            Some(text) => Some(Cow::Borrowed(text)),
            None => None,
        }
    }

    const fn time(milliseconds: Option<u64>) -> Option<Duration> {
        match milliseconds {
            Some(milliseconds) => Some(Duration::from_millis(milliseconds)),
            None => None,
        }
    }

    pub const fn migrations(count: usize, latest: u64, list: fn() -> &'static [Migration]) -> Embedded {
        Embedded { count, latest: Version::new(latest), list }
    }

    pub const NO_MIGRATIONS: Embedded = Embedded { count: 0, latest: None, list: || &[] };

    pub const fn embedded_from(folder: &'static str, files: &'static str) -> EmbeddedFrom {
        EmbeddedFrom { folder, files }
    }
}
