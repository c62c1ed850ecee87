//! What is wrong with a migrations folder, and where.
//!
//! A [`Diagnostic`] is a [`Problem`] with its file and its place in the file. [`embed_migrations!`](crate::embed_migrations)
//! makes each of them a compile error; [`lock_file::write`](crate::lock_file::write) returns all of them as
//! [`Diagnostics`].
//!
//! [`Problem::code`] is the name of a problem for programs: `docs/problems.md` lists all of them.

pub use migrate_core::{
    Diagnostic, Diagnostics, Form, FoundHazard, Hazard, InvalidChecksum, InvalidFileName, InvalidVersion,
    Position, Problem, Quote, Severity, Span, Staleness,
};
pub use migrate_core::{
    DirectiveKey, DirectiveProblem, FileNameProblem, FilesProblem, FolderProblem, HazardProblem,
    LockFileProblem, PolicyProblem, RollbackProblem, ScriptProblem, TextProblem,
};
