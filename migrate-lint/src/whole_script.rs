use migrate_core::{Engine, Project};

use crate::schema::Schema;
use crate::sql::Statement;

/// A script and what it leaves, for the rules that look at all of it: what one statement lacks, a later one may bring.
#[derive(Clone, Copy)]
pub(crate) struct WholeScript<'a> {
    pub(crate) engine: Engine,
    pub(crate) project: &'a Project,
    pub(crate) script: &'a [Statement],
    /// The schema after the script.
    pub(crate) schema: &'a Schema,
}

impl<'a> WholeScript<'a> {
    /// The statements, those in blocks among them.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &'a Statement> + use<'a> {
        let mut waiting: Vec<&Statement> = self.script.iter().rev().collect();
        std::iter::from_fn(move || {
            let statement = waiting.pop()?;
            waiting.extend(statement.inner().iter().rev());
            Some(statement)
        })
    }
}
