//! A whole script and the schema after it, for the rules in `rules/project`.
//!
//! `CREATE TABLE orders (…, customer bigint REFERENCES customers); CREATE INDEX ON orders (customer)`: after the
//! first statement the foreign key has no index; at the end of the script it has one.

use migrate_core::{Engine, Project};

use crate::schema::Schema;
use crate::sql::Statement;

/// A script and the schema that it leaves.
#[derive(Clone, Copy)]
pub(crate) struct WholeScript<'a> {
    pub(crate) engine: Engine,
    pub(crate) project: &'a Project,
    pub(crate) script: &'a [Statement],
    /// The schema after the script.
    pub(crate) schema: &'a Schema,
}

impl<'a> WholeScript<'a> {
    /// All statements, including those in blocks, in their order.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &'a Statement> + use<'a> {
        self.script.iter().flat_map(Statement::with_inner)
    }
}
