//! The pure half of `migrate`: file names, directives, checksums, statements, the plan.
//!
//! It does no I/O but reading a directory, and knows no clock, no database client and no async. Applications
//! use the `migrate` crate, which re-exports what they need.

mod analysis;
mod beginnings;
mod checksum;
mod closest;
mod config;
mod defaults;
mod diagnostic;
mod dialect;
mod directive;
mod directive_key;
mod duration;
mod embedded_bytes;
mod embedded_from;
mod engine;
mod file_name;
mod finding;
mod fingerprint;
mod foreign_marker;
mod hazard;
mod history;
mod ledger;
mod lock_file;
mod migration;
mod other_tool;
mod parallel;
mod plan;
mod position;
mod problem;
mod query;
mod raw_expression;
mod risk;
mod set;
mod source;
#[doc(hidden)]
pub mod statement;
mod status;
#[doc(hidden)]
pub mod token;
mod unseen;
mod version;
mod visible;

pub use analysis::{
    Analyse, Depth, Findings, Project, Question, ScriptFindings, SyntaxError, Unanalysed, Unparsed,
};
pub use checksum::{Checksum, InvalidChecksum};
#[doc(hidden)]
pub use closest::closest_of;
pub use defaults::Defaults;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use dialect::{Alone, ConcurrentIndex, Reindexed, ServerObject, ServerObjectKind};
pub use directive_key::DirectiveKey;
#[doc(hidden)]
pub use duration::duration;
#[doc(hidden)]
pub use embedded_bytes::{EmbeddedBytes, pack};
pub use embedded_from::EmbeddedFrom;
pub use engine::{Dialect, Engine};
pub use file_name::{Form, InvalidFileName};
pub use finding::Finding;
pub use fingerprint::{
    Change, ChangeKind, Difference, Dump, Fingerprint, Object, ObjectId, ObjectKind, Selection, Undo,
};
pub use hazard::{FoundHazard, Hazard};
pub use history::{AppliedMigration, AppliedState, Begun, Direction, Drift, KeptSchema, RecordedDown};
pub use ledger::{
    AnyHistory, HISTORY_FORMAT, HistoryTable, Neighbours, Proof, Runner, UNWRITTEN, UnreadableRow,
};
pub use lock_file::{LockChange, LockUpdate};
pub use migration::{Down, Execution, Migration, OlderBinaries, Script, Work};
pub use other_tool::OtherTool;
#[doc(hidden)]
pub use parallel::in_shares;
pub use plan::{Action, OutOfOrder, Plan, Policy, Refusal, Refused, Step, Target, Transactions, plan};
pub use position::Position;
pub use problem::{
    DirectiveProblem, FileNameProblem, FilesProblem, FolderProblem, HazardProblem, LockFileProblem,
    MAX_ENTRIES, MAX_SCRIPT_BYTES, PolicyProblem, Problem, RollbackProblem, ScriptProblem, TextProblem,
};
pub use query::{Query, Value};
pub use raw_expression::{
    InvalidRawExpression, RawExpressionFault, Surroundings, VisibleTable, raw_expression,
};
pub use risk::Risk;
pub use set::{MigrationSet, embedded};
pub use source::{
    Checked, NewMigration, Outline, Overrides, PREPARE_FILE, Renumbering, Source, SourceFile, Staleness,
};
pub use statement::Span;
pub use status::{MigrationState, MigrationStatus, SetState, Status, status};
pub use token::Quote;
pub use unseen::Unseen;
pub use version::{InvalidVersion, Version};
pub use visible::{Lines, OneLine, visible};
