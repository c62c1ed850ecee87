//! What the migrations of a folder make of an empty database, as far as their scripts say.
//!
//! Names are asked for as the statement writes them: unqualified ones mean what they would mean to the server at
//! that place. Nothing here fails: a statement that does not fit the history before it changes what it can.
//! What a DO block contains is taken as done.

mod default_name;
mod fold;
mod index;
mod inventory;
mod lookup;
mod object;
mod part;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::lookup::Lookup;
use crate::dialect::Engine;
use crate::sql::{Name, PartitionBound};

pub(crate) use index::Index;
pub(crate) use inventory::{Inventory, Object};
pub(crate) use object::{Domain, EnumType, Function, Label, Sequence, View};
pub(crate) use table::{
    Partition, Policy, RowSecurity, Table, TableColumn, TableConstraint, TableConstraintKind,
};

/// The objects of a database, folded over the statements of its history.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    engine: Engine,
    /// Where unqualified names are looked for, and created in the first.
    search_path: Vec<String>,
    schemas: BTreeSet<String>,
    extensions: BTreeSet<String>,
    tables: BTreeMap<Name, Table>,
    indexes: BTreeMap<Name, Index>,
    views: BTreeMap<Name, View>,
    sequences: BTreeMap<Name, Sequence>,
    domains: BTreeMap<Name, Domain>,
    enums: BTreeMap<Name, EnumType>,
    /// Composite types, ranges, ….
    other_types: BTreeSet<Name>,
    functions: BTreeMap<Name, Function>,
    lookup: Lookup,
    /// The values that the migration that is being read has added to enums that no migration created.
    foreign_labels: Vec<(Name, String)>,
}

impl Schema {
    /// An empty database.
    pub(crate) fn new(engine: Engine) -> Schema {
        let default = default_schema(engine);
        Schema {
            engine,
            search_path: vec![default.to_owned()],
            schemas: BTreeSet::from([default.to_owned()]),
            extensions: BTreeSet::new(),
            tables: BTreeMap::new(),
            indexes: BTreeMap::new(),
            views: BTreeMap::new(),
            sequences: BTreeMap::new(),
            domains: BTreeMap::new(),
            enums: BTreeMap::new(),
            other_types: BTreeSet::new(),
            functions: BTreeMap::new(),
            lookup: Lookup::default(),
            foreign_labels: Vec::new(),
        }
    }

    /// Begins a script: all that exists is old, temporary tables and settings are gone.
    pub(crate) fn begin_migration(&mut self) {
        self.search_path = vec![default_schema(self.engine).to_owned()];
        let temporary = temporary_schema(self.engine);
        remove_schema(&mut self.tables, temporary);
        remove_schema(&mut self.indexes, temporary);
        remove_schema(&mut self.views, temporary);
        remove_schema(&mut self.sequences, temporary);
        self.tables.values_mut().for_each(|table| table.is_new = false);
        self.indexes.values_mut().for_each(|index| index.is_new = false);
        self.views.values_mut().for_each(|view| view.is_new = false);
        self.sequences.values_mut().for_each(|sequence| sequence.is_new = false);
        self.domains.values_mut().for_each(|domain| domain.is_new = false);
        self.functions.values_mut().for_each(|function| function.is_new = false);
        for known in self.enums.values_mut() {
            known.is_new = false;
            known.labels.iter_mut().for_each(|label| label.is_new = false);
        }
        self.foreign_labels.clear();
        let columns = self.tables.values_mut().flat_map(|table| &mut table.columns);
        columns.for_each(|column| column.is_new = false);
    }

    /// The relation (table, view, index, sequence) that this name means here; one that is unknown is taken to be
    /// in the first schema of the search path.
    pub(crate) fn resolve(&self, name: &Name) -> Name {
        if name.schema.is_some() {
            return name.clone();
        }
        let path =
            [temporary_schema(self.engine)].into_iter().chain(self.search_path.iter().map(String::as_str));
        path.map(|schema| Name::qualified(schema, &name.name))
            .find(|name| self.relation_exists(name))
            .unwrap_or_else(|| self.creation_name(name, false))
    }

    /// Whether a migration of the folder created a relation of this name.
    pub(crate) fn is_known(&self, name: &Name) -> bool {
        let name = self.resolve(name);
        self.relation_exists(&name) && self.tables.get(&name).is_none_or(|table| table.is_known)
    }

    /// Whether the migration that is being read created this table, view, index or sequence.
    pub(crate) fn is_new(&self, name: &Name) -> bool {
        let name = self.resolve(name);
        self.tables.get(&name).is_some_and(|table| table.is_new)
            || self.views.get(&name).is_some_and(|view| view.is_new)
            || self.indexes.get(&name).is_some_and(|index| index.is_new)
            || self.sequences.get(&name).is_some_and(|sequence| sequence.is_new)
    }

    pub(crate) fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.get(&self.resolve(name))
    }

    /// All tables in the order of their names.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    pub(crate) fn indexes(&self) -> impl Iterator<Item = &Index> {
        self.indexes.values()
    }

    pub(crate) fn views(&self) -> impl Iterator<Item = &View> {
        self.views.values()
    }

    pub(crate) fn sequences(&self) -> impl Iterator<Item = &Sequence> {
        self.sequences.values()
    }

    pub(crate) fn domains(&self) -> impl Iterator<Item = &Domain> {
        self.domains.values()
    }

    pub(crate) fn enums(&self) -> impl Iterator<Item = &EnumType> {
        self.enums.values()
    }

    pub(crate) fn index(&self, name: &Name) -> Option<&Index> {
        self.indexes.get(&self.resolve(name))
    }

    pub(crate) fn indexes_of(&self, table: &Name) -> impl Iterator<Item = &Index> {
        let table = self.resolve(table);
        let names = self.lookup.indexes(&table).into_iter().flatten();
        names.filter_map(|name| self.indexes.get(name)).filter(move |index| index.table == table)
    }

    /// The tables with a foreign key to `table`, and that constraint; itself may be among them.
    pub(crate) fn foreign_keys_to(&self, table: &Name) -> impl Iterator<Item = (&Table, &TableConstraint)> {
        let table = self.resolve(table);
        let owners =
            self.lookup.may_be_referenced(&table).then(|| self.tables.values()).into_iter().flatten();
        owners.flat_map(|owner| owner.constraints.iter().map(move |constraint| (owner, constraint))).filter(
            move |(_, constraint)| {
                matches!(&constraint.kind, TableConstraintKind::ForeignKey { table: referenced, .. } if *referenced == table)
            },
        )
    }

    /// The foreign keys of `table`.
    pub(crate) fn foreign_keys_of(&self, table: &Name) -> impl Iterator<Item = &TableConstraint> {
        self.table(table)
            .into_iter()
            .flat_map(|table| &table.constraints)
            .filter(|constraint| matches!(constraint.kind, TableConstraintKind::ForeignKey { .. }))
    }

    pub(crate) fn partitions_of(&self, table: &Name) -> impl Iterator<Item = (&Table, &Partition)> {
        let table = self.resolve(table);
        let tables =
            self.lookup.may_have_children(&table).then(|| self.tables.values()).into_iter().flatten();
        tables
            .filter_map(|partition| partition.partition_of.as_ref().map(|place| (partition, place)))
            .filter(move |(_, place)| place.parent == table)
    }

    /// The DEFAULT partition of `table`.
    pub(crate) fn default_partition(&self, table: &Name) -> Option<&Table> {
        self.partitions_of(table)
            .find(|(_, place)| place.bound == PartitionBound::Default)
            .map(|(partition, _)| partition)
    }

    /// [`Table::proves_not_null`].
    pub(crate) fn proves_not_null(&self, table: &Name, column: &str) -> bool {
        self.table(table).is_some_and(|table| table.proves_not_null(column))
    }

    /// The view or materialized view.
    pub(crate) fn view(&self, name: &Name) -> Option<&View> {
        self.views.get(&self.resolve(name))
    }

    /// The views that read this table or view themselves.
    pub(crate) fn views_on(&self, name: &Name) -> impl Iterator<Item = &View> {
        let name = self.resolve(name);
        self.views.values().filter(move |view| view.reads.contains(&name))
    }

    pub(crate) fn sequence(&self, name: &Name) -> Option<&Sequence> {
        self.sequences.get(&self.resolve(name))
    }

    pub(crate) fn domain(&self, name: &Name) -> Option<&Domain> {
        self.find(&self.domains, name)
    }

    /// The columns whose type is this domain or enum.
    pub(crate) fn columns_of_type(&self, name: &Name) -> impl Iterator<Item = (&Table, &TableColumn)> {
        let name =
            self.path_of(name).find(|name| self.domains.contains_key(name) || self.enums.contains_key(name));
        self.tables.values().flat_map(|table| table.columns.iter().map(move |column| (table, column))).filter(
            move |(_, column)| {
                column.data_type.as_ref().is_some_and(|data_type| Some(&data_type.name) == name.as_ref())
            },
        )
    }

    /// Whether a migration created a type of this name: a domain, an enum, a composite type, a range.
    pub(crate) fn has_type(&self, name: &Name) -> bool {
        self.resolve_type_name(name).is_some()
    }

    /// The values that `ALTER TYPE … ADD VALUE` of the migration that is being read has added, with their enums.
    pub(crate) fn added_labels(&self) -> impl Iterator<Item = (&Name, &str)> {
        let known = self.enums.values().flat_map(|known| {
            known.labels.iter().filter(|label| label.is_new).map(|label| (&known.name, label.value.as_str()))
        });
        known.chain(self.foreign_labels.iter().map(|(name, value)| (name, value.as_str())))
    }

    pub(crate) fn enum_type(&self, name: &Name) -> Option<&EnumType> {
        self.find(&self.enums, name)
    }

    /// The functions of this name that migrations created.
    pub(crate) fn function(&self, name: &Name) -> Option<&Function> {
        self.find(&self.functions, name)
    }

    fn relation_exists(&self, name: &Name) -> bool {
        self.tables.contains_key(name)
            || self.indexes.contains_key(name)
            || self.views.contains_key(name)
            || self.sequences.contains_key(name)
    }

    /// The name of what is created here.
    fn creation_name(&self, name: &Name, temporary: bool) -> Name {
        if name.schema.is_some() {
            return self.kept(name);
        }
        let schema = if temporary {
            temporary_schema(self.engine)
        } else {
            self.search_path.first().map_or(default_schema(self.engine), String::as_str)
        };
        self.kept(&Name::qualified(schema, &name.name))
    }

    /// The name as the server keeps it, which may be shorter.
    fn kept(&self, name: &Name) -> Name {
        let kept = |part: &String| default_name::kept(part, self.engine);
        Name { schema: name.schema.as_ref().map(kept), name: kept(&name.name) }
    }

    /// The names that `name` may mean, in the order in which the server tries them.
    fn path_of(&self, name: &Name) -> impl Iterator<Item = Name> + use<> {
        let path = if name.schema.is_some() {
            vec![name.clone()]
        } else {
            self.search_path.iter().map(|schema| Name::qualified(schema, &name.name)).collect()
        };
        path.into_iter()
    }

    fn find<'a, T>(&'a self, objects: &'a BTreeMap<Name, T>, name: &Name) -> Option<&'a T> {
        self.path_of(name).find_map(|name| objects.get(&name))
    }
}

/// Names are sorted by their schema first.
fn remove_schema<T>(objects: &mut BTreeMap<Name, T>, schema: &str) {
    let from = Name::qualified(schema, "");
    let names = objects.range(from..).map(|(name, _)| name);
    let names: Vec<Name> = names.take_while(|name| name.schema.as_deref() == Some(schema)).cloned().collect();
    for name in names {
        objects.remove(&name);
    }
}

fn default_schema(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "public",
        Engine::Sqlite => "main",
    }
}

fn temporary_schema(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "pg_temp",
        Engine::Sqlite => "temp",
    }
}
