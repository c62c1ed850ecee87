//! Benchmarks. Each figure comes with a limit from the same run: the time that the bare client needs for the same work.
//! On another machine, only the ratio of the two is meaningful.
//!
//! `cargo bench -p migrate-benches`
//!
//! `cargo run` in `benches/peers` compares a migrated database for a test with `#[sqlx::test]`. It is a separate package,
//! because only one line of SQLite can be linked. With 100 migrations, one test after another, on two cores that others used
//! as well, a test took 35 ms with `#[migrate::test]` (26 to 43) and 158 ms with sqlx 0.9 (154 to 195), 4.5 times as much.
//! In the bench `databases` a test had its client after 13.1 ms (12.7 to 13.5). In the same run, a bare copy and a
//! connection to it took 12.7 ms (11.9 to 13.6): the ratio is 1.03.
//!
//! The bench `rebuild` measures what 1,000 migrations with rollbacks add to a rebuild in the dev profile, on two cores. An
//! application without them takes 0.23 s. They add 0.15 s if all are locked, 0.29 s if none is and all are analysed, and
//! 0.33 s after an edit of one of those.
//!
//! The bench `schema` measures what keeping the schema adds to a run of five migrations on PostgreSQL. With 5,000 tables, it
//! is 1.7 times the time for reading the schema once.
//!
//! The bench `blocked` measures how long twenty readers of a table wait while a migration alters it and a session with an open
//! transaction is in the way for 30 s: 17 % of their time, where the same ALTER TABLE in psql makes it 100 %. Of that, 3 % are
//! the queries themselves.

mod scripts;

use std::path::Path;

use migrate::MigrationSet;
use tempfile::TempDir;

/// The number of migrations in a set.
pub const SIZES: [usize; 2] = [100, 1000];

/// A folder of `count` migrations of five kinds, in SQL that both engines read alike.
///
/// # Panics
///
/// If the temporary folder cannot be written.
pub fn folder(count: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    scripts::write(folder.path(), count).expect("files in it");
    folder
}

/// The set of a folder.
///
/// # Panics
///
/// If the folder holds no set.
pub fn set(folder: &Path) -> MigrationSet {
    MigrationSet::read(folder).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}
