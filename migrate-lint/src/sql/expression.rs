//! A value or a condition, reduced to what the rules ask.
//!
//! `CHECK (a IS NOT NULL AND lower(b) <> '')` becomes: calls `lower`, columns `a` and `b`, not null `a`, and the
//! text. Why not a tree? The two engines have different ones, and no rule needs more than these answers.

use migrate_core::Span;

use super::Name;

/// A value or a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expression {
    /// Its place in the script (PostgreSQL).
    pub(crate) span: Option<Span>,
    /// The functions that it calls, such as `nextval`. Keywords that are values, such as `CURRENT_TIMESTAMP`, do not
    /// count.
    pub(crate) calls: Vec<Name>,
    /// The columns that it names.
    pub(crate) columns: Vec<String>,
    /// The columns that are not NULL if it is true: those with `c IS NOT NULL`, alone or joined to others by AND.
    pub(crate) not_null: Vec<String>,
    /// Whether it is true for every row: `true`, `1 = 1`, and the like.
    pub(crate) is_always_true: bool,
    /// Whether it is NULL, with or without a cast.
    pub(crate) is_null: bool,
    /// Whether it is a literal, with or without a cast or sign.
    pub(crate) is_literal: bool,
    /// The text with single spaces, for messages and comparisons.
    pub(crate) text: String,
}
