//! Numbers the values of a query while its text is written, so that a text and its values cannot get out of step.

use crate::query::{Query, Value};

/// The values of a query, numbered in the order in which they are bound.
///
/// SQLite wants the numbers to appear in the text in ascending order, so a value is bound where its `$n` is written.
#[derive(Default)]
pub(super) struct Bindings(Vec<Value>);

impl Bindings {
    /// The `$n` that stands for this value.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    pub(super) fn query(self, sql: String) -> Query {
        Query { sql, values: self.0 }
    }
}
