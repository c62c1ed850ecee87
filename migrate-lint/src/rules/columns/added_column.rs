//! The columns that an ALTER TABLE adds, and what each does to the rows that are there.
//!
//! `ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()` becomes an [`AddedColumn`] whose harm is
//! [`Harm::VolatileDefault`]; with `DEFAULT ''` the harm is `None`, because PostgreSQL stores one value in the
//! catalog and writes no row.
//!
//! Why is this not in each rule? A column can match several of them, and one finding with one fix is easier to act
//! on than three. So the order of the harms is decided here, and each rule asks for its own.

use migrate_core::Span;

use super::changes;
use super::column_type::{is_constrained_domain, is_known, with_default};
use crate::Context;
use crate::rules::volatility::{Volatility, volatility};
use crate::sql::{ChangeAction, Column, Constraint, Expression, Generated, Name, Type};

/// A column that is added to a table that was there before.
pub(super) struct AddedColumn<'a> {
    pub(super) table: &'a Name,
    pub(super) column: &'a Column,
    pub(super) span: Span,
    /// The harm to the rows that are there, if any.
    pub(super) harm: Option<Harm<'a>>,
}

/// Why a new column fails on the rows that are there, or rewrites all of them. A column has one harm at most: a statement
/// that fails rewrites nothing, and the fix of one rewrite often removes the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm<'a> {
    /// NOT NULL without a value for the rows that are there.
    Required,
    /// `serial` or an identity column, which numbers all rows.
    Serial,
    /// A STORED generated column, which computes a value for each row.
    Stored,
    /// A domain with a constraint, which is checked in each row.
    ConstrainedDomain(&'a Type),
    /// A type that no migration creates, so it may be such a domain.
    UnknownType(&'a Type),
    /// A default that gives each row its own value.
    VolatileDefault(&'a Expression),
}

/// The columns that a statement adds.
pub(super) fn added_columns<'a>(context: &Context<'a>) -> impl Iterator<Item = AddedColumn<'a>> + use<'a> {
    let context = *context;
    changes(&context).filter_map(move |(table, change)| match &change.action {
        ChangeAction::AddColumn { column, if_not_exists }
            if !(*if_not_exists && is_there(&context, table, column)) =>
        {
            Some(AddedColumn { table, column, span: change.span, harm: harm(&context, column) })
        }
        _ => None,
    })
}

/// Whether the table has the column already, so that IF NOT EXISTS adds nothing.
pub(super) fn is_there(context: &Context<'_>, table: &Name, column: &Column) -> bool {
    context.schema.table(table).is_some_and(|table| table.column(&column.name.name).is_some())
}

impl<'a> AddedColumn<'a> {
    /// The constraints of the column that the server checks in every row on PostgreSQL. None if the table is rewritten:
    /// that is the finding then, and the checks cost little beside it.
    pub(super) fn checked_constraints(
        &self,
        context: &Context<'_>,
    ) -> impl Iterator<Item = &'a Constraint> + use<'a> {
        let is_checked = context.engine.locks_tables() && self.harm.is_none();
        self.column.constraints.iter().filter(move |constraint| is_checked && !constraint.not_enforced)
    }
}

/// The first harm that applies. The order matters: `NOT NULL` without a value fails before anything is rewritten.
fn harm<'a>(context: &Context<'a>, column: &'a Column) -> Option<Harm<'a>> {
    let data_type = column.data_type.as_ref();
    let default = column.default.as_ref().map(|default| &default.value);
    let is_serial = context.engine.has_serial_types() && data_type.is_some_and(Type::is_serial);
    // A serial, identity or generated column gets its value from the server, so NOT NULL is no obstacle.
    let is_required = is_not_null(column) && column.generated.is_none() && !is_serial;
    let has_value = match default {
        Some(default) => !default.is_null,
        None => data_type.is_some_and(|data_type| with_default(context.schema, data_type)),
    };
    if is_required && !has_value {
        return Some(Harm::Required);
    }
    match &column.generated {
        Some(Generated::Stored(_)) => return Some(Harm::Stored),
        Some(Generated::Identity) => return Some(Harm::Serial),
        _ if is_serial => return Some(Harm::Serial),
        _ => {}
    }
    if let Some(default) = default.filter(|default| is_volatile(context, default)) {
        return Some(Harm::VolatileDefault(default));
    }
    let data_type = data_type.filter(|_| context.engine.has_user_types())?;
    if is_constrained_domain(context.schema, data_type) {
        return Some(Harm::ConstrainedDomain(data_type));
    }
    (!is_known(context.schema, data_type)).then_some(Harm::UnknownType(data_type))
}

/// Whether the column refuses NULL, by its own NOT NULL or as a primary key.
fn is_not_null(column: &Column) -> bool {
    use crate::sql::ConstraintKind::{NotNull, PrimaryKey};
    let demands = |constraint: &Constraint| matches!(constraint.kind, NotNull { .. } | PrimaryKey { .. });
    column.not_null || column.constraints.iter().any(demands)
}

/// Whether the default may differ from row to row, or is one that the engine does not accept.
fn is_volatile(context: &Context<'_>, default: &Expression) -> bool {
    if context.engine.adds_column_with_literal_only() {
        return !default.is_literal && !default.is_null;
    }
    default.calls.iter().any(|function| volatility(context.schema, function) != Volatility::Constant)
}
