//! What a run does, the same on every engine: each case is written once and mounted for all.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod accepted;
mod ahead;
mod altered;
mod divergence;
mod drift;
mod failure;
mod format;
mod loyalty;
mod no_transaction;
mod order;
mod other_tools;
mod poison;
mod recorded;
mod redo;
mod repair;
mod reset;
mod resolve;
mod rollback;
mod runners;
mod sets;
mod single;
mod stale;
mod status;
mod swallowed;
mod verify;

use migrate::{Migrator, Report, SetState, Target, Verification, Version};
use migrate_tests::{Folder, Sandbox};

/// A migrations folder in the dialect of the database.
fn folder<S: Sandbox>(_: &S) -> Folder {
    Folder::new(S::DIALECT)
}

/// The versions that a run worked on, in the order in which it did.
fn versions(report: &Report) -> Vec<i64> {
    report.migrations.iter().map(|migration| migration.version.as_i64()).collect()
}

fn numbers(versions: &[Version]) -> Vec<i64> {
    versions.iter().map(|version| version.as_i64()).collect()
}

fn strings(numbers: &[i64]) -> Vec<String> {
    numbers.iter().map(ToString::to_string).collect()
}

/// What a run reads of the history, and what a later rollback does.
const FACTS: &str =
    "SELECT set_name, version, name, checksum, chain, state, statements_done, down_script, down_checksum,
    down_transaction, older_binaries, format FROM migrate_history ORDER BY set_name, version";

/// The history reads as if a run had applied the whole set, nothing is to be done and nothing to be found. With
/// that the fast path holds too: it asks no more than the number of rows and the chain value of the last.
async fn assert_in_place<S: Sandbox>(db: &mut S, migrator: &Migrator<'_>) {
    let records = db.records().await;
    let mut fresh = S::create("fresh").await;
    fresh.migrate(migrator).await.unwrap();
    assert_eq!(db.rows(FACTS).await, fresh.rows(FACTS).await);
    assert_eq!(db.verify(migrator).await.unwrap(), Verification::default());
    assert_eq!(db.status(migrator).await.unwrap().state, SetState::UpToDate);
    assert!(db.migrate(migrator).await.unwrap().is_empty());
    assert_eq!(db.records().await, records);
}

/// A plan to each of these targets is a dry run: it writes nothing, whether it is refused or not.
async fn assert_dry(db: &mut impl Sandbox, migrator: &Migrator<'_>, targets: &[Target]) {
    let (records, schema) = (db.records().await, db.schema().await);
    for target in targets {
        let _ = db.plan(migrator, *target).await;
        assert_eq!(db.records().await, records, "{target:?}");
    }
    assert_eq!(db.schema().await, schema);
}
