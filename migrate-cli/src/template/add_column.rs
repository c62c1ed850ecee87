use super::{Identifier, Scripts};

/// The column may be NULL: one that may not needs a default, or rows that have it already.
pub(super) fn scripts(table: &Identifier, column: &Identifier, column_type: &str) -> Scripts {
    Scripts {
        up: format!("ALTER TABLE {table} ADD COLUMN {column} {column_type};\n"),
        down: format!("ALTER TABLE {table} DROP COLUMN {column};\n"),
    }
}
