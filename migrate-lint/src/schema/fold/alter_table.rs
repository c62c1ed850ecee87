//! ALTER TABLE and its like: ALTER INDEX, ALTER VIEW, ALTER SEQUENCE.
//!
//! `ALTER TABLE t ADD b int, DROP COLUMN a` first drops `a` and then adds `b`, because that is what PostgreSQL does
//! ([`pass`]). Changes of a parent reach its partitions and the tables that inherit from it.

use super::super::default_name::kept;
use super::super::{Partition, Schema, Table};
use super::create_table::rank;
use crate::sql::{AlterTable, Change, ChangeAction, Column, ColumnChange, Name, ObjectKind};

impl Schema {
    /// Applies the actions, in the order in which the engine carries them out.
    pub(super) fn alter_table(&mut self, alter: &AlterTable) {
        let name = self.resolve(&alter.name);
        if !self.relation_exists(&name) {
            // ALTER TABLE without IF EXISTS proves that the table exists, although no migration created it.
            if alter.if_exists || !matches!(alter.kind, ObjectKind::Table | ObjectKind::ForeignTable) {
                return;
            }
            self.table_entry(&name);
        }
        let mut changes: Vec<&Change> = alter.changes.iter().collect();
        if self.engine.runs_alter_in_passes() {
            changes.sort_by_key(|change| pass(&change.action));
        }
        for change in changes {
            if self.tables.contains_key(&name) {
                self.change_table(&name, &change.action);
            } else {
                self.change_relation(&name, &change.action);
            }
        }
    }

    /// The changes that matter for a view, an index or a sequence.
    fn change_relation(&mut self, name: &Name, action: &ChangeAction) {
        match action {
            ChangeAction::RenameTo(to) => self.rename_to(name, &to.name),
            ChangeAction::SetSchema(schema) => self.move_relation(name, schema),
            ChangeAction::AttachPartition { partition, .. } => self.attach_index(name, partition),
            _ => {}
        }
    }

    /// Applies one action to a table.
    fn change_table(&mut self, name: &Name, action: &ChangeAction) {
        let engine = self.engine;
        match action {
            ChangeAction::AddColumn { column, if_not_exists } => {
                self.add_column_with_constraints(name, column, *if_not_exists);
            }
            ChangeAction::DropColumn { column, .. } => {
                for heir in self.with_heirs(name) {
                    self.drop_column(&heir, &kept(column, engine));
                }
            }
            ChangeAction::AlterColumn { column, change } => {
                let heirs = match change {
                    ColumnChange::AddIdentity | ColumnChange::DropIdentity => vec![name.clone()],
                    _ => self.with_heirs(name),
                };
                for heir in heirs {
                    self.alter_column(&heir, &kept(column, engine), change);
                }
            }
            ChangeAction::AddConstraint(constraint) => self.add_constraint(name, constraint, None),
            ChangeAction::DropConstraint { name: constraint, cascade, .. } => {
                self.drop_constraint(name, &kept(constraint, engine), *cascade);
            }
            ChangeAction::ValidateConstraint { name: constraint } => {
                self.validate_constraint(name, &kept(constraint, engine));
            }
            ChangeAction::RenameColumn { from, to } => {
                for heir in self.with_heirs(name) {
                    self.rename_column(&heir, &kept(from, engine), &kept(&to.name, engine));
                }
            }
            ChangeAction::RenameConstraint { from, to } => {
                for heir in self.with_heirs(name) {
                    self.rename_constraint(&heir, &kept(from, engine), &kept(&to.name, engine));
                }
            }
            ChangeAction::RenameTo(to) => self.rename_to(name, &to.name),
            ChangeAction::SetSchema(schema) => self.move_relation(name, schema),
            ChangeAction::AttachPartition { partition, bound } => {
                let partition = self.resolve(partition);
                self.table_entry(&partition);
                self.become_partition(&partition, Partition { parent: name.clone(), bound: bound.clone() });
            }
            ChangeAction::DetachPartition { partition, .. } => self.detach_partition(name, partition),
            ChangeAction::Inherit(parent) => {
                let parent = self.resolve(parent);
                self.lookup.add_parent(&parent);
                self.table_entry(name).inherits.push(parent);
            }
            ChangeAction::NoInherit(parent) => {
                let parent = self.resolve(parent);
                self.table_entry(name).inherits.retain(|known| *known != parent);
            }
            ChangeAction::EnableRowSecurity => self.table_entry(name).row_security.enabled = true,
            ChangeAction::DisableRowSecurity => self.table_entry(name).row_security.enabled = false,
            ChangeAction::ForceRowSecurity => self.table_entry(name).row_security.forced = true,
            ChangeAction::NoForceRowSecurity => self.table_entry(name).row_security.forced = false,
            ChangeAction::SetLogged => self.table_entry(name).is_unlogged = false,
            ChangeAction::SetUnlogged => self.table_entry(name).is_unlogged = true,
            ChangeAction::OwnerTo(_)
            | ChangeAction::SetTrigger
            | ChangeAction::SetDeferrable { .. }
            | ChangeAction::SetTablespace
            | ChangeAction::SetAccessMethod
            | ChangeAction::ReplicaIdentity
            | ChangeAction::SetOptions
            | ChangeAction::Other(_) => {}
        }
    }

    /// Adds a column and its constraints to the table and its heirs. An heir that has the column keeps its own.
    fn add_column_with_constraints(&mut self, table: &Name, column: &Column, if_not_exists: bool) {
        let name = kept(&column.name.name, self.engine);
        let exists = self.tables.get(table).is_some_and(|table| table.column(&name).is_some());
        if exists && if_not_exists {
            return;
        }
        for heir in self.with_heirs(table) {
            if self.tables.get(&heir).is_some_and(|table| table.column(&name).is_none()) {
                self.add_column(&heir, column);
            }
        }
        let constraints = column.constraints.iter().map(|constraint| (Some(name.as_str()), constraint));
        for (column, constraint) in self.in_order(constraints) {
            self.add_constraint(table, &constraint, column);
        }
    }

    /// Makes a partition an ordinary table. It keeps its indexes, which are no longer parts of others.
    fn detach_partition(&mut self, name: &Name, partition: &Name) {
        let partition = self.resolve(partition);
        let indexes: Vec<Name> = self.indexes_of(name).map(|index| index.name.clone()).collect();
        for index in self.indexes.values_mut().filter(|index| index.table == partition) {
            if index.part_of.as_ref().is_some_and(|parent| indexes.contains(parent)) {
                index.part_of = None;
            }
        }
        self.table_entry(&partition).partition_of = None;
    }

    /// The table of this name. If no migration created one, an unknown table is added, so that later statements find what
    /// this one changes.
    pub(super) fn table_entry(&mut self, name: &Name) -> &mut Table {
        self.tables.entry(name.clone()).or_insert_with(|| Table::unknown(name.clone()))
    }

    /// The table and all tables that inherit from it, including partitions.
    pub(super) fn with_heirs(&self, name: &Name) -> Vec<Name> {
        self.with_descendants(name, |table, parent| {
            table.partition_of.as_ref().is_some_and(|place| place.parent == *parent)
                || table.inherits.contains(parent)
        })
    }

    /// The table and all its partitions, at any depth.
    pub(super) fn with_partitions(&self, name: &Name) -> Vec<Name> {
        self.with_descendants(name, |table, parent| {
            table.partition_of.as_ref().is_some_and(|place| place.parent == *parent)
        })
    }

    /// The table and all tables below it, by `is_child`, each once.
    fn with_descendants(&self, name: &Name, is_child: impl Fn(&Table, &Name) -> bool) -> Vec<Name> {
        let mut found = vec![name.clone()];
        let mut next = 0;
        while let Some(parent) = found.get(next).cloned() {
            next += 1;
            if self.lookup.may_have_children(&parent) {
                let children = self.tables.values().filter(|table| is_child(table, &parent));
                let new = children.map(|table| &table.name).filter(|name| !found.contains(name));
                let new: Vec<Name> = new.cloned().collect();
                found.extend(new);
            }
        }
        found
    }
}

/// The pass of the server in which it carries out an action (`AlterTablePass` in its source). Drops come first, so that
/// a name that one action drops is free for another, in any order of the two.
fn pass(action: &ChangeAction) -> u8 {
    match action {
        ChangeAction::DropColumn { .. }
        | ChangeAction::DropConstraint { .. }
        | ChangeAction::AlterColumn {
            change:
                ColumnChange::DropNotNull
                | ColumnChange::DropDefault
                | ColumnChange::DropIdentity
                | ColumnChange::DropExpression,
            ..
        } => 0,
        ChangeAction::AlterColumn { change: ColumnChange::Type { .. }, .. } => 1,
        ChangeAction::AddColumn { .. } => 2,
        ChangeAction::AddConstraint(constraint) => 3 + rank(constraint),
        ChangeAction::AlterColumn { .. } => 3,
        _ => u8::MAX,
    }
}
