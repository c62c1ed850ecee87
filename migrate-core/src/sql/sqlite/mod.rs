//! SQLite's grammar, by `sqlite3-parser`.

use super::Parsed;

pub(super) fn parse(_sql: &str) -> Parsed {
    Parsed::default()
}
