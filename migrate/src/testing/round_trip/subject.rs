use std::collections::BTreeMap;

use migrate_core::{Engine, Fingerprint, MigrationSet, Version};

use crate::error::Error;
use crate::report::Report;
use crate::testing::contents::BoxError;

/// A database that makes the trip.
pub(super) trait Subject {
    const ENGINE: Engine;

    /// Becomes an empty one.
    async fn renew(&mut self) -> Result<(), BoxError>;

    /// Applies what is pending up to a version, or all.
    async fn up(&mut self, set: &MigrationSet, to: Option<Version>) -> Result<Report, Error>;

    /// Rolls the last migration back.
    async fn down(&mut self, set: &MigrationSet) -> Result<Report, Error>;

    async fn fingerprint(&mut self, set: &MigrationSet) -> Result<Fingerprint, Error>;

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
