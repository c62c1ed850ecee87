//! The foreign keys that a statement adds, for the rules that ask about them.
//!
//! `ALTER TABLE orders ADD COLUMN customer bigint REFERENCES customers` becomes one [`AddedForeignKey`] with `table:
//! orders`, `new_column(): customer` and `reads_rows(): false`. They are collected here because a key can be written
//! in four places: in a column or a table constraint, of CREATE TABLE or ALTER TABLE.

use migrate_core::Span;

use super::added_column::is_there;
use crate::Context;
use crate::sql::{
    ChangeAction, Column, Constraint, ConstraintKind, ForeignKey, Generated, Kind, Name, ObjectKind,
    TableBody, Type,
};

/// A foreign key that a statement adds, either to a table that it creates or to one that exists.
pub(super) struct AddedForeignKey<'a> {
    /// The table that has the key.
    pub(super) table: &'a Name,
    pub(super) key: &'a ForeignKey,
    pub(super) constraint: &'a Constraint,
    pub(super) span: Span,
    /// The column that it belongs to, if the statement adds that column.
    column: Option<&'a Column>,
    /// Whether the statement or one before it in the script creates the table.
    pub(super) table_is_new: bool,
}

/// The foreign keys that a statement adds.
pub(super) fn added_foreign_keys<'a>(context: &Context<'a>) -> Vec<AddedForeignKey<'a>> {
    match &context.statement.kind {
        Kind::CreateTable(created) if !(created.if_not_exists && context.schema.is_known(&created.name)) => {
            let columns = match &created.body {
                TableBody::Columns(columns) => columns.as_slice(),
                TableBody::Query | TableBody::PartitionOf(..) => &[],
            };
            let of_columns = columns.iter().flat_map(|column| column.constraints.iter());
            let all = created.constraints.iter().chain(of_columns);
            let keys = all.filter_map(|constraint| foreign_key(&created.name, constraint, constraint.span));
            keys.map(|key| AddedForeignKey { table_is_new: true, ..key }).collect()
        }
        Kind::AlterTable(alter) if alter.kind == ObjectKind::Table => {
            let keys = alter.changes.iter().flat_map(|change| match &change.action {
                ChangeAction::AddConstraint(constraint) => {
                    foreign_key(&alter.name, constraint, change.span).into_iter().collect()
                }
                ChangeAction::AddColumn { column, if_not_exists }
                    if !(*if_not_exists && is_there(context, &alter.name, column)) =>
                {
                    of_column(&alter.name, column)
                }
                _ => Vec::new(),
            });
            let table_is_new = !context.is_old(&alter.name);
            keys.map(|key| AddedForeignKey { table_is_new, ..key }).collect()
        }
        _ => Vec::new(),
    }
}

/// The foreign keys written in a column that is added.
fn of_column<'a>(table: &'a Name, column: &'a Column) -> Vec<AddedForeignKey<'a>> {
    let keys =
        column.constraints.iter().filter_map(|constraint| foreign_key(table, constraint, constraint.span));
    keys.map(|key| AddedForeignKey { column: Some(column), ..key }).collect()
}

fn foreign_key<'a>(table: &'a Name, constraint: &'a Constraint, span: Span) -> Option<AddedForeignKey<'a>> {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return None };
    Some(AddedForeignKey { table, key, constraint, span, column: None, table_is_new: false })
}

impl AddedForeignKey<'_> {
    /// Whether the server looks up the rows that are there.
    ///
    /// It does not for a new column without a default. Measured on PostgreSQL 15: even `DEFAULT NULL` makes it look.
    pub(super) fn reads_rows(&self) -> bool {
        let has_value = self.column.is_none_or(|column| {
            column.default.is_some()
                || matches!(column.generated, Some(Generated::Stored(_)))
                || column.data_type.as_ref().is_some_and(Type::is_serial)
        });
        has_value && !self.constraint.not_valid && !self.constraint.not_enforced && !self.table_is_new
    }

    /// Whether it belongs to a new column that is not NULL in the rows that are there.
    pub(super) fn has_default(&self) -> bool {
        let default = self.column.and_then(|column| column.default.as_ref());
        default.is_some_and(|default| !default.value.is_null)
    }

    /// The table that it refers to, if that is another table and was there before.
    pub(super) fn other_old_table(&self, context: &Context<'_>) -> Option<&Name> {
        let other = &self.key.table;
        let is_other = context.schema.resolve(other) != context.schema.resolve(self.table);
        (is_other && context.is_old(other)).then_some(other)
    }

    /// The new column that it belongs to.
    pub(super) fn new_column(&self) -> Option<&str> {
        self.column.map(|column| column.name.name.as_str())
    }

    /// Whether it refuses writes that code from before the migration may make. A key on a new column does not: such code
    /// leaves the column NULL.
    pub(super) fn limits_writes(&self) -> bool {
        self.column.is_none() && !self.constraint.not_enforced && !self.table_is_new
    }
}
