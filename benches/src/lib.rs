//! Benchmarks. Each figure stands beside the limit of the same run: what the bare client needs for the same work.
//! Only the ratio of the two means anything on another machine.
//!
//! `cargo bench -p migrate-benches`

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
