//! Benchmarks. Each figure stands beside the limit of the same run: what the bare client needs for the same work.
//! Only the ratio of the two means anything on another machine.
//!
//! `cargo bench -p migrate-benches`

use std::fs;
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
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file in it");
    write("migrate.toml", "dialect = 'any'");
    for n in 0..count {
        let (up, down) = scripts(n);
        write(&format!("{}_step.up.sql", n + 1), &up);
        write(&format!("{}_step.down.sql", n + 1), &down);
    }
    folder
}

fn scripts(n: usize) -> (String, String) {
    let table = n - n % 5;
    match n % 5 {
        0 => (
            format!(
                "CREATE TABLE t{table} (id bigint PRIMARY KEY, business_id bigint NOT NULL, a text, b text, c text, d text);\n\
                 CREATE INDEX i{table} ON t{table} (business_id);\n"
            ),
            format!("DROP TABLE t{table};\n"),
        ),
        1 => add_column(table, "e"),
        2 => (format!("CREATE INDEX j{table} ON t{table} (a);\n"), format!("DROP INDEX j{table};\n")),
        3 => (
            format!("INSERT INTO t{table} (id, business_id) VALUES (1, 1), (2, 1), (3, 2);\n"),
            format!("DELETE FROM t{table};\n"),
        ),
        _ => add_column(table, "f"),
    }
}

fn add_column(table: usize, column: &str) -> (String, String) {
    (
        format!("ALTER TABLE t{table} ADD COLUMN {column} text;\n"),
        format!("ALTER TABLE t{table} DROP COLUMN {column};\n"),
    )
}

/// The set of a folder.
///
/// # Panics
///
/// When the folder holds no set.
pub fn set(folder: &Path) -> MigrationSet {
    MigrationSet::read(folder).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}
