//! Which of the objects that a script names were there before it.
//!
//! The schema knows that of tables, enums and functions. Of other kinds of objects it keeps no age, so the script's own
//! statements are searched: after `CREATE TYPE mood …; DROP TYPE mood`, the second statement finds the first in
//! [`earlier`], and the type is not old. In a `DROP VIEW v; CREATE VIEW v …`, [`later`] finds that the view comes back.

use crate::Context;
use crate::sql::{ChangeAction, Kind, Name, ObjectKind, Statement};

/// Whether the object was there before this migration, under any name.
pub(super) fn is_old(context: &Context<'_>, object: ObjectKind, name: &Name) -> bool {
    match kin(object) {
        ObjectKind::Table => context.is_old(name),
        // CREATE OR REPLACE keeps the age of a function, so the script's CREATE alone does not prove that it is new.
        ObjectKind::Function => context
            .schema
            .function(name)
            .is_none_or(|function| !context.schema.is_current(function.created_in)),
        _ => !earlier(context).any(|statement| creates(context, statement, object, name)),
    }
}

/// Whether the script has given the object this name. Running code cannot know it then.
pub(super) fn was_renamed(context: &Context<'_>, object: ObjectKind, name: &Name) -> bool {
    let is_rename =
        |statement: &&Statement| matches!(statement.kind, Kind::Rename { .. } | Kind::AlterTable(_));
    earlier(context).filter(is_rename).any(|statement| creates(context, statement, object, name))
}

/// Whether the script goes on to create an object of this name, or gives another object the name.
pub(super) fn comes_back(context: &Context<'_>, object: ObjectKind, name: &Name) -> bool {
    later(context).any(|statement| creates(context, statement, object, name))
}

/// The statements of the script before this one, including those in blocks.
pub(super) fn earlier<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Statement> + use<'a> {
    let start = context.statement.span.start();
    with_inner(&context.script[..=context.index]).filter(move |statement| statement.span.end() <= start)
}

/// The statements of the script after this one, including those in blocks.
pub(super) fn later<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Statement> + use<'a> {
    let end = context.statement.span.end();
    with_inner(&context.script[context.index..]).filter(move |statement| statement.span.start() >= end)
}

/// All statements of the script, including those in blocks.
pub(super) fn every<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Statement> + use<'a> {
    with_inner(context.script)
}

/// The statements, each followed by those inside it.
fn with_inner(statements: &[Statement]) -> impl Iterator<Item = &Statement> {
    statements.iter().flat_map(|statement| std::iter::once(statement).chain(below(statement)))
}

/// The statements inside a statement, at any depth.
fn below(statement: &Statement) -> Vec<&Statement> {
    let direct = statement.inner().iter();
    direct.flat_map(|statement| std::iter::once(statement).chain(below(statement))).collect()
}

/// Whether a statement creates an object of this namespace and name, or gives an object that name.
fn creates(context: &Context<'_>, statement: &Statement, object: ObjectKind, name: &Name) -> bool {
    created(statement).is_some_and(|(created, of_name)| {
        kin(created) == kin(object) && context.schema.resolve(&of_name) == context.schema.resolve(name)
    })
}

/// What a statement creates or renames to, and its name afterwards.
fn created(statement: &Statement) -> Option<(ObjectKind, Name)> {
    Some(match &statement.kind {
        Kind::CreateTable(table) => (ObjectKind::Table, table.name.clone()),
        Kind::CreateView(view) => (ObjectKind::View, view.name.clone()),
        Kind::CreateSequence { name, .. } => (ObjectKind::Sequence, name.clone()),
        Kind::CreateFunction(function) => (ObjectKind::Function, function.name.clone()),
        Kind::CreateType(created) => (ObjectKind::Type, created.name.clone()),
        Kind::CreateDomain(domain) => (ObjectKind::Domain, domain.name.clone()),
        Kind::CreateSchema { name } => (ObjectKind::Schema, Name::new(name)),
        Kind::CreateExtension { name } => (ObjectKind::Extension, Name::new(name)),
        Kind::Rename { object, name, to, .. } => (*object, renamed(name, &to.name)),
        Kind::AlterTable(alter) => alter.changes.iter().find_map(|change| match &change.action {
            ChangeAction::RenameTo(to) => Some((ObjectKind::Table, renamed(&alter.name, &to.name))),
            _ => None,
        })?,
        _ => return None,
    })
}

/// A name after RENAME TO, which keeps the schema.
pub(super) fn renamed(name: &Name, to: &str) -> Name {
    Name { schema: name.schema.clone(), name: to.to_owned() }
}

/// One kind for all kinds that share a namespace: a view and a table of the same name cannot both be in a schema.
fn kin(object: ObjectKind) -> ObjectKind {
    match object {
        ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Index
        | ObjectKind::Sequence => ObjectKind::Table,
        ObjectKind::Domain => ObjectKind::Type,
        ObjectKind::Procedure | ObjectKind::Aggregate => ObjectKind::Function,
        other => other,
    }
}
