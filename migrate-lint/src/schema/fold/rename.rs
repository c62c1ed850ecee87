//! RENAME TO and SET SCHEMA: an object gets another name everywhere.
//!
//! `ALTER TABLE t RENAME TO u` changes the table, the `table` of its indexes, the foreign keys of others that refer
//! to it, and what views read. On SQLite that depends on two settings, which [`Renaming`] keeps.
//!
//! Why is everything searched and not just the one object? Renaming is rare, and a name that is left somewhere would
//! be a wrong answer later.
//!
//! [`Renaming`]: super::super::Renaming

use std::collections::BTreeMap;
use std::mem::take;

use super::super::default_name::kept;
use super::super::{Schema, Table, TableConstraintKind};
use crate::sql::{Name, ObjectKind};

impl Schema {
    /// RENAME TO of a relation. The constraint of an index is renamed with it.
    pub(super) fn rename_to(&mut self, name: &Name, to: &str) {
        let to = Name { schema: name.schema.clone(), name: kept(to, self.engine) };
        if let Some(index) = self.indexes.get(name)
            && index.from_constraint
            && let Some(table) = self.tables.get_mut(&index.table)
        {
            let constraints = table.constraints.iter_mut();
            for constraint in constraints.filter(|known| known.name.as_ref() == Some(&name.name)) {
                constraint.name = Some(to.name.clone());
            }
            self.lookup.add_constraint(&to.name);
        }
        self.rename_relation(name, &to);
    }

    /// Changes the name of a relation wherever it occurs.
    pub(super) fn rename_relation(&mut self, from: &Name, to: &Name) {
        if from != to && self.relation_exists(from) {
            self.gone.insert(from.clone());
            self.rename_relations(|name| {
                if name == from {
                    *name = to.clone();
                }
            });
        }
    }

    /// SET SCHEMA of a relation. Its indexes and owned sequences move with it.
    pub(super) fn move_relation(&mut self, name: &Name, schema: &str) {
        let indexes = self.indexes.values().filter(|index| index.table == *name).map(|index| &index.name);
        let owned = self
            .sequences
            .values()
            .filter(|sequence| sequence.owner.as_ref().is_some_and(|(owner, _)| owner == name));
        let mut moved: Vec<Name> = indexes.chain(owned.map(|sequence| &sequence.name)).cloned().collect();
        moved.push(name.clone());
        self.gone.extend(moved.iter().cloned());
        self.rename_relations(|name| {
            if moved.contains(name) {
                name.schema = Some(schema.to_owned());
            }
        });
    }

    /// Renames a constraint, and its index if it has one.
    pub(super) fn rename_constraint(&mut self, table: &Name, from: &str, to: &str) {
        let Some(known) = self.tables.get_mut(table) else { return };
        let constraints = known.constraints.iter_mut();
        for constraint in constraints.filter(|constraint| constraint.name.as_deref() == Some(from)) {
            constraint.name = Some(to.to_owned());
        }
        self.lookup.add_constraint(to);
        let index = Name { schema: table.schema.clone(), name: from.to_owned() };
        if self.indexes.get(&index).is_some_and(|index| index.from_constraint && index.table == *table) {
            self.rename_relation(&index, &Name { schema: table.schema.clone(), name: to.to_owned() });
        }
    }

    /// RENAME TO of an object that is not a relation.
    pub(super) fn rename_object(&mut self, object: ObjectKind, name: &Name, table: Option<&Name>, to: &str) {
        let to = &kept(to, self.engine);
        match object {
            ObjectKind::Schema => self.rename_schema(&name.name, to),
            ObjectKind::Trigger | ObjectKind::Policy => {
                let table = table.map(|table| self.resolve(table));
                if let Some(table) = table.and_then(|table| self.tables.get_mut(&table)) {
                    table.rename_part(object, &name.name, to);
                }
            }
            _ => self.rename_in_schema(object, name, |name| name.name.clone_from(to)),
        }
    }

    /// SET SCHEMA of an object that is not a relation.
    pub(super) fn move_object(&mut self, object: ObjectKind, name: &Name, schema: &str) {
        self.rename_in_schema(object, name, |name| name.schema = Some(schema.to_owned()));
    }

    /// Changes the name of a type or function.
    fn rename_in_schema(&mut self, object: ObjectKind, name: &Name, change: impl Fn(&mut Name)) {
        match object {
            ObjectKind::Type | ObjectKind::Domain => {
                let Some(from) = self.resolve_type_name(name) else { return };
                self.rename_types(|name| {
                    if *name == from {
                        change(name);
                    }
                });
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => {
                let Some(from) = self.resolve_function_name(name) else { return };
                self.rename_functions(|name| {
                    if *name == from {
                        change(name);
                    }
                });
            }
            _ => {}
        }
    }

    /// Renames a schema: the name of every object in it changes.
    fn rename_schema(&mut self, from: &str, to: &str) {
        let rename = |name: &mut Name| {
            if name.schema.as_deref() == Some(from) {
                name.schema = Some(to.to_owned());
            }
        };
        if self.schemas.remove(from) {
            self.schemas.insert(to.to_owned());
        }
        self.rename_relations(rename);
        self.rename_types(rename);
        self.rename_functions(rename);
    }

    /// Applies a change to every name of a relation in the schema.
    fn rename_relations(&mut self, rename: impl Fn(&mut Name)) {
        self.lookup.rename_relations(&rename);
        let renaming = self.renaming;
        for table in self.tables.values_mut() {
            rename(&mut table.name);
            table.inherits.iter_mut().for_each(&rename);
            table.partition_of.iter_mut().for_each(|place| rename(&mut place.parent));
            let bodies = table.triggers.iter_mut().filter(|_| renaming.changes_bodies());
            bodies.flat_map(|trigger| &mut trigger.uses).for_each(&rename);
            for constraint in table.constraints.iter_mut().filter(|_| renaming.changes_keys()) {
                if let TableConstraintKind::ForeignKey { table, .. } = &mut constraint.kind {
                    rename(table);
                }
            }
        }
        for index in self.indexes.values_mut() {
            rename(&mut index.name);
            rename(&mut index.table);
            index.part_of.iter_mut().for_each(&rename);
        }
        for view in self.views.values_mut() {
            rename(&mut view.name);
            if renaming.changes_bodies() {
                view.reads.iter_mut().for_each(&rename);
            }
        }
        for sequence in self.sequences.values_mut() {
            rename(&mut sequence.name);
            sequence.owner.iter_mut().for_each(|(table, _)| rename(table));
        }
        rekey(&mut self.tables, |table| &table.name);
        rekey(&mut self.indexes, |index| &index.name);
        rekey(&mut self.views, |view| &view.name);
        rekey(&mut self.sequences, |sequence| &sequence.name);
    }

    /// Applies a change to every name of a type in the schema.
    fn rename_types(&mut self, rename: impl Fn(&mut Name)) {
        let columns = self.tables.values_mut().flat_map(|table| &mut table.columns);
        columns
            .filter_map(|column| column.data_type.as_mut())
            .for_each(|data_type| rename(&mut data_type.name));
        for domain in self.domains.values_mut() {
            rename(&mut domain.name);
            rename(&mut domain.base.name);
        }
        self.enums.values_mut().for_each(|known| rename(&mut known.name));
        rekey(&mut self.domains, |domain| &domain.name);
        rekey(&mut self.enums, |known| &known.name);
        let mut others: Vec<Name> = take(&mut self.other_types).into_iter().collect();
        others.iter_mut().for_each(rename);
        self.other_types = others.into_iter().collect();
    }

    /// Applies a change to every name of a function in the schema.
    fn rename_functions(&mut self, rename: impl Fn(&mut Name)) {
        self.functions.values_mut().for_each(|function| rename(&mut function.name));
        let triggers = self.tables.values_mut().flat_map(|table| &mut table.triggers);
        triggers.filter_map(|trigger| trigger.function.as_mut()).for_each(&rename);
        rekey(&mut self.functions, |function| &function.name);
    }
}

impl Table {
    /// Renames a trigger or policy of the table.
    fn rename_part(&mut self, part: ObjectKind, from: &str, to: &str) {
        let names: Vec<&mut String> = match part {
            ObjectKind::Trigger => self.triggers.iter_mut().map(|trigger| &mut trigger.name).collect(),
            _ => self.policies.iter_mut().map(|policy| &mut policy.name).collect(),
        };
        for name in names.into_iter().filter(|name| *name == from) {
            to.clone_into(name);
        }
    }
}

/// Sorts the objects again by their new names.
fn rekey<T>(objects: &mut BTreeMap<Name, T>, name: impl Fn(&T) -> &Name) {
    *objects = take(objects).into_values().map(|object| (name(&object).clone(), object)).collect();
}
