//! What a run does, the same on every engine: each case is written once and mounted for all.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod ahead;
mod divergence;
mod failure;
mod loyalty;
mod no_transaction;
mod order;
mod poison;
mod rollback;
mod runners;
mod sets;
mod single;
mod status;

use migrate::{Report, Version};
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
