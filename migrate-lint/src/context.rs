//! What a rule may know: the statement, what came before it, and what the project declares.
//!
//! A rule gets no more than this, so it is a pure function: for the same context it finds the same, at compile time,
//! in `cargo migrate lint`, and in its own tests.

use migrate_core::{Engine, Project};

use crate::schema::Schema;
use crate::sql::{Name, Statement};

/// What a rule may know when it looks at a statement.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) engine: Engine,
    /// The statement. One inside a `DO` block is analysed like any other.
    pub(crate) statement: &'a Statement,
    /// The schema before the statement.
    pub(crate) schema: &'a Schema,
    /// All statements of the script. The statement is the one at `index`, or is inside it.
    pub(crate) script: &'a [Statement],
    pub(crate) index: usize,
    /// Whether the script runs in a transaction.
    pub(crate) transaction: bool,
    pub(crate) project: &'a Project,
}

impl Context<'_> {
    /// Whether a table was there before this migration. A new table has no rows and no readers, so no lock and no loss
    /// on it harms anyone. A table that no migration created counts as old: it may have been made by hand.
    pub(crate) fn is_old(&self, table: &Name) -> bool {
        !self.schema.is_new(table)
    }

    /// Whether the statement is all that its script does: it shares its locks and its time with no other.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self.script, [only] if only.span == self.statement.span)
    }

    /// The oldest PostgreSQL that the migrations run on. If the project declares none it is 14, the oldest that is
    /// maintained.
    pub(crate) fn server(&self) -> u32 {
        self.project.postgres.unwrap_or(14)
    }
}
