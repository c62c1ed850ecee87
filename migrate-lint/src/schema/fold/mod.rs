//! What each kind of statement changes in the schema: a file for each.
//!
//! All of them follow the server where it is surprising: the order in which an ALTER TABLE carries out its actions
//! (`alter_table`), the names that it makes up (`default_name`), what a partition gets from its parent
//! (`create_table`), what goes with a dropped column (`column`).

mod alter_table;
mod column;
mod constraint;
mod create_table;
mod drop;
mod index;
mod object;
mod rename;
mod rename_column;
mod setting;

use super::{Schema, View};
use crate::sql::{CreateView, Kind, Name, Statement};

impl Schema {
    /// Changes the schema as the statement does. A rule that asks what the statement means has to ask before; one that
    /// asks what it made, after.
    pub(crate) fn apply(&mut self, statement: &Statement) {
        match &statement.kind {
            Kind::CreateTable(create) => self.create_table(create),
            Kind::AlterTable(alter) => self.alter_table(alter),
            Kind::CreateIndex(create) => self.create_index(create),
            Kind::Drop(drop) => self.drop_objects(drop),
            Kind::CreateView(create) => self.create_view(create, &statement.reads),
            Kind::CreateTrigger(create) => self.create_trigger(create),
            Kind::CreatePolicy(create) => self.create_policy(create),
            Kind::AlterPolicy(alter) => self.alter_policy(alter),
            Kind::CreateFunction(create) => self.create_function(create),
            Kind::CreateType(create) => self.create_type(create),
            Kind::AlterType(alter) => self.alter_type(alter),
            Kind::CreateDomain(create) => self.create_domain(create),
            Kind::AlterDomain(alter) => self.alter_domain(alter),
            Kind::CreateSchema { name } => self.create_schema(name),
            Kind::CreateSequence { name, temporary } => self.create_sequence(name, *temporary),
            Kind::CreateExtension { name } => drop(self.extensions.insert(name.clone())),
            Kind::Rename { object, name, table, to } => {
                self.rename_object(*object, name, table.as_ref(), &to.name);
            }
            Kind::Move { object, name, schema: Some(schema) } => self.move_object(*object, name, schema),
            Kind::Set(setting) => self.set(setting),
            Kind::Pragma { name, value: Some(value) } => self.pragma(name, value),
            Kind::Do(block) => {
                // What a block drops may still be there.
                let gone = self.gone.clone();
                block.statements.iter().for_each(|statement| self.apply(statement));
                self.gone = gone;
            }
            _ => {}
        }
    }

    /// Adds a view. CREATE OR REPLACE keeps its age: running code knows the old one.
    fn create_view(&mut self, create: &CreateView, reads: &[Name]) {
        let name = self.relation_name(&create.name, create.temporary);
        let reads = reads.iter().map(|read| self.resolve(read)).filter(|read| self.relation_exists(read));
        let reads: Vec<Name> = reads.collect();
        let created_in = self.views.get(&name).map_or(self.current, |view| view.created_in);
        let view = View {
            name: name.clone(),
            materialized: create.materialized,
            security_invoker: create.security_invoker,
            reads,
            created_in,
        };
        self.views.insert(name, view);
    }
}
