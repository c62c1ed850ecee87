//! Writes that fail when the table does not hold afterwards what they were sent.
//!
//! A trigger, a rule or row-level security can swallow a row or change it, and the database says that all is well. On
//! PostgreSQL the COMMIT is sent before any answer is read, so there the statement itself has to fail: by the logarithm of
//! zero, because a division by zero says that the history is not what the plan saw. On SQLite nothing is sent ahead, no
//! trigger changes a row before it is written, and the driver counts the rows.

use super::HistoryTable;
use crate::Engine;
use crate::query::Query;

/// What fails, and how PostgreSQL says so: the first table that a query writes did not take its row, or the second.
pub const UNWRITTEN: [&str; 2] = ["2201E", "2201F"];

impl HistoryTable {
    /// A write of one row, which then reads as `holds` says; the value of `answer` in it, or nothing.
    pub(super) fn one_row(&self, write: Query, holds: &str, answer: Option<&str>) -> Query {
        let sql = match (self.engine, answer) {
            (Engine::Postgres, answer) => format!(
                "WITH written AS ({} RETURNING *) SELECT {}{} FROM written WHERE {holds}",
                write.sql,
                fails_unless(&["count(*) = 1"]),
                answer.map_or(String::new(), |answer| format!(" + max({answer})"))
            ),
            (Engine::Sqlite, Some(answer)) => format!("{} RETURNING {answer}", write.sql),
            (Engine::Sqlite, None) => write.sql,
        };
        Query { sql, ..write }
    }
}

/// Zero, or an error of the first kind of [`UNWRITTEN`].
pub(super) fn fails_unless(conditions: &[&str]) -> String {
    format!("CAST(ln(CASE WHEN {} THEN 1 ELSE 0 END) AS bigint)", conditions.join(" AND "))
}

/// Zero, or an error of the second kind.
pub(super) fn fails_otherwise_unless(condition: &str) -> String {
    format!("CAST(sqrt(CASE WHEN {condition} THEN 0 ELSE -1 END) AS bigint)")
}
