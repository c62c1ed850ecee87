//! Benchmarks. Each figure stands beside the limit of the same run: what the bare client needs for the same work.
//! Only the ratio of the two means anything on another machine.
//!
//! `cargo bench -p migrate-benches`
//!
//! What a migrated database for a test costs is compared with `#[sqlx::test]` by a package of its own, because only one
//! line of SQLite can be linked: `cargo run` in `benches/peers`. With 100 migrations, one test after another on two cores
//! that others used as well: 35 ms with `#[migrate::test]` (26 to 43), 158 ms with sqlx 0.9 (154 to 195), 4.5 times as much.
//! The bench `databases` measured 13.1 ms until a test has its client (12.7 to 13.5), in a run in which a bare copy and a
//! connection to it took 12.7 ms (11.9 to 13.6): 1.03 times as much.
//!
//! What 1,000 migrations with rollbacks add to a rebuild in the dev profile, on two cores, by the bench `rebuild`: 0.15 s
//! over an application without them (0.23 s) where all are locked, 0.29 s where none is and all are judged, 0.33 s after
//! an edit of one of those.
//!
//! What keeping the schema adds to a run of five migrations on PostgreSQL, by the bench `schema`: 1.7 times what reading it
//! once takes, with 5,000 tables there.

mod scripts;

use std::path::Path;

use migrate::MigrationSet;
use tempfile::TempDir;

/// How many migrations a set has.
pub const SIZES: [usize; 2] = [100, 1000];

/// A folder of `count` migrations of five kinds, in SQL that both engines read alike.
///
/// # Panics
///
/// When the temporary folder cannot be written.
pub fn folder(count: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    scripts::write(folder.path(), count).expect("files in it");
    folder
}

/// The set of a folder.
///
/// # Panics
///
/// When the folder holds no set.
pub fn set(folder: &Path) -> MigrationSet {
    MigrationSet::read(folder).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}
