//! The rules for what the project declares in `migrate.toml`, its tenants, its soft deletes and its oldest server,
//! and for what its tables need from each other.
//!
//! In comes a [`WholeScript`]: a whole script and the schema after it. Out come findings. With `tenant =
//! "business_id"`, the script `CREATE TABLE orders (id bigint PRIMARY KEY)` gives `tenant-column`.
//!
//! Why at the end of a script and not at each statement, as the other rules? What one statement lacks, a later one
//! may bring: CREATE TABLE comes before the CREATE INDEX that its foreign key needs.

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

pub(crate) use self::newer_syntax::newer_syntax;
use super::WholeScriptRule;
use crate::WholeScript;
use crate::schema::Table;
use crate::sql::{CreateTable, Kind, Name, TableBody};

pub(super) const RULES: &[WholeScriptRule] = &[
    fk_index::check,
    |whole| newer_syntax(whole.script, whole.project),
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

/// The tables that a script creates and does not drop, each with the CREATE TABLE. Partitions are left out: what they need
/// they inherit from their parent.
fn created_tables<'a>(whole: &WholeScript<'a>) -> impl Iterator<Item = (&'a Table, Span)> + use<'a> {
    let whole = *whole;
    whole.statements().filter_map(move |statement| match &statement.kind {
        Kind::CreateTable(create) => Some((created_table(&whole, create)?, statement.span)),
        _ => None,
    })
}

/// The table that a CREATE TABLE made, if it is there at the end of the script and holds rows of its own.
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

/// The columns of each key that a foreign key can refer to: the primary key first, then the unique indexes that are not
/// partial.
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

/// Whether both hold the same columns, in any order.
fn is_same_set(one: &[&str], other: &[&str]) -> bool {
    one.iter().all(|column| other.contains(column)) && other.iter().all(|column| one.contains(column))
}

/// The name as messages show it: without `public` or `main`, which every name has that does not say more.
fn shown(name: &Name) -> Name {
    let schema = name.schema.clone().filter(|schema| !["public", "main"].contains(&schema.as_str()));
    Name { schema, name: name.name.clone() }
}
