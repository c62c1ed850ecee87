use migrate_core::Span;

use super::Name;

/// A value, a condition: what the rules ask of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expression {
    /// Where it stands.
    pub(crate) span: Option<Span>,
    /// The functions that it calls, `current_setting` and `nextval` among them; keywords that are values, such as
    /// `CURRENT_TIMESTAMP`, are none.
    pub(crate) calls: Vec<Name>,
    /// The columns that it names.
    pub(crate) columns: Vec<String>,
    /// The columns `c` for which it holds only if `c IS NOT NULL`: that text itself, or joined to others by AND.
    pub(crate) not_null: Vec<String>,
    /// `true`, `1 = 1`, and the like: a condition that says nothing.
    pub(crate) is_always_true: bool,
    /// `NULL`, with or without a cast.
    pub(crate) is_null: bool,
    /// A literal, with or without a cast or sign.
    pub(crate) is_literal: bool,
    /// The text, with white space as one space, for messages and comparisons.
    pub(crate) text: String,
}
