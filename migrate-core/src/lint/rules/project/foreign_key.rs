use crate::Span;
use crate::lint::Outcome;
use crate::schema::Table;
use crate::sql::{ChangeAction, Column, Constraint, ConstraintKind, ForeignKey, Kind, TableBody};

/// A foreign key that a script adds.
pub(super) struct Added<'a> {
    pub(super) table: &'a Table,
    pub(super) columns: Vec<&'a str>,
    pub(super) key: &'a ForeignKey,
    pub(super) span: Span,
    /// Whether the server sees to it: `NOT ENFORCED` is a note.
    pub(super) is_enforced: bool,
}

/// The foreign keys that a script adds to tables that the folder knows and that are there at its end.
pub(super) fn added<'a>(outcome: &Outcome<'a>) -> Vec<Added<'a>> {
    let mut found = Vec::new();
    for statement in outcome.statements() {
        match &statement.kind {
            Kind::CreateTable(create) => {
                let Some(table) = super::created_table(outcome, create) else { continue };
                let columns = match &create.body {
                    TableBody::Columns(columns) => columns.as_slice(),
                    TableBody::Query | TableBody::PartitionOf(..) => &[],
                };
                found.extend(columns.iter().flat_map(|column| of_column(table, column)));
                found
                    .extend(create.constraints.iter().filter_map(|known| of(table, known, None, known.span)));
            }
            Kind::AlterTable(alter) => {
                let table = outcome.schema.table(&alter.name);
                let Some(table) = table.filter(|table| table.is_known && !table.is_temporary) else {
                    continue;
                };
                for change in &alter.changes {
                    match &change.action {
                        ChangeAction::AddConstraint(known) => {
                            found.extend(of(table, known, None, change.span));
                        }
                        ChangeAction::AddColumn { column, .. } => found.extend(of_column(table, column)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn of_column<'a>(table: &'a Table, column: &'a Column) -> impl Iterator<Item = Added<'a>> {
    column.constraints.iter().filter_map(move |known| of(table, known, Some(&column.name.name), known.span))
}

/// `None` too where its columns have other names at the end of the script.
fn of<'a>(
    table: &'a Table,
    constraint: &'a Constraint,
    column: Option<&'a str>,
    span: Span,
) -> Option<Added<'a>> {
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return None };
    let columns: Vec<&str> = match column {
        Some(column) if key.columns.is_empty() => vec![column],
        _ => key.columns.iter().map(String::as_str).collect(),
    };
    let is_there = columns.iter().all(|column| table.column(column).is_some());
    let is_enforced = !constraint.not_enforced;
    (is_there && !columns.is_empty()).then_some(Added { table, columns, key, span, is_enforced })
}
