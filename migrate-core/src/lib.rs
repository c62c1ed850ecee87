//! The pure half of `migrate`: file names, directives, checksums, statements, the plan.
//!
//! It does no I/O but reading a directory, and knows no clock, no database client and no async. Applications
//! use the `migrate` crate, which re-exports what they need.

mod checksum;
mod config;
mod diagnostic;
mod dialect;
mod directive;
mod file_name;
mod fragment;
mod history;
mod migration;
mod plan;
mod position;
mod problem;
mod query;
mod source;
mod statement;
mod status;
mod token;
mod version;

pub use checksum::{Checksum, InvalidChecksum};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use dialect::{ConcurrentIndex, Dialect, Engine};
pub use directive::{OlderBinaries, Risk};
pub use file_name::{Form, InvalidFileName};
pub use fragment::{InvalidFragment, placeholders};
pub use history::{
    AppliedMigration, AppliedState, HISTORY_FORMAT, HistoryTable, Proof, RecordedDown, Runner,
};
pub use migration::{Down, Execution, Migration, MigrationSet, Script, embedded};
pub use plan::{Action, OutOfOrder, Plan, Policy, Refusal, Refused, Step, Target, Transactions, plan};
pub use position::Position;
pub use problem::{MAX_SCRIPT_BYTES, Problem};
pub use query::{Query, Value};
pub use source::{Overrides, Source, SourceFile};
pub use statement::Span;
pub use status::{MigrationState, MigrationStatus, SetState, Status, status};
pub use token::Quote;
pub use version::{InvalidVersion, Version};
