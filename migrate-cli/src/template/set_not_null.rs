//! `--template set-not-null`: a column that must not be NULL from now on, in three migrations, so that no one waits while the
//! rows are read. The page `set-not-null` explains the steps.

use super::{Identifier, Part, Scripts};

const ALLOW_CHECK: &str =
    "-- migrate: allow new-write-limit \"the code that runs writes the column in every row\"\n";
const ALLOW_SET: &str = "-- migrate: allow set-not-null \"a validated CHECK proves it\"\n";

/// A CHECK for new rows, the check of the old ones, and NOT NULL itself, which the CHECK proves.
pub(super) fn parts(name: &str, table: &Identifier, column: &Identifier) -> Vec<Part> {
    let check = table.derived(std::slice::from_ref(column), "set");
    let add = format!("ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID;\n");
    let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {check};\n");
    let validate = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check};\n");
    let set = format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\n");
    let unset = format!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;\n");
    let part = |end: &str, up: String, down: String| Part {
        name: format!("{name}{end}"),
        scripts: Scripts { up, down },
    };
    vec![
        part("_check", format!("{ALLOW_CHECK}{add}"), drop.clone()),
        part("_validate", format!("{}{validate}", super::validate::ALLOW), super::validate::DOWN.to_owned()),
        // Without a transaction, so that no lock is held while the rows are read again.
        part(
            "",
            format!("{ALLOW_SET}{set}{drop}"),
            format!("-- migrate: no-transaction\n{add}{validate}{unset}"),
        ),
    ]
}
