//! Keys: of columns that are not there, and a second primary key.

use super::Place;
use crate::schema::Table;
use crate::sql::{AlterTable, Change, ChangeAction, Constraint, ConstraintKind, CreateTable, TableBody};

impl Place<'_> {
    /// That an action adds a primary key to a table that has one.
    pub(super) fn second_key(&self, table: &Table, alter: &AlterTable, change: &Change) -> Option<String> {
        let added = match &change.action {
            ChangeAction::AddConstraint(constraint) => std::slice::from_ref(constraint),
            ChangeAction::AddColumn { column, if_not_exists: false } => &column.constraints[..],
            _ => return None,
        };
        // It may be the key that goes.
        let drops = alter.changes.iter().any(|change| {
            matches!(change.action, ChangeAction::DropConstraint { .. } | ChangeAction::DropColumn { .. })
        });
        let is_certain = table.inherits.is_empty()
            && table.partition_of.is_none()
            && table.is_known
            && self.are_parts_certain(table)
            && !drops;
        let has_two = is_certain && added.iter().any(is_primary) && table.primary_key().is_some();
        has_two.then(|| format!("`{}` has a primary key", alter.name))
    }
}

/// That a new table has two primary keys.
pub(super) fn second(create: &CreateTable) -> Option<String> {
    let TableBody::Columns(columns) = &create.body else { return None };
    let of_columns = columns.iter().flat_map(|column| &column.constraints);
    let keys = of_columns.chain(&create.constraints).filter(|constraint| is_primary(constraint)).count();
    (keys > 1).then(|| format!("`{}` has {keys} primary keys", create.name))
}

fn is_primary(constraint: &Constraint) -> bool {
    matches!(
        constraint.kind,
        ConstraintKind::PrimaryKey { .. } | ConstraintKind::UsingIndex { primary: true, .. }
    )
}

/// That a key of a new table has a column that the table does not have.
pub(super) fn missing_column(create: &CreateTable) -> Option<String> {
    let TableBody::Columns(columns) = &create.body else { return None };
    if !create.like.is_empty() || !create.inherits.is_empty() {
        return None;
    }
    let is_there = |name: &str| columns.iter().any(|column| column.name.name == name);
    let mut used = create.constraints.iter().flat_map(columns_of);
    let missing = used.find(|column| !is_there(column))?;
    Some(format!("`{}` has no column `{missing}`", create.name))
}

/// The columns of its own table that a key has.
pub(super) fn columns_of(constraint: &Constraint) -> &[String] {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => columns,
        ConstraintKind::ForeignKey(key) => &key.columns,
        _ => &[],
    }
}
