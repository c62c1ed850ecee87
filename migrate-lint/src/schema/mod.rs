//! The schema that the migrations of a folder make in an empty database, as far as their scripts show it.
//!
//! In come statements, one after the other, through [`Schema::apply`]; `fold/` has a file for each kind. Out come
//! answers for the rules: is this table new, which columns does it have, which index covers them, who refers to it.
//!
//! ```text
//! CREATE TABLE orders (id bigint PRIMARY KEY, note text)   → tables: public.orders, columns id (int8, not null) and note (text)
//!                                                            indexes: public.orders_pkey
//! ALTER TABLE orders RENAME note TO remark                 → the same column under its new name, also in checks and indexes
//! ```
//!
//! Four decisions shape it. A name is resolved where it occurs, with the search path of that place, as the server
//! does. Nothing fails: a statement that does not fit the history changes what it can, because a database may hold
//! objects that no migration created, and these are marked unknown. A DO block counts as executed. And each object
//! keeps the number of the migration that created it, so "was it there before?" is one comparison.
//!
//! Why not ask a database? The macro runs it at compile time, where there is none. `tests/tests/schema.rs` compares
//! the result with the catalog of a real server.

mod certainty;
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
use std::mem::take;

use self::certainty::Certainty;
use self::lookup::Lookup;
use migrate_core::Engine;

use crate::sql::{Name, PartitionBound};

pub(crate) use index::Index;
pub(crate) use inventory::{Inventory, Object};
pub(crate) use object::{Domain, EnumType, Function, Label, Sequence, View};
pub(crate) use part::Words;
pub(crate) use table::{
    Partition, Policy, RowSecurity, Table, TableColumn, TableConstraint, TableConstraintKind, Trigger,
};

/// The objects of a database, folded over the statements of its history.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    engine: Engine,
    /// The schemas in which unqualified names are searched. New objects go into the first.
    search_path: Vec<String>,
    schemas: BTreeSet<String>,
    extensions: BTreeSet<String>,
    tables: BTreeMap<Name, Table>,
    indexes: BTreeMap<Name, Index>,
    views: BTreeMap<Name, View>,
    sequences: BTreeMap<Name, Sequence>,
    domains: BTreeMap<Name, Domain>,
    enums: BTreeMap<Name, EnumType>,
    /// Composite types, ranges and other types.
    other_types: BTreeSet<Name>,
    functions: BTreeMap<Name, Function>,
    /// The names of relations that were dropped or renamed. One of them may be there again.
    gone: BTreeSet<Name>,
    lookup: Lookup,
    certainty: Certainty,
    /// Whether the current migration has created temporary relations.
    has_temporary: bool,
    /// The number of the current migration, from 1 on.
    current: u32,
    /// The number of the last migration that the lock file lists.
    locked_until: Option<u32>,
    /// What RENAME TO of a table changes besides the table (SQLite).
    renaming: Renaming,
    /// The values that the current migration has added to enums that no migration created.
    foreign_labels: Vec<(Name, String)>,
}

impl Schema {
    /// An empty database.
    pub(crate) fn new(engine: Engine) -> Schema {
        let default = engine.default_schema();
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
            gone: BTreeSet::new(),
            lookup: Lookup::default(),
            certainty: Certainty::default(),
            has_temporary: false,
            current: 1,
            locked_until: None,
            renaming: Renaming::default(),
            foreign_labels: Vec::new(),
        }
    }

    /// Begins the next script: everything that exists is old, and temporary tables and settings are gone.
    pub(crate) fn begin_migration(&mut self) {
        self.current += 1;
        self.search_path = vec![self.engine.default_schema().to_owned()];
        self.foreign_labels.clear();
        self.renaming = Renaming::default();
        if take(&mut self.has_temporary) {
            let temporary = Some(self.engine.temporary_schema());
            self.tables.retain(|name, _| name.schema.as_deref() != temporary);
            self.indexes.retain(|name, _| name.schema.as_deref() != temporary);
            self.views.retain(|name, _| name.schema.as_deref() != temporary);
            self.sequences.retain(|name, _| name.schema.as_deref() != temporary);
        }
    }

    /// Notes that the lock file lists the current migration.
    pub(crate) fn note_locked(&mut self) {
        self.locked_until = Some(self.current);
    }

    /// Whether a draft created this table: other migrations are locked and its migration is not, so no database has it yet.
    pub(crate) fn is_of_draft(&self, name: &Name) -> bool {
        let known = self.table(name).filter(|table| table.is_known && !table.may_be_older);
        known.zip(self.locked_until).is_some_and(|(table, locked)| table.created_in > locked)
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Sets whether the script that begins runs with foreign keys off (SQLite).
    pub(crate) fn set_foreign_keys_off(&mut self, off: bool) {
        self.renaming.keys_off = off;
    }

    /// The full name of the relation (table, view, index, sequence) that this name means here. An unknown one counts as
    /// one in the first schema of the search path.
    pub(crate) fn resolve(&self, name: &Name) -> Name {
        if name.schema.is_some() {
            return name.clone();
        }
        if self.has_temporary {
            let temporary = Name::qualified(self.engine.temporary_schema(), &name.name);
            if self.relation_exists(&temporary) {
                return temporary;
            }
        }
        for schema in &self.search_path {
            let candidate = Name::qualified(schema, &name.name);
            if self.relation_exists(&candidate) {
                return candidate;
            }
        }
        self.creation_name(name, false)
    }

    /// Whether a migration of the folder created a relation of this name.
    pub(crate) fn is_known(&self, name: &Name) -> bool {
        let name = self.resolve(name);
        self.relation_exists(&name) && self.tables.get(&name).is_none_or(|table| table.is_known)
    }

    /// Whether a relation of this name was there, and was dropped or renamed by a statement that certainly ran.
    pub(crate) fn was_there(&self, name: &Name) -> bool {
        !self.has_name(name) && self.gone.contains(&self.resolve(name))
    }

    /// Whether a relation has this name, in the schema that it names or, if it names none, in any: which ones are
    /// searched may be set outside of the scripts.
    pub(crate) fn has_name(&self, name: &Name) -> bool {
        fn has<T>(objects: &BTreeMap<Name, T>, name: &Name) -> bool {
            objects.range(Name::new(&name.name)..).next().is_some_and(|(known, _)| known.name == name.name)
        }
        match name.schema {
            Some(_) => self.relation_exists(name),
            None => {
                has(&self.tables, name)
                    || has(&self.indexes, name)
                    || has(&self.views, name)
                    || has(&self.sequences, name)
            }
        }
    }

    /// Whether a type has this name in any schema.
    pub(crate) fn has_type_named(&self, name: &str) -> bool {
        let mut names = self.domains.keys().chain(self.enums.keys()).chain(&self.other_types);
        names.any(|known| known.name == name)
    }

    /// Whether a function has this name in any schema.
    pub(crate) fn has_function_named(&self, name: &str) -> bool {
        self.functions.range(Name::new(name)..).next().is_some_and(|(known, _)| known.name == name)
    }

    /// Whether the migration with this number is the current one, so that what it created is new.
    pub(crate) fn is_current(&self, created_in: u32) -> bool {
        created_in == self.current
    }

    /// Whether the current migration created this table, view, index or sequence.
    pub(crate) fn is_new(&self, name: &Name) -> bool {
        let name = self.resolve(name);
        if let Some(table) = self.tables.get(&name).filter(|table| table.is_known) {
            return self.is_current(table.created_in);
        }
        self.views.get(&name).is_some_and(|view| self.is_current(view.created_in))
            || self.indexes.get(&name).is_some_and(|index| self.is_current(index.created_in))
            || self.sequences.get(&name).is_some_and(|sequence| self.is_current(sequence.created_in))
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

    /// The indexes of a table or materialized view, including those of constraints.
    pub(crate) fn indexes_of(&self, table: &Name) -> impl Iterator<Item = &Index> {
        let table = self.resolve(table);
        let names = self.lookup.indexes(&table).into_iter().flatten();
        names.filter_map(|name| self.indexes.get(name)).filter(move |index| index.table == table)
    }

    /// The tables with a foreign key to `table`, each with that constraint. The table itself may be one of them.
    pub(crate) fn foreign_keys_to(&self, table: &Name) -> impl Iterator<Item = (&Table, &TableConstraint)> {
        let table = self.resolve(table);
        let owners = self.lookup.owners(&table).into_iter().flatten();
        let owners = owners.filter_map(|owner| self.tables.get(owner));
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

    /// The partitions of a table, each with its bounds.
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

    /// The views that read this table or view directly.
    pub(crate) fn views_on(&self, name: &Name) -> impl Iterator<Item = &View> {
        let name = self.resolve(name);
        self.views.values().filter(move |view| view.reads.contains(&name))
    }

    /// The triggers whose bodies name this table or view (SQLite).
    pub(crate) fn triggers_on(&self, name: &Name) -> impl Iterator<Item = &Trigger> {
        let name = self.resolve(name);
        let triggers = self.tables.values().flat_map(|table| &table.triggers);
        triggers.filter(move |trigger| trigger.uses.contains(&name))
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

    /// The values that `ALTER TYPE … ADD VALUE` of the current migration has added, with their enums.
    pub(crate) fn added_labels(&self) -> impl Iterator<Item = (&Name, &str)> {
        let known = self.enums.values().flat_map(|known| {
            known
                .labels
                .iter()
                .filter(|label| self.is_current(label.created_in))
                .map(|label| (&known.name, label.value.as_str()))
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

    /// Whether a table, index, view or sequence has this full name. The four share one namespace.
    fn relation_exists(&self, name: &Name) -> bool {
        self.tables.contains_key(name)
            || self.indexes.contains_key(name)
            || self.views.contains_key(name)
            || self.sequences.contains_key(name)
    }

    /// The full name of an object that is created here.
    pub(crate) fn creation_name(&self, name: &Name, temporary: bool) -> Name {
        if name.schema.is_some() {
            return self.kept(name);
        }
        let schema = if temporary {
            self.engine.temporary_schema()
        } else {
            self.search_path.first().map_or(self.engine.default_schema(), String::as_str)
        };
        self.kept(&Name::qualified(schema, &name.name))
    }

    /// The full name of a relation that is created here. Notes whether it is temporary.
    fn relation_name(&mut self, name: &Name, temporary: bool) -> Name {
        let name = self.creation_name(name, temporary);
        self.has_temporary |= name.schema.as_deref() == Some(self.engine.temporary_schema());
        name
    }

    /// A name of a column or constraint as the engine stores it, which may be shorter.
    pub(crate) fn kept_part(&self, name: &str) -> String {
        default_name::kept(name, self.engine)
    }

    /// The name as the engine stores it, which may be shorter.
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

    /// The first object that the name may mean.
    fn find<'a, T>(&'a self, objects: &'a BTreeMap<Name, T>, name: &Name) -> Option<&'a T> {
        self.path_of(name).find_map(|name| objects.get(&name))
    }
}

/// What RENAME TO does on SQLite to objects that name the table
/// (<https://www.sqlite.org/lang_altertable.html#altertabrename>).
#[derive(Clone, Copy, Debug, Default)]
struct Renaming {
    /// `PRAGMA legacy_alter_table = ON`: views and triggers keep the old name.
    legacy: bool,
    /// Foreign keys are off. Together with `legacy`, they keep the old name too.
    keys_off: bool,
}

impl Renaming {
    /// Whether views and triggers follow the table to its new name.
    fn changes_bodies(self) -> bool {
        !self.legacy
    }

    /// Whether foreign keys follow the table to its new name.
    fn changes_keys(self) -> bool {
        !self.legacy || !self.keys_off
    }
}
