//! What a round trip needs of a database, on either engine.
//!
//! What comes in are verbs, "up to this version", "down once"; what goes out are reports, fingerprints and numbers of
//! rows. The walk is written once over this trait.

use std::collections::BTreeMap;

use migrate_core::{Engine, Fingerprint, MigrationSet, Target, Version};

use crate::database::Database;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::report::Report;
use crate::testing::contents::BoxError;

/// A database that makes the round trip.
pub(super) trait Subject {
    const ENGINE: Engine;

    /// The database as the verbs of a migrator take it.
    type Database<'a>: Database
    where
        Self: 'a;

    /// Replaces itself by an empty database.
    async fn renew(&mut self) -> Result<(), BoxError>;

    /// The database, for the verbs of a migrator.
    fn database(&mut self) -> Self::Database<'_>;

    /// The answer of a verb. On SQLite it is there at once.
    async fn answer<'a, T: Send + 'a>(
        answer: <Self::Database<'a> as Database>::Answer<'a, T>,
    ) -> Result<T, Error>
    where
        Self: 'a;

    /// Applies the pending migrations up to a version, or all. It keeps no schema: that would be compared with
    /// nothing.
    async fn up(&mut self, set: &MigrationSet, to: Option<Version>) -> Result<Report, Error> {
        let target = to.map_or(Target::Latest, Target::UpTo);
        Self::answer(Migrator::new(set).keep_schema(false).run(self.database(), target)).await
    }

    /// Rolls the last migration back.
    async fn down(&mut self, set: &MigrationSet) -> Result<Report, Error> {
        Self::answer(Migrator::new(set).keep_schema(false).rollback(self.database(), 1)).await
    }

    /// The whole schema.
    async fn fingerprint(&mut self, set: &MigrationSet) -> Result<Fingerprint, Error> {
        Self::answer(Migrator::new(set).fingerprint(self.database())).await
    }

    /// Runs SQL that is not a migration, in a session of its own.
    async fn execute(&mut self, sql: &str) -> Result<(), BoxError>;

    /// The number of rows of each table, without those of the history.
    async fn rows(&mut self) -> Result<BTreeMap<String, u64>, BoxError>;
}

/// One query that counts the rows of all tables, or `None` if there are none. The names are quoted already.
pub(super) fn counting(tables: &[String]) -> Option<String> {
    let counts = tables.iter().map(|table| {
        let text = table.replace('\'', "''");
        format!("SELECT '{text}', count(*) FROM {table}")
    });
    let counts: Vec<String> = counts.collect();
    (!counts.is_empty()).then(|| counts.join(" UNION ALL "))
}
