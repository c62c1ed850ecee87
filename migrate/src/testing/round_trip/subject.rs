use std::collections::BTreeMap;

use migrate_core::{Engine, Fingerprint, MigrationSet, Target, Version};

use crate::database::Database;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::report::Report;
use crate::testing::contents::BoxError;

/// A database that makes the trip.
pub(super) trait Subject {
    const ENGINE: Engine;

    type Database<'a>: Database
    where
        Self: 'a;

    /// Becomes an empty one.
    async fn renew(&mut self) -> Result<(), BoxError>;

    /// The database, for the verbs of a migrator.
    fn database(&mut self) -> Self::Database<'_>;

    /// What a verb came to.
    async fn answer<'a, T: Send + 'a>(
        answer: <Self::Database<'a> as Database>::Answer<'a, T>,
    ) -> Result<T, Error>
    where
        Self: 'a;

    /// Applies what is pending up to a version, or all.
    async fn up(&mut self, set: &MigrationSet, to: Option<Version>) -> Result<Report, Error> {
        let target = to.map_or(Target::Latest, Target::UpTo);
        Self::answer(Migrator::new(set).keep_schema(false).run(self.database(), target)).await
    }

    /// Rolls the last migration back.
    async fn down(&mut self, set: &MigrationSet) -> Result<Report, Error> {
        Self::answer(Migrator::new(set).keep_schema(false).rollback(self.database(), 1)).await
    }

    async fn fingerprint(&mut self, set: &MigrationSet) -> Result<Fingerprint, Error> {
        Self::answer(Migrator::new(set).fingerprint(self.database())).await
    }

    /// Runs SQL that is no migration, in a session of its own.
    async fn execute(&mut self, sql: &str) -> Result<(), BoxError>;

    /// How many rows each table has, but for those of the history.
    async fn rows(&mut self) -> Result<BTreeMap<String, u64>, BoxError>;
}

/// One query that counts the rows of all tables, or `None` when there are none. The names are quoted already.
pub(super) fn counting(tables: &[String]) -> Option<String> {
    let counts = tables.iter().map(|table| {
        let text = table.replace('\'', "''");
        format!("SELECT '{text}', count(*) FROM {table}")
    });
    let counts: Vec<String> = counts.collect();
    (!counts.is_empty()).then(|| counts.join(" UNION ALL "))
}
