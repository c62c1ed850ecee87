//! What SQLite's rules say about a statement, from its words: `VACUUM` refuses a transaction, and a pragma may do nothing
//! inside one.

use crate::statement::Words;

/// Whether SQLite refuses the statement inside a transaction.
pub(crate) fn refuses_transaction(words: &Words) -> bool {
    matches!(words.get(0), "VACUUM" | "ATTACH" | "DETACH")
        || (words.starts_with(&["PRAGMA"]) && words.contain("JOURNAL_MODE"))
}

/// Whether the statement is a pragma: some of them do nothing inside a transaction.
pub(crate) fn is_pragma(words: &Words) -> bool {
    words.get(0) == "PRAGMA"
}

/// Whether the statement begins or ends a transaction. Savepoints are the script's own affair.
pub(crate) fn controls_transaction(words: &Words) -> bool {
    match words.get(0) {
        "BEGIN" | "COMMIT" | "END" => true,
        "ROLLBACK" => !words.contain("TO"),
        _ => false,
    }
}

/// Whether the statement asks for a table rebuild without foreign keys, as Prisma writes it. Inside a
/// transaction this pragma does nothing (<https://sqlite.org/pragma.html#pragma_foreign_keys>), so the run
/// does it outside.
pub(crate) fn turns_foreign_keys_off(words: &Words, statement: &str) -> bool {
    let value = statement.rsplit(['=', '(']).next().unwrap_or_default();
    let value = value.trim_end_matches(')').trim().trim_matches(['\'', '"', '`']).to_ascii_lowercase();
    words.starts_with(&["PRAGMA", "FOREIGN_KEYS"]) && matches!(value.as_str(), "off" | "0" | "false" | "no")
}

/// Whether a statement has words that only SQLite understands.
pub(crate) fn is_only_here(words: &Words) -> bool {
    words.get(0) == "PRAGMA"
        || words.contain("AUTOINCREMENT")
        || words.pairs().any(|pair| pair == ("WITHOUT", "ROWID"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Engine, statement::scan};

    fn words(sql: &str) -> Words {
        scan(sql, Engine::Sqlite).statements.remove(0).words
    }

    #[test]
    fn what_turns_foreign_keys_off() {
        for sql in [
            "PRAGMA foreign_keys=OFF",
            "pragma Foreign_Keys = 0",
            "PRAGMA foreign_keys(false)",
            "PRAGMA foreign_keys='Off'",
        ] {
            assert!(turns_foreign_keys_off(&words(sql), sql), "{sql}");
        }
        for sql in ["PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "PRAGMA defer_foreign_keys=OFF"] {
            assert!(!turns_foreign_keys_off(&words(sql), sql), "{sql}");
        }
    }

    #[test]
    fn what_refuses_or_controls_a_transaction() {
        assert!(refuses_transaction(&words("VACUUM")));
        assert!(refuses_transaction(&words("PRAGMA journal_mode = WAL")));
        assert!(!refuses_transaction(&words("PRAGMA user_version = 3")));
        assert!(controls_transaction(&words("BEGIN IMMEDIATE")));
        assert!(controls_transaction(&words("ROLLBACK")));
        assert!(!controls_transaction(&words("ROLLBACK TO a")));
    }
}
