//! The SQL that reads and writes the history: every text of it, and nothing but texts.
//!
//! `history` knows the rows, `plan` which steps come next; this module makes of both the queries that a run sends.

mod bindings;
mod claim;
mod column;
mod create;
mod everywhere;
mod kept_schema;
mod read;
mod record;
mod settings;
mod table;
mod written;

pub use everywhere::AnyHistory;
pub use read::{Neighbours, Proof, UnreadableRow};
pub use table::{HISTORY_FORMAT, HistoryTable, Runner};
pub use written::UNWRITTEN;
