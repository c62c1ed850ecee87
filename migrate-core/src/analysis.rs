//! What is asked about the scripts of a folder before there is a set, and what an answer says.
//!
//! The core asks and knows no SQL parser: `Source::check` takes the function that answers, which is
//! `migrate_lint::analyse`. Both halves know these values and nothing else of each other.

use std::collections::BTreeSet;

use crate::{Dialect, Finding, Migration, Span};

/// What analyses the migrations of a folder, in order: one answer for each.
pub type Analyse = fn(&Unanalysed<'_>) -> Vec<Findings>;

/// Migrations that have not been analysed yet.
#[derive(Clone, Debug)]
pub struct Unanalysed<'a> {
    /// The SQL that they are written in.
    pub dialect: Dialect,
    /// What the folder says about the databases.
    pub project: Project,
    /// The migrations, in the order of their versions, and what to find out about each.
    pub migrations: Vec<Question<'a>>,
}

/// A migration, and what to find out about it.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// How far to analyse it.
    pub depth: Depth,
    /// Which of its statements need not parse.
    pub unparsed: Unparsed,
}

/// The statements of a migration that need not parse, because `-- migrate: unparsed` is above them. Each is the number of
/// statements before it in its script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unparsed {
    /// Those of the script that applies it.
    pub up: BTreeSet<usize>,
    /// Those of its rollback script.
    pub down: BTreeSet<usize>,
    /// Those of its verify script.
    pub verify: BTreeSet<usize>,
}

/// What to find out about a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What it makes of the schema, for those after it: its hazards are in the lock file.
    Schema,
    /// The hazards of its scripts.
    Hazards,
    /// The hazards of its scripts, and what its rollback does not bring back.
    HazardsAndRollback,
}

/// What the project declares about its databases, in `migrate.toml` and `prepare.sql`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The oldest PostgreSQL that the migrations run on, `postgres = 15`.
    pub postgres: Option<u32>,
    /// The column with the tenant of a row, `tenant = "business_id"`.
    pub tenant: Option<String>,
    /// The column that marks a row as deleted, `deleted = "deleted_at"`.
    pub deleted: Option<String>,
    /// Tables that belong to no tenant, `global = ["currencies"]`.
    pub global: BTreeSet<String>,
    /// The text of `prepare.sql`, which makes what is there before the first migration.
    pub prepare: Option<String>,
}

/// What was found in a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// In the script that applies it.
    pub up: ScriptFindings,
    /// In its rollback script.
    pub down: ScriptFindings,
    /// In the script that checks that it is in place.
    pub verify: ScriptFindings,
}

/// What was found in a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptFindings {
    /// What does not parse, in the order of the places.
    pub errors: Vec<SyntaxError>,
    /// Which of the statements that need not parse have a syntax error, which is not among the errors.
    pub unparsed: BTreeSet<usize>,
    /// The hazards.
    pub hazards: Vec<Finding>,
}

/// A syntax error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The token that does not fit, or the end of the script.
    pub span: Span,
    /// The message, such as ``syntax error near `PRIMRY` ``.
    pub message: String,
    /// The change that would make the statement correct, such as ``did you mean `PRIMARY` instead of `PRIMRY`?``.
    pub hint: Option<String>,
}
