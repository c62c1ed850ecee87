//! ALTER TABLE of what is not there, and of a name that is taken.

use migrate_core::Span;

use super::{Place, key};
use crate::schema::Table;
use crate::sql::{
    AlterTable, Change, ChangeAction, ColumnChange, ConstraintKind, Name, ObjectKind, Statement,
};

impl Place<'_> {
    pub(super) fn altered(&self, alter: &AlterTable, statement: &Statement) -> Option<(Span, String)> {
        if alter.if_exists && !self.schema.has_name(&alter.name) {
            return None;
        }
        if let Some(why) = self.gone(&alter.name) {
            return Some((statement.span, why));
        }
        let table = self.with_known_columns(&alter.name);
        let of_column = |change: &Change| table.and_then(|table| self.changed(table, alter, change));
        let refused = alter.changes.iter().find_map(|change| {
            let why = of_column(change)
                .or_else(|| self.taken_by(alter, change))
                .or_else(|| self.second_key(self.schema.table(&alter.name)?, alter, change))
                .or_else(|| self.impossible(&change.action))?;
            Some((change.span, why))
        });
        refused.or_else(|| Some((statement.span, self.refers(statement)?)))
    }

    /// Why an action is refused whatever table it is about.
    fn impossible(&self, action: &ChangeAction) -> Option<String> {
        match action {
            ChangeAction::AlterColumn { change: ColumnChange::Type { to, .. }, .. } if to.is_serial() => {
                Some(format!("`{to}` is no type: it is a short form for a new column and its sequence"))
            }
            ChangeAction::AddColumn { column, .. } if self.schema.engine().rebuilds_tables() => {
                column.constraints.iter().find_map(|constraint| match constraint.kind {
                    ConstraintKind::PrimaryKey { .. } => {
                        Some("ADD COLUMN takes no PRIMARY KEY: only a rebuild of the table does".to_owned())
                    }
                    ConstraintKind::Unique { .. } => {
                        Some("ADD COLUMN takes no UNIQUE: a unique index after it does the same".to_owned())
                    }
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// Why one action on a table with all columns known is refused. What the same statement adds, drops or renames too
    /// is left out.
    fn changed(&self, table: &Table, alter: &AlterTable, change: &Change) -> Option<String> {
        let is_touched = |column: &str| {
            alter.changes.iter().any(|other| {
                !std::ptr::eq(other, change)
                    && match &other.action {
                        ChangeAction::AddColumn { column: known, .. } => known.name.name == column,
                        ChangeAction::DropColumn { column: known, .. }
                        | ChangeAction::RenameColumn { from: known, .. } => known == column,
                        _ => false,
                    }
            })
        };
        let name = &alter.name;
        let lacks = |column: &str| self.lacks(table, column).filter(|_| !is_touched(column));
        match &change.action {
            ChangeAction::DropColumn { column, if_exists: false, .. } => lacks(column),
            ChangeAction::AlterColumn { column, .. } => lacks(column),
            ChangeAction::RenameColumn { from, to } => {
                // SQLite renames a column to its own name, in other letters or in the same.
                let is_itself = self.schema.engine().rebuilds_tables() && from.eq_ignore_ascii_case(&to.name);
                lacks(from).or_else(|| self.has_column(table, &to.name).filter(|_| !is_itself))
            }
            ChangeAction::DropConstraint { name: constraint, if_exists: false, .. } => self
                .lacks_constraint(table, constraint)
                .then(|| format!("`{name}` has no constraint `{constraint}`")),
            ChangeAction::AddConstraint(constraint) => {
                key::columns_of(constraint).iter().find_map(|column| lacks(column))
            }
            _ => None,
        }
    }

    /// Why the name that an action gives is taken.
    fn taken_by(&self, alter: &AlterTable, change: &Change) -> Option<String> {
        let table = self.schema.table(&alter.name).filter(|_| !self.schema.is_ambiguous(&alter.name));
        match &change.action {
            ChangeAction::AddColumn { column, if_not_exists: false } => {
                let goes = alter.changes.iter().any(|other| match &other.action {
                    ChangeAction::DropColumn { column: dropped, .. } => *dropped == column.name.name,
                    _ => false,
                });
                self.has_column(table.filter(|_| !goes)?, &column.name.name)
            }
            ChangeAction::AddConstraint(constraint) => {
                let name = self.schema.kept_part(constraint.name.as_deref()?);
                let goes = alter.changes.iter().any(|other| match &other.action {
                    ChangeAction::DropConstraint { name: dropped, .. } => {
                        self.schema.kept_part(dropped) == name
                    }
                    // It may use the constraint.
                    ChangeAction::DropColumn { .. } => true,
                    _ => false,
                });
                let table = table.filter(|table| !goes && table.is_known && self.are_parts_certain(table))?;
                table.constraint(&name).map(|_| format!("`{}` has a constraint `{name}`", alter.name))
            }
            ChangeAction::RenameTo(to) if matches!(alter.kind, ObjectKind::Table | ObjectKind::View) => {
                let known = self.schema.resolve(&alter.name);
                let is_known = self.schema.has_name(&alter.name) && !self.schema.is_ambiguous(&alter.name);
                is_known.then(|| {
                    self.taken(&Name { schema: known.schema, name: self.schema.kept_part(&to.name) })
                })?
            }
            _ => None,
        }
    }

    /// That the table has the column already.
    fn has_column(&self, table: &Table, column: &str) -> Option<String> {
        let known = table.column(&self.schema.kept_part(column))?;
        // An heir may merge the column with its own.
        let is_plain = table.inherits.is_empty() && table.partition_of.is_none();
        let is_certain = is_plain && self.is_certain(known.created_in);
        is_certain.then(|| format!("`{}` has a column `{column}`", self.shown(&table.name)))
    }
}
