//! CREATE TABLE, with what a table gets from others: INHERITS, LIKE, PARTITION OF.
//!
//! `CREATE TABLE q PARTITION OF p DEFAULT` gives `q` the columns, checks, foreign keys and indexes of `p`, each
//! index under a name of its own and as a part of that of `p`.

use super::super::{Partition, RowSecurity, Schema, Table, TableConstraintKind};
use crate::sql::{Column, Constraint, ConstraintKind, CreateTable, Name, TableBody, TableOptions};

impl Schema {
    /// Adds a table. One of the same name that is known is replaced: the script would fail otherwise, so the old one
    /// must be gone.
    pub(super) fn create_table(&mut self, create: &CreateTable) {
        let name = self.relation_name(&create.name, create.temporary);
        if create.if_not_exists && self.is_known(&name) {
            return;
        }
        if self.is_known(&name) {
            self.drop_relation(&name, false);
        }
        let table = self.blank_table(&name, create);
        table.inherits.iter().for_each(|parent| self.lookup.add_parent(parent));
        self.tables.insert(name.clone(), table);
        for source in create.inherits.iter().chain(&create.like) {
            self.copy_columns(source, &name);
        }
        let columns: &[Column] = match &create.body {
            TableBody::Columns(columns) => columns,
            TableBody::Query | TableBody::PartitionOf(..) => &[],
        };
        for column in columns {
            self.add_column(&name, column);
        }
        let of_columns = columns.iter().flat_map(|column| {
            column.constraints.iter().map(|constraint| (Some(column.name.name.as_str()), constraint))
        });
        let of_table = create.constraints.iter().map(|constraint| (None, constraint));
        for (column, constraint) in self.in_order(of_columns.chain(of_table)) {
            self.add_constraint(&name, &constraint, column);
        }
        for parent in &create.inherits {
            self.copy_checks(parent, &name);
        }
        if let TableBody::PartitionOf(parent, bound) = &create.body {
            self.become_partition(&name, Partition { parent: self.resolve(parent), bound: bound.clone() });
        }
    }

    /// The constraints of one statement in the order in which the server creates them, which decides who gets which default
    /// name. Equal keys, as in `PRIMARY KEY UNIQUE`, become one with the name of either.
    pub(super) fn in_order<'a>(
        &self,
        constraints: impl Iterator<Item = (Option<&'a str>, &'a Constraint)>,
    ) -> Vec<(Option<&'a str>, Constraint)> {
        let mut constraints: Vec<_> = constraints.map(|(column, known)| (column, known.clone())).collect();
        if !self.engine.sorts_constraints() {
            return constraints;
        }
        constraints.sort_by_key(|(_, constraint)| rank(constraint));
        let mut kept: Vec<(Option<&str>, Constraint)> = Vec::new();
        for (column, constraint) in constraints {
            let columns = key_columns(column, &constraint);
            let equal = kept.iter_mut().find(|(column, kept)| key_columns(*column, kept) == columns);
            match equal.filter(|_| columns.is_some()) {
                Some((_, kept)) => kept.name = kept.name.take().or(constraint.name),
                None => kept.push((column, constraint)),
            }
        }
        kept
    }

    /// The table without its columns and constraints.
    fn blank_table(&self, name: &Name, create: &CreateTable) -> Table {
        let known = |parent: &Name| self.table(parent).is_some_and(|parent| parent.columns_are_complete);
        let columns_are_complete = create.like.is_empty()
            && create.inherits.iter().all(known)
            && match &create.body {
                TableBody::Columns(_) => true,
                TableBody::Query => false,
                TableBody::PartitionOf(parent, _) => known(parent),
            };
        Table {
            columns_are_complete,
            is_foreign: create.foreign,
            is_temporary: create.temporary,
            is_unlogged: create.unlogged,
            partition_by: create.partition_by.clone(),
            inherits: create.inherits.iter().map(|parent| self.resolve(parent)).collect(),
            options: create.options,
            is_known: true,
            may_be_older: create.if_not_exists,
            created_in: self.current,
            ..Table::unknown(name.clone())
        }
    }

    /// Copies the columns of `source` that the table does not have.
    fn copy_columns(&mut self, source: &Name, name: &Name) {
        let Some(source) = self.table(source).cloned() else { return };
        let Some(table) = self.tables.get_mut(name) else { return };
        for column in source.columns {
            if table.column(&column.name).is_none() {
                table.columns.push(column);
            }
        }
    }

    /// Copies the checks that a child inherits from its parent, under the parent's names.
    fn copy_checks(&mut self, parent: &Name, name: &Name) {
        let Some(parent) = self.table(parent).cloned() else { return };
        let Some(table) = self.tables.get_mut(name) else { return };
        for constraint in parent.constraints {
            let is_check = matches!(constraint.kind, TableConstraintKind::Check(_));
            let has_it = constraint.name.as_deref().is_some_and(|name| table.constraint(name).is_some());
            if is_check && !has_it {
                table.constraints.push(constraint);
            }
        }
    }

    /// Gives a partition the columns, constraints and indexes of its parent. What it has already is kept.
    pub(super) fn become_partition(&mut self, name: &Name, place: Partition) {
        let parent_name = place.parent.clone();
        self.lookup.add_parent(&parent_name);
        self.copy_columns(&parent_name, name);
        self.copy_checks(&parent_name, name);
        if let Some(table) = self.tables.get_mut(name) {
            table.partition_of = Some(place);
        }
        let Some(parent) = self.tables.get(&parent_name).cloned() else { return };
        for index in self.indexes_of(&parent_name).cloned().collect::<Vec<_>>() {
            self.attach_or_build_index(&index, name);
        }
        let Some(table) = self.tables.get_mut(name) else { return };
        for constraint in parent.constraints {
            let TableConstraintKind::ForeignKey { table: referenced, .. } = &constraint.kind else {
                continue;
            };
            if !table.constraints.iter().any(|own| own.kind == constraint.kind) {
                self.lookup.add_foreign_key(name, referenced);
                table.constraints.push(constraint);
            }
        }
    }
}

impl Table {
    /// A table about which nothing is known but its name.
    pub(super) fn unknown(name: Name) -> Table {
        Table {
            name,
            columns: Vec::new(),
            columns_are_complete: false,
            constraints: Vec::new(),
            is_foreign: false,
            is_temporary: false,
            is_unlogged: false,
            partition_by: None,
            partition_of: None,
            inherits: Vec::new(),
            row_security: RowSecurity::default(),
            policies: Vec::new(),
            triggers: Vec::new(),
            options: TableOptions::default(),
            is_known: false,
            may_be_older: false,
            created_in: 0,
        }
    }
}

/// The order in which the server creates, and so names, the constraints of one statement.
pub(super) fn rank(constraint: &Constraint) -> u8 {
    match constraint.kind {
        ConstraintKind::NotNull { .. } | ConstraintKind::Check(_) => 0,
        ConstraintKind::UsingIndex { .. } => 1,
        ConstraintKind::PrimaryKey { .. } => 2,
        ConstraintKind::Unique { .. } | ConstraintKind::Exclude { .. } => 3,
        ConstraintKind::ForeignKey(_) => 4,
    }
}

/// The columns of a key, and whether two NULLs count as equal in it.
fn key_columns<'a>(column: Option<&'a str>, constraint: &'a Constraint) -> Option<(Vec<&'a str>, bool)> {
    let (columns, nulls_are_equal) = match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } => (columns, false),
        ConstraintKind::Unique { columns, nulls_not_distinct } => (columns, *nulls_not_distinct),
        _ => return None,
    };
    let columns = if columns.is_empty() {
        column.into_iter().collect()
    } else {
        columns.iter().map(String::as_str).collect()
    };
    Some((columns, nulls_are_equal))
}
