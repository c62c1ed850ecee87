//! The SQL that reads and writes the history: every text of it, and nothing but texts.
//!
//! `history` knows the rows, `plan` which steps come next; this module makes of both the queries that a run sends.

mod kept_schema;
mod settings;
mod table;
mod written;

pub use table::{HISTORY_FORMAT, HistoryTable, Proof, Runner};
pub use written::UNWRITTEN;
