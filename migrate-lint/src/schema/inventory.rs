//! The objects of a schema as a set, so that two schemas can be compared.
//!
//! After `CREATE TABLE t (a int); CREATE INDEX i ON t (a)` the inventory maps the table `t` to its schema `public`,
//! the column `t.a` to the table, and the index `i` to the column and the table. The needs say what goes with what:
//! if `t` and `i` are both missing, only `t` has to be reported.

use std::collections::{BTreeMap, BTreeSet};

use super::{Index, Label, Schema, Table, TableConstraint, TableConstraintKind};
use crate::sql::{Name, ObjectKind};

/// The objects of a database, each with the objects that it needs.
pub(crate) type Inventory = BTreeMap<Object, BTreeSet<Object>>;

/// An object that a script can create and drop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Object {
    pub(crate) kind: ObjectKind,
    /// Its own name. For a column, constraint, trigger or policy the name of the table; for a value that of the enum.
    pub(crate) name: Name,
    /// The name of the column, constraint, trigger or policy, or the value.
    pub(crate) part: Option<String>,
}

impl Object {
    fn whole(kind: ObjectKind, name: &Name) -> Object {
        Object { kind, name: name.clone(), part: None }
    }

    fn part(kind: ObjectKind, name: &Name, part: &str) -> Object {
        Object { kind, name: name.clone(), part: Some(part.to_owned()) }
    }
}

impl Schema {
    /// All objects whose name a script gave or could know. Objects that come with another are left out: the index of a
    /// constraint, the sequence of a serial column, the inherited parts of a partition.
    pub(crate) fn inventory(&self) -> Inventory {
        let mut found: Inventory = self.tables.values().flat_map(Table::inventory).collect();
        found.extend(self.whole_objects().map(|(kind, name)| (Object::whole(kind, name), in_schema(name))));
        found.extend(self.enums.values().flat_map(|known| {
            let value = |label: &Label| Object::part(ObjectKind::Type, &known.name, &label.value);
            let needs = || BTreeSet::from([Object::whole(ObjectKind::Type, &known.name)]);
            known.labels.iter().map(move |label| (value(label), needs()))
        }));
        let own = self.indexes.values().filter(|index| !index.from_constraint && index.part_of.is_none());
        found.extend(own.map(|index| (Object::whole(ObjectKind::Index, &index.name), index.needs())));
        let of_database = |kind, names: &BTreeSet<String>| {
            let objects = names.iter().map(|name| (Object::whole(kind, &Name::new(name)), BTreeSet::new()));
            objects.collect::<Inventory>()
        };
        found.extend(of_database(ObjectKind::Schema, &self.schemas));
        found.extend(of_database(ObjectKind::Extension, &self.extensions));
        found.retain(|object, _| !self.is_temporary(&object.name));
        found
    }

    /// Whether both schemas hold equal objects, so that their inventories are the same. If not, the inventories may still
    /// be the same, but comparing them takes longer.
    pub(crate) fn holds_the_same_as(&self, other: &Schema) -> bool {
        self.tables == other.tables
            && self.indexes == other.indexes
            && self.views == other.views
            && self.sequences == other.sequences
            && self.domains == other.domains
            && self.enums == other.enums
            && self.other_types == other.other_types
            && self.functions == other.functions
            && self.schemas == other.schemas
            && self.extensions == other.extensions
    }

    /// The objects that belong directly to a schema, without tables and indexes.
    fn whole_objects(&self) -> impl Iterator<Item = (ObjectKind, &Name)> {
        let views = self.views.values().map(|view| {
            (if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View }, &view.name)
        });
        let sequences = self.sequences.values().filter(|sequence| sequence.owner.is_none());
        let types = self.enums.keys().chain(&self.other_types);
        views
            .chain(sequences.map(|sequence| (ObjectKind::Sequence, &sequence.name)))
            .chain(types.map(|name| (ObjectKind::Type, name)))
            .chain(self.domains.keys().map(|name| (ObjectKind::Domain, name)))
            .chain(self.functions.keys().map(|name| (ObjectKind::Function, name)))
    }

    /// Whether the object is temporary. It ends with its session, so a rollback cannot miss it.
    fn is_temporary(&self, name: &Name) -> bool {
        name.schema.as_deref() == Some(self.engine.temporary_schema())
    }
}

impl Table {
    /// The table, if a migration created it, and its parts. Columns and constraints of a partition belong to its parent.
    fn inventory(&self) -> Inventory {
        let mut found = Inventory::new();
        if self.is_known {
            found.insert(Object::whole(ObjectKind::Table, &self.name), in_schema(&self.name));
        }
        let parts = self.parts().map(|(kind, part)| Object::part(kind, &self.name, part));
        found.extend(parts.map(|part| (part, with_columns(&self.name, []))));
        if !self.is_heir() {
            let named =
                self.constraints.iter().filter_map(|known| known.name.as_ref().zip(known.needs(&self.name)));
            found.extend(
                named.map(|(name, needs)| (Object::part(ObjectKind::Constraint, &self.name, name), needs)),
            );
        }
        found
    }

    /// The columns, triggers and policies of the table.
    fn parts(&self) -> impl Iterator<Item = (ObjectKind, &str)> {
        let columns = self.columns.iter().filter(|_| !self.is_heir());
        let columns = columns.map(|column| (ObjectKind::Column, column.name.as_str()));
        let triggers = self.triggers.iter().map(|trigger| (ObjectKind::Trigger, trigger.name.as_str()));
        let policies = self.policies.iter().map(|policy| (ObjectKind::Policy, policy.name.as_str()));
        columns.chain(triggers).chain(policies)
    }

    /// Whether the table gets its columns and constraints from a parent.
    fn is_heir(&self) -> bool {
        self.partition_of.is_some() || !self.inherits.is_empty()
    }
}

impl Index {
    fn needs(&self) -> BTreeSet<Object> {
        let in_keys = self.keys.iter().flat_map(|key| &key.value.columns);
        let in_filter = self.filter.iter().flat_map(|filter| &filter.columns);
        with_columns(&self.table, in_keys.chain(&self.include).chain(in_filter))
    }
}

impl TableConstraint {
    /// What a constraint needs. `None` for NOT NULL, which counts as a property of its column.
    fn needs(&self, table: &Name) -> Option<BTreeSet<Object>> {
        Some(match &self.kind {
            TableConstraintKind::NotNull { .. } => return None,
            TableConstraintKind::Check(check) => with_columns(table, &check.columns),
            TableConstraintKind::Unique { columns } | TableConstraintKind::PrimaryKey { columns } => {
                with_columns(table, columns)
            }
            TableConstraintKind::Exclude { keys } => {
                with_columns(table, keys.iter().flat_map(|key| &key.value.columns))
            }
            TableConstraintKind::ForeignKey { columns, table: other, referenced, .. } => {
                let mut needs = with_columns(table, columns);
                needs.extend(with_columns(other, referenced));
                needs
            }
        })
    }
}

/// The schema of an object, as what it needs.
fn in_schema(name: &Name) -> BTreeSet<Object> {
    name.schema.iter().map(|schema| Object::whole(ObjectKind::Schema, &Name::new(schema))).collect()
}

/// A table and some of its columns, as what an object needs.
fn with_columns<'a>(table: &Name, columns: impl IntoIterator<Item = &'a String>) -> BTreeSet<Object> {
    let columns = columns.into_iter().map(|column| Object::part(ObjectKind::Column, table, column));
    columns.chain([Object::whole(ObjectKind::Table, table)]).collect()
}
