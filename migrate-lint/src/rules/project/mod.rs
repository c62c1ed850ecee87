//! What the project declares in `migrate.toml`, its tenants, its soft deletes and its oldest server, and what its tables
//! have to have for each other. All of it is asked at the end of a script, whatever the order of its statements.

mod constraint;
mod fk_index;
mod foreign_key;
mod newer_syntax;
mod rls_not_forced;
mod rls_setting;
mod soft_delete_cascade;
mod soft_delete_index;
mod soft_delete_unique;
mod tenant_column;
mod tenant_foreign_key;
mod tenant_key;
mod tenant_view;

use migrate_core::Span;

use super::WholeScriptRule;
use crate::WholeScript;
use crate::schema::Table;
use crate::sql::{CreateTable, Kind, Name, TableBody};

pub(super) const RULES: &[WholeScriptRule] = &[
    fk_index::check,
    newer_syntax::check,
    rls_not_forced::check,
    rls_setting::check,
    soft_delete_cascade::check,
    soft_delete_index::check,
    soft_delete_unique::check,
    tenant_column::check,
    tenant_foreign_key::check,
    tenant_key::check,
    tenant_view::check,
];

/// The tables that a script creates and leaves, with the statement that does. A partition is a part of another.
fn created_tables<'a>(whole: &WholeScript<'a>) -> impl Iterator<Item = (&'a Table, Span)> + use<'a> {
    let whole = *whole;
    whole.statements().filter_map(move |statement| match &statement.kind {
        Kind::CreateTable(create) => Some((created_table(&whole, create)?, statement.span)),
        _ => None,
    })
}

fn created_table<'a>(whole: &WholeScript<'a>, create: &CreateTable) -> Option<&'a Table> {
    let is_partition = matches!(create.body, TableBody::PartitionOf(..));
    let table = whole.schema.table(&create.name)?;
    let is_new = whole.schema.is_current(table.created_in);
    let counts = is_new && table.is_known && !table.is_temporary && !table.is_foreign && !is_partition;
    counts.then_some(table)
}

/// The tenant column, if the table has it.
fn tenant_of<'a>(whole: &WholeScript<'a>, table: &Table) -> Option<&'a str> {
    whole.project.tenant.as_deref().filter(|column| table.column(column).is_some())
}

/// The column that marks deleted rows, if the table has it.
fn deletion_mark_of<'a>(whole: &WholeScript<'a>, table: &Table) -> Option<&'a str> {
    whole.project.deleted.as_deref().filter(|column| table.column(column).is_some())
}

/// The columns of each key of a table, the primary key first: what a foreign key can refer to.
fn keys<'a>(whole: &WholeScript<'a>, table: &'a Table) -> impl Iterator<Item = Vec<&'a str>> + use<'a> {
    let primary = table.primary_key().map(|columns| columns.iter().map(String::as_str).collect());
    let has_all = |keys: usize, columns: &Vec<&str>| keys == columns.len();
    let unique = whole
        .schema
        .indexes_of(&table.name)
        .filter(|index| index.unique && index.filter.is_none())
        .map(|index| (index.keys.len(), index.leading_columns().collect::<Vec<&str>>()))
        .filter(move |(keys, columns)| has_all(*keys, columns))
        .map(|(_, columns)| columns)
        .collect::<Vec<_>>();
    primary.into_iter().chain(unique)
}

/// Whether both hold the same columns, in whichever order.
fn is_same_set(one: &[&str], other: &[&str]) -> bool {
    one.iter().all(|column| other.contains(column)) && other.iter().all(|column| one.contains(column))
}

/// The name as messages show it: without the schema that is looked in anyway.
fn shown(name: &Name) -> Name {
    let schema = name.schema.clone().filter(|schema| !["public", "main"].contains(&schema.as_str()));
    Name { schema, name: name.name.clone() }
}
