//! The rules for columns, types and constraints of tables that were there before.
//!
//! In comes a [`Context`]: one statement, the script around it, and the schema before it. Out come findings. With a
//! table `orders` from an earlier migration, `ALTER TABLE orders ALTER COLUMN note SET NOT NULL` gives one
//! `set-not-null`, risk high; after a validated `CHECK (note IS NOT NULL)` the same statement gives risk controlled.
//!
//! Three files hold no rule but what several rules ask: `added_column`, `foreign_key`, and `column_type` with `heap`.

mod added_column;
mod check_validate;
mod column_type;
mod constrained_domain;
mod drop_default;
mod drop_not_null;
mod exclude_build;
mod fk_two_tables;
mod fk_validate;
mod foreign_key;
mod heap;
mod inline_check;
mod inline_unique;
mod long_validate;
mod new_write_limit;
mod required_column;
mod serial_column;
mod set_not_null;
mod stored_column;
mod type_change;
mod unique_build;
mod unique_drop;
mod using_index;
mod volatile_default;

use super::{Context, Rule};
use crate::sql::{Change, ChangeAction, Constraint, Kind, Name, ObjectKind};

pub(super) const RULES: &[Rule] = &[
    check_validate::check,
    constrained_domain::check,
    drop_default::check,
    drop_not_null::check,
    exclude_build::check,
    fk_two_tables::check,
    fk_validate::check,
    inline_check::check,
    inline_unique::check,
    long_validate::check,
    new_write_limit::check,
    required_column::check,
    serial_column::check,
    set_not_null::check,
    stored_column::check,
    type_change::check,
    unique_build::check,
    unique_drop::check,
    using_index::check,
    volatile_default::check,
];

/// The actions of an ALTER TABLE on a table that was there before. Foreign tables are left out: their rows are on another
/// server, which this statement does not touch.
fn changes<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Name, &'a Change)> + use<'a> {
    let alter = match &context.statement.kind {
        Kind::AlterTable(alter) if alter.kind == ObjectKind::Table && context.is_old(&alter.name) => {
            Some(alter)
        }
        _ => None,
    };
    let is_foreign = |name| context.schema.table(name).is_some_and(|table| table.is_foreign);
    let alter = alter.filter(|alter| !is_foreign(&alter.name));
    alter.into_iter().flat_map(|alter| alter.changes.iter().map(move |change| (&alter.name, change)))
}

/// The same on PostgreSQL alone, where a lock stops others for as long as the work under it takes. On SQLite every writer
/// stops all others, so no form of a statement is safer than another.
fn locking_changes<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Name, &'a Change)> + use<'a> {
    let locks = context.engine.locks_tables();
    changes(context).filter(move |_| locks)
}

/// The constraints that are added to a table that was there before, without those of a new column.
fn added_constraints<'a>(
    context: &Context<'a>,
) -> impl Iterator<Item = (&'a Name, &'a Change, &'a Constraint)> + use<'a> {
    locking_changes(context).filter_map(|(table, change)| match &change.action {
        ChangeAction::AddConstraint(constraint) => Some((table, change, constraint)),
        _ => None,
    })
}

/// A name for the safer form: that of the constraint, or else the one that the server would give it.
fn constraint_name(constraint: &Constraint, otherwise: impl FnOnce() -> String) -> String {
    constraint.name.clone().unwrap_or_else(otherwise)
}
