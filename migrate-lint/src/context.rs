use migrate_core::{Engine, Project};

use crate::schema::Schema;
use crate::sql::{Name, Statement};

/// What a rule may know when it looks at a statement.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) engine: Engine,
    /// The statement. One inside a `DO` block is looked at like any other.
    pub(crate) statement: &'a Statement,
    /// The schema before the statement.
    pub(crate) schema: &'a Schema,
    /// All statements of the script, and which of them this is or stands in.
    pub(crate) script: &'a [Statement],
    pub(crate) index: usize,
    /// Whether the script runs in a transaction.
    pub(crate) transaction: bool,
    pub(crate) project: &'a Project,
}

impl Context<'_> {
    /// Whether a table was there before this migration: what it does to a new one, nobody waits for. A table that the
    /// folder never created is one of those.
    pub(crate) fn is_old(&self, table: &Name) -> bool {
        !self.schema.is_new(table)
    }

    /// The oldest server on which the migrations run: 14 unless the project says more, the oldest that is maintained.
    pub(crate) fn server(&self) -> u32 {
        self.project.postgres.unwrap_or(14)
    }
}
