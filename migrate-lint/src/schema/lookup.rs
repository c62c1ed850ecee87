//! Indexes over the schema by table and by name.
//!
//! Why? Without them, each `foreign_keys_to` would search all tables, and a folder of a thousand migrations would
//! take time in proportion to its square. Entries are never removed, so the lookup may name what is gone, and its users check; it never lacks what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use super::Index;
use crate::sql::Name;

/// Where to search. It may still name what is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup {
    /// The names of all constraints.
    constraints: BTreeSet<String>,
    /// The tables with partitions or heirs.
    parents: BTreeSet<Name>,
    /// The tables with foreign keys, by the table that they refer to.
    owners: BTreeMap<Name, BTreeSet<Name>>,
    /// The indexes by their tables.
    indexes: BTreeMap<Name, BTreeSet<Name>>,
}

impl Lookup {
    pub(super) fn add_constraint(&mut self, name: &str) {
        if !self.constraints.contains(name) {
            self.constraints.insert(name.to_owned());
        }
    }

    /// Adds a table with partitions or heirs.
    pub(super) fn add_parent(&mut self, table: &Name) {
        self.parents.insert(table.clone());
    }

    /// Adds a table with a foreign key, and the one that it refers to.
    pub(super) fn add_foreign_key(&mut self, owner: &Name, referenced: &Name) {
        self.owners.entry(referenced.clone()).or_default().insert(owner.clone());
    }

    pub(super) fn add_index(&mut self, index: &Index) {
        self.indexes.entry(index.table.clone()).or_default().insert(index.name.clone());
    }

    /// Whether a constraint may have this name.
    pub(super) fn may_be_constraint(&self, name: &str) -> bool {
        self.constraints.contains(name)
    }

    /// Whether the table may have partitions or heirs.
    pub(super) fn may_have_children(&self, table: &Name) -> bool {
        self.parents.contains(table)
    }

    /// Whether a foreign key may refer to the table.
    pub(super) fn may_be_referenced(&self, table: &Name) -> bool {
        self.owners.contains_key(table)
    }

    /// The tables with a foreign key to `table`.
    pub(super) fn owners(&self, table: &Name) -> Option<&BTreeSet<Name>> {
        self.owners.get(table)
    }

    pub(super) fn indexes(&self, table: &Name) -> Option<&BTreeSet<Name>> {
        self.indexes.get(table)
    }

    /// Applies a change to the names of relations.
    pub(super) fn rename_relations(&mut self, rename: impl Fn(&mut Name)) {
        let renamed = |mut name: Name| {
            rename(&mut name);
            name
        };
        self.parents = take(&mut self.parents).into_iter().map(renamed).collect();
        for (referenced, owners) in take(&mut self.owners) {
            let owners: BTreeSet<Name> = owners.into_iter().map(renamed).collect();
            let now = renamed(referenced.clone());
            // With `PRAGMA legacy_alter_table` a foreign key still has the old name.
            if now != referenced {
                self.owners.entry(referenced).or_default().extend(owners.iter().cloned());
            }
            self.owners.entry(now).or_default().extend(owners);
        }
        for (table, indexes) in take(&mut self.indexes) {
            self.indexes.entry(renamed(table)).or_default().extend(indexes.into_iter().map(renamed));
        }
    }
}
