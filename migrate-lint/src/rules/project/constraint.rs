//! The constraints that a script adds, for the rules that look at a whole script.
//!
//! `CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers)` gives two of them: the
//! primary key in the column `id`, and the foreign key in the column `customer`.

use migrate_core::Span;

use crate::WholeScript;
use crate::schema::Table;
use crate::sql::{ChangeAction, Column, Constraint, Kind, TableBody};

/// A constraint that a script adds, with the table as the whole script leaves it.
#[derive(Clone, Copy)]
pub(super) struct Added<'a> {
    /// The table at the end of the script.
    pub(super) table: &'a Table,
    pub(super) constraint: &'a Constraint,
    /// The column that it is written in, if it is not a table constraint.
    column: Option<&'a str>,
    pub(super) span: Span,
}

/// The constraints that a script adds to tables that a migration created and that exist at its end. A temporary table is
/// left out.
pub(super) fn added<'a>(whole: &WholeScript<'a>) -> Vec<Added<'a>> {
    let mut found = Vec::new();
    for statement in whole.statements() {
        match &statement.kind {
            Kind::CreateTable(create) => {
                let Some(table) = super::created_table(whole, create) else { continue };
                if let TableBody::Columns(columns) = &create.body {
                    found.extend(columns.iter().flat_map(|column| of_column(table, column)));
                }
                let of_table = create.constraints.iter();
                found.extend(
                    of_table.map(|constraint| of_table_constraint(table, constraint, constraint.span)),
                );
            }
            Kind::AlterTable(alter) => {
                let table = whole.schema.table(&alter.name);
                let Some(table) = table.filter(|table| table.is_known && !table.is_temporary) else {
                    continue;
                };
                for change in &alter.changes {
                    match &change.action {
                        ChangeAction::AddConstraint(constraint) => {
                            found.push(of_table_constraint(table, constraint, change.span));
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

fn of_table_constraint<'a>(table: &'a Table, constraint: &'a Constraint, span: Span) -> Added<'a> {
    Added { table, constraint, column: None, span }
}

fn of_column<'a>(table: &'a Table, column: &'a Column) -> impl Iterator<Item = Added<'a>> {
    let name = Some(column.name.name.as_str());
    let constraints = column.constraints.iter();
    constraints.map(move |constraint| Added { table, constraint, column: name, span: constraint.span })
}

impl<'a> Added<'a> {
    /// The columns that the constraint names, or else the one that it is written in. `None` if one of them has another name
    /// at the end of the script.
    pub(super) fn columns(&self, named: &'a [String]) -> Option<Vec<&'a str>> {
        let columns: Vec<&str> = match self.column {
            Some(column) if named.is_empty() => vec![column],
            _ => named.iter().map(String::as_str).collect(),
        };
        let is_there = columns.iter().all(|column| self.table.column(column).is_some());
        (is_there && !columns.is_empty()).then_some(columns)
    }
}
