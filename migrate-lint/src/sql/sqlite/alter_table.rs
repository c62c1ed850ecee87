//! ALTER TABLE, which has exactly one action on SQLite.

use sqlite3_parser::ast::{AlterTableBody, QualifiedName};

use super::name::{identifier, name};
use super::place::Place;
use super::table::{column, constraint};
use crate::sql::{AlterTable, Change, ChangeAction, ColumnChange, ObjectKind};

pub(super) fn alter_table(
    table: &QualifiedName<'_>,
    body: &AlterTableBody<'_>,
    place: &Place<'_>,
) -> AlterTable {
    let span = place.action();
    let alter = |column, change| ChangeAction::AlterColumn { column: identifier(column), change };
    let action = match body {
        AlterTableBody::RenameTo(_) => ChangeAction::RenameTo(place.last()),
        AlterTableBody::AddColumn(definition) => ChangeAction::AddColumn {
            column: Box::new(column(definition, place.added_column(), place)),
            if_not_exists: false,
        },
        AlterTableBody::DropColumnNotNull(column) => alter(column, ColumnChange::DropNotNull),
        AlterTableBody::SetColumnNotNull(column, _) => alter(column, ColumnChange::SetNotNull),
        AlterTableBody::RenameColumn { old, .. } => {
            ChangeAction::RenameColumn { from: identifier(old), to: place.last() }
        }
        AlterTableBody::DropColumn(column) => {
            ChangeAction::DropColumn { column: identifier(column), if_exists: false, cascade: false }
        }
        AlterTableBody::AddConstraint(known) => ChangeAction::AddConstraint(constraint(known, span)),
        AlterTableBody::DropConstraint(known) => {
            ChangeAction::DropConstraint { name: identifier(known), if_exists: false, cascade: false }
        }
    };
    let changes = vec![Change { span, action }];
    AlterTable { kind: ObjectKind::Table, name: name(table), if_exists: false, changes }
}
