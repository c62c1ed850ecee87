//! DROP of any object, and what goes with it.
//!
//! `DROP TABLE t` removes `t`, its indexes, owned sequences and partitions, and on PostgreSQL the foreign keys to
//! it; with CASCADE the views on it as well, and the views on those.

use super::super::{Schema, Table, TableColumn};
use crate::sql::{Drop, Name, ObjectKind};

impl Schema {
    /// Drops the objects that a statement names.
    pub(super) fn drop_objects(&mut self, drop: &Drop) {
        let table = drop.table.as_ref().map(|table| self.resolve(table));
        for name in &drop.names {
            match drop.object {
                ObjectKind::Table
                | ObjectKind::ForeignTable
                | ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Index
                | ObjectKind::Sequence => self.drop_relation(&self.resolve(name), drop.cascade),
                ObjectKind::Schema => self.drop_schema(&name.name),
                ObjectKind::Type | ObjectKind::Domain => self.drop_type(name, drop.cascade),
                ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => {
                    if let Some(name) = self.resolve_function_name(name) {
                        self.functions.remove(&name);
                        if drop.cascade {
                            self.in_tables(None, |table| {
                                table.triggers.retain(|trigger| trigger.function.as_ref() != Some(&name));
                            });
                        }
                    }
                }
                ObjectKind::Extension => {
                    self.extensions.remove(&name.name);
                }
                ObjectKind::Trigger => {
                    self.in_tables(table.as_ref(), |table| {
                        table.triggers.retain(|known| known.name != name.name);
                    });
                }
                ObjectKind::Policy => {
                    self.in_tables(table.as_ref(), |table| {
                        table.policies.retain(|policy| policy.name != name.name);
                    });
                }
                ObjectKind::Rule
                | ObjectKind::Constraint
                | ObjectKind::Column
                | ObjectKind::Role
                | ObjectKind::Other => {}
            }
        }
    }

    /// Changes the table that a statement names, or all tables if it names none, as SQLite's DROP TRIGGER does.
    fn in_tables(&mut self, table: Option<&Name>, change: impl Fn(&mut Table)) {
        match table {
            Some(table) => self.tables.get_mut(table).into_iter().for_each(change),
            None => self.tables.values_mut().for_each(change),
        }
    }

    /// Drops a relation and what goes with it; with `cascade` also the views on it.
    pub(super) fn drop_relation(&mut self, name: &Name, cascade: bool) {
        if self.relation_exists(name) {
            self.gone.insert(name.clone());
        }
        self.remove_index(name);
        let was_table = self.tables.remove(name).is_some();
        let was_view = self.views.remove(name).is_some();
        let owner = self.sequences.remove(name).and_then(|sequence| sequence.owner);
        if let Some((table, column)) = owner.filter(|_| cascade && !was_table) {
            self.drop_default(&table, &column);
        }
        if !was_table && !was_view {
            return;
        }
        let indexes: Vec<Name> = self.indexes_of(name).map(|index| index.name.clone()).collect();
        indexes.iter().for_each(|index| self.remove_index(index));
        self.sequences.retain(|_, sequence| sequence.owner.as_ref().is_none_or(|(owner, _)| owner != name));
        // SQLite keeps foreign keys to a table that is gone: in a rebuild, another table gets its name.
        if self.engine.drop_takes_foreign_keys() {
            self.drop_foreign_keys_to(name, |_| true);
            let heirs: Vec<Name> = self.with_partitions(name).split_off(1);
            heirs.iter().for_each(|heir| self.drop_relation(heir, cascade));
        }
        if cascade {
            let heirs: Vec<Name> = self.with_heirs(name).split_off(1);
            heirs.iter().for_each(|heir| self.drop_relation(heir, cascade));
            let views: Vec<Name> = self.views_on(name).map(|view| view.name.clone()).collect();
            views.iter().for_each(|view| self.drop_relation(view, cascade));
        }
    }

    /// Drops the default of a column, which used a sequence.
    fn drop_default(&mut self, table: &Name, column: &str) {
        let columns = self.tables.get_mut(table).into_iter().flat_map(|table| &mut table.columns);
        columns.filter(|known| known.name == column).for_each(|column| column.has_default = false);
    }

    /// Drops a schema and everything in it. Without CASCADE the server only drops an empty one, so nothing is lost then.
    fn drop_schema(&mut self, schema: &str) {
        self.schemas.remove(schema);
        let is_in = |name: &Name| name.schema.as_deref() == Some(schema);
        let relations = self.tables.keys().chain(self.views.keys()).chain(self.sequences.keys());
        let relations: Vec<Name> = relations.filter(|name| is_in(name)).cloned().collect();
        relations.iter().for_each(|name| self.drop_relation(name, true));
        let types = self.domains.keys().chain(self.enums.keys()).chain(&self.other_types);
        let types: Vec<Name> = types.filter(|name| is_in(name)).cloned().collect();
        types.iter().for_each(|name| self.drop_type(name, true));
        self.functions.retain(|name, _| !is_in(name));
    }

    /// Drops a type; with `cascade` also the columns of the type.
    fn drop_type(&mut self, name: &Name, cascade: bool) {
        let Some(name) = self.resolve_type_name(name) else { return };
        self.domains.remove(&name);
        self.enums.remove(&name);
        self.other_types.remove(&name);
        if cascade {
            let has_type = |column: &TableColumn| {
                column.data_type.as_ref().is_some_and(|data_type| data_type.name == name)
            };
            let columns: Vec<(Name, String)> = self
                .tables
                .values()
                .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
                .filter(|(_, column)| has_type(column))
                .map(|(table, column)| (table.name.clone(), column.name.clone()))
                .collect();
            columns.iter().for_each(|(table, column)| self.drop_column(table, column));
        }
    }
}
