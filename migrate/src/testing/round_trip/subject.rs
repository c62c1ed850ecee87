//! What a round trip needs of a database, on either engine.
//!
//! What comes in are verbs, "up to this version", "down once"; what goes out are reports, fingerprints and numbers of
//! rows. The walk is written once over this trait.

use std::collections::BTreeMap;

use migrate_core::{Engine, Fingerprint, MigrationSet, Version};

use crate::error::Error;
use crate::report::Report;
use crate::testing::contents::BoxError;

/// A database that makes the round trip.
pub(super) trait Subject {
    const ENGINE: Engine;

    /// Replaces itself by an empty database.
    async fn renew(&mut self) -> Result<(), BoxError>;

    /// Applies the pending migrations up to a version, or all.
    async fn up(&mut self, set: &MigrationSet, to: Option<Version>) -> Result<Report, Error>;

    /// Rolls the last migration back.
    async fn down(&mut self, set: &MigrationSet) -> Result<Report, Error>;

    /// The whole schema.
    async fn fingerprint(&mut self, set: &MigrationSet) -> Result<Fingerprint, Error>;

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
