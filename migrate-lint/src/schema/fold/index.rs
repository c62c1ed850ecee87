//! Indexes: created, given to partitions, attached, removed.
//!
//! `CREATE INDEX ON p (a)` of a partitioned table makes an index of `p` and one for each partition, `part_of` the
//! first. A partition that has an index like it already keeps that one, as on the server.

use super::super::default_name::{choose, index_columns, kept, middle};
use super::super::{Index, Schema, TableConstraint, TableConstraintKind};
use crate::sql::{CreateIndex, Expression, IndexKey, Name};

impl Schema {
    /// Adds an index, and its parts on the partitions of the table.
    pub(super) fn create_index(&mut self, create: &CreateIndex) {
        let table = self.resolve(&create.table);
        let given = create.name.as_ref().map(|name| kept(&name.name, self.engine));
        if create.if_not_exists && given.as_ref().is_some_and(|name| self.is_relation_beside(&table, name)) {
            return;
        }
        let partitions: Vec<Name> = self.partitions_of(&table).map(|(table, _)| table.name.clone()).collect();
        let index = Index {
            name: table.clone(),
            table: table.clone(),
            unique: create.unique,
            keys: create.keys.iter().map(|key| self.kept_key(key)).collect(),
            include: create.include.iter().map(|column| kept(column, self.engine)).collect(),
            filter: create.filter.as_ref().map(|filter| self.kept_expression(filter)),
            form: create.form.clone(),
            from_constraint: false,
            part_of: None,
            valid: !create.only || partitions.is_empty(),
            created_in: self.current,
        };
        let index = self.insert_index(index, given);
        if !create.only {
            partitions.iter().for_each(|partition| self.attach_or_build_index(&index, partition));
        }
    }

    /// The key with the names as the engine stores them.
    fn kept_key(&self, key: &IndexKey) -> IndexKey {
        let column = key.column.as_ref().map(|column| kept(column, self.engine));
        IndexKey { column, value: self.kept_expression(&key.value) }
    }

    /// Adds an index under the given name, or else under the name that the server would give it.
    fn insert_index(&mut self, mut index: Index, given: Option<String>) -> Index {
        let name = given.unwrap_or_else(|| {
            let columns = index_columns(&index.keys, &index.include);
            let middle = middle(columns.iter().map(String::as_str));
            let taken = |name: &str| self.is_relation_beside(&index.table, name);
            choose(&index.table.name, Some(&middle), "idx", taken)
        });
        index.name = Name { schema: index.table.schema.clone(), name };
        self.lookup.add_index(&index);
        self.indexes.insert(index.name.clone(), index.clone());
        index
    }

    /// Adds the index of a constraint, under the name of the constraint.
    pub(super) fn build_constraint_index(
        &mut self,
        table: &Name,
        name: &str,
        keys: Vec<IndexKey>,
        unique: bool,
    ) {
        let name = Name { schema: table.schema.clone(), name: name.to_owned() };
        let index = Index {
            name: name.clone(),
            table: table.clone(),
            unique,
            keys,
            include: Vec::new(),
            filter: None,
            form: String::new(),
            from_constraint: true,
            part_of: None,
            valid: true,
            created_in: self.current,
        };
        self.lookup.add_index(&index);
        self.indexes.insert(name, index);
    }

    /// Gives the partitions of a table the indexes of its constraints that they do not have yet.
    pub(super) fn index_partitions(&mut self, table: &Name) {
        let partitions: Vec<Name> = self.partitions_of(table).map(|(table, _)| table.name.clone()).collect();
        let indexes: Vec<Index> =
            self.indexes_of(table).filter(|index| index.from_constraint).cloned().collect();
        for partition in &partitions {
            for index in &indexes {
                self.attach_or_build_index(index, partition);
            }
        }
    }

    /// Attaches an index of `partition` that is like `parent`, the index of the partitioned table, or creates one.
    pub(super) fn attach_or_build_index(&mut self, parent: &Index, partition: &Name) {
        let own = || self.indexes_of(partition);
        if own().any(|index| index.part_of.as_ref() == Some(&parent.name)) {
            return;
        }
        let fits = own().find(|index| index.part_of.is_none() && index.is_like(parent));
        let fits = fits.map(|index| index.name.clone());
        match fits.and_then(|name| self.indexes.get_mut(&name)) {
            Some(index) => index.part_of = Some(parent.name.clone()),
            None => self.build_partition_index(parent, partition),
        }
    }

    /// Creates the part of an index on a partition. If the index belongs to a constraint, so does the part.
    fn build_partition_index(&mut self, parent: &Index, partition: &Name) {
        let constraint = self.tables.get(&parent.table).and_then(|table| table.constraint(&parent.name.name));
        let built = match constraint
            .filter(|_| parent.from_constraint)
            .map(|constraint| constraint.kind.clone())
        {
            Some(TableConstraintKind::PrimaryKey { columns }) => {
                self.add_key(partition, None, columns, true);
                self.tables.get(partition).and_then(|table| table.constraints.last())
            }
            Some(TableConstraintKind::Unique { columns }) => {
                self.add_key(partition, None, columns, false);
                self.tables.get(partition).and_then(|table| table.constraints.last())
            }
            _ => {
                let index =
                    Index { table: partition.clone(), part_of: Some(parent.name.clone()), ..parent.clone() };
                let index = self.insert_index(index, None);
                let partitions: Vec<Name> =
                    self.partitions_of(partition).map(|(table, _)| table.name.clone()).collect();
                partitions.iter().for_each(|partition| self.attach_or_build_index(&index, partition));
                None
            }
        };
        let name = built.and_then(|constraint: &TableConstraint| constraint.name.clone());
        let name = name.map(|name| Name { schema: partition.schema.clone(), name });
        if let Some(index) = name.and_then(|name| self.indexes.get_mut(&name)) {
            index.part_of = Some(parent.name.clone());
        }
    }

    /// `ALTER INDEX … ATTACH PARTITION`: the index of the parent is valid once every partition has its part.
    pub(super) fn attach_index(&mut self, parent: &Name, part: &Name) {
        let part = self.resolve(part);
        if let Some(part) = self.indexes.get_mut(&part) {
            part.part_of = Some(parent.clone());
        }
        let Some(table) = self.indexes.get(parent).map(|index| index.table.clone()) else { return };
        let complete = self.partitions_of(&table).all(|(partition, _)| {
            self.indexes
                .values()
                .any(|index| index.table == partition.name && index.part_of.as_ref() == Some(parent))
        });
        if let Some(index) = self.indexes.get_mut(parent) {
            index.valid |= complete;
        }
    }

    /// Removes an index, the constraint that owns it, and its parts.
    pub(super) fn remove_index(&mut self, name: &Name) {
        let Some(index) = self.indexes.remove(name) else { return };
        self.gone.insert(name.clone());
        if index.from_constraint
            && self.engine.names_index_like_key()
            && let Some(table) = self.tables.get_mut(&index.table)
        {
            table.constraints.retain(|constraint| constraint.name.as_ref() != Some(&name.name));
        }
        let parts = self.indexes.values().filter(|part| part.part_of.as_ref() == Some(name));
        let parts: Vec<Name> = parts.map(|part| part.name.clone()).collect();
        parts.iter().for_each(|part| self.remove_index(part));
    }
}

impl Index {
    /// Whether the two indexes have the same keys and condition, so that one can be a part of the other.
    fn is_like(&self, other: &Index) -> bool {
        let keys = |index: &Index| -> Vec<String> {
            let keys = index.keys.iter();
            keys.map(|key| key.column.clone().unwrap_or_else(|| key.value.text.clone())).collect()
        };
        let filter = |index: &Index| index.filter.as_ref().map(|filter| filter.text.clone());
        self.unique == other.unique && keys(self) == keys(other) && filter(self) == filter(other)
    }
}

impl IndexKey {
    pub(super) fn of_column(column: &str) -> IndexKey {
        let value =
            Expression { columns: vec![column.to_owned()], text: column.to_owned(), ..Expression::default() };
        IndexKey { column: Some(column.to_owned()), value }
    }
}
