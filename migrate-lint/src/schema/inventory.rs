use std::collections::{BTreeMap, BTreeSet};

use super::{Index, Label, Schema, Table, TableConstraint, TableConstraintKind};
use crate::sql::{Name, ObjectKind};

/// What a database holds, each with what it cannot be without.
pub(crate) type Inventory = BTreeMap<Object, BTreeSet<Object>>;

/// Something that a script creates and drops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Object {
    pub(crate) kind: ObjectKind,
    /// Its own name; that of the table of a column, constraint, trigger or policy; that of the enum of a value.
    pub(crate) name: Name,
    /// The column, constraint, trigger, policy or value.
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
    /// All that has a name which a script gave or could know. What comes with something else is left out: the index of
    /// a constraint, the sequence of a serial column, the parts of a partition.
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

    /// Whether it holds what the other holds, each as it is there: then their inventories are the same. They may be the
    /// same otherwise too, but that takes longer to find out.
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

    /// What is in a schema and in nothing else.
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

    fn is_temporary(&self, name: &Name) -> bool {
        name.schema.as_deref() == Some(super::temporary_schema(self.engine))
    }
}

impl Table {
    /// The table, unless no migration created it, and its parts; those of a partition are its parent's.
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

    fn parts(&self) -> impl Iterator<Item = (ObjectKind, &str)> {
        let columns = self.columns.iter().filter(|_| !self.is_heir());
        let columns = columns.map(|column| (ObjectKind::Column, column.name.as_str()));
        let triggers = self.triggers.iter().map(|trigger| (ObjectKind::Trigger, trigger.name.as_str()));
        let policies = self.policies.iter().map(|policy| (ObjectKind::Policy, policy.name.as_str()));
        columns.chain(triggers).chain(policies)
    }

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
    /// `None` of NOT NULL, which is a property of a column as well.
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

fn in_schema(name: &Name) -> BTreeSet<Object> {
    name.schema.iter().map(|schema| Object::whole(ObjectKind::Schema, &Name::new(schema))).collect()
}

fn with_columns<'a>(table: &Name, columns: impl IntoIterator<Item = &'a String>) -> BTreeSet<Object> {
    let columns = columns.into_iter().map(|column| Object::part(ObjectKind::Column, table, column));
    columns.chain([Object::whole(ObjectKind::Table, table)]).collect()
}
