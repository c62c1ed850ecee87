//! The migrations that are measured. The comparison with other libraries, a package of its own, includes this file.

use std::fs;
use std::io;
use std::path::Path;

/// Writes `count` migrations of five kinds, in SQL that both engines read alike.
pub(crate) fn write(folder: &Path, count: usize) -> io::Result<()> {
    fs::write(
        folder.join("migrate.toml"),
        "dialect = 'any'\n[hazards]\nhigh = 'allow'\ncontrolled = 'allow'\n",
    )?;
    for n in 0..count {
        let (up, down) = scripts(n);
        fs::write(folder.join(format!("{}_step.up.sql", n + 1)), up)?;
        fs::write(folder.join(format!("{}_step.down.sql", n + 1)), down)?;
    }
    Ok(())
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
