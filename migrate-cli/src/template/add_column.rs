//! `--template add-column`.

use super::{Identifier, Scripts};

/// The column may be NULL. A column that must not be NULL needs a default, or existing rows would break the rule.
pub(super) fn scripts(table: &Identifier, column: &Identifier, column_type: &str) -> Scripts {
    Scripts {
        up: format!("ALTER TABLE {table} ADD COLUMN {column} {column_type};\n"),
        down: format!("ALTER TABLE {table} DROP COLUMN {column};\n"),
    }
}
