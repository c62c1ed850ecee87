use migrate_core::{InvalidFragment, placeholders};

use super::error::{InvalidStatement, Result};
use super::expression::{Expression, Filter, Node};
use super::sql::Writer;
use super::value::{Parameter, Value};

/// A piece of SQL that the builder has no words for, with a `?` for each value.
///
/// ```
/// use migrate::scope::raw;
///
/// let filter = raw("length(orders.note) > ?").bind(3).filter();
/// # let _ = filter;
/// ```
///
/// It has to be one expression, and comes into the statement in parentheses: it must close what it opens, hold no
/// comment, read no table and call no function that is not known to be harmless. Columns go by the names of their
/// tables. What is wrong with it is told when the statement is sent.
#[derive(Clone, Debug)]
pub struct Raw {
    text: &'static str,
    values: Vec<Parameter>,
    functions: &'static [&'static str],
}

/// A piece of SQL. See [`Raw`].
pub fn raw(text: &'static str) -> Raw {
    Raw { text, values: Vec::new(), functions: &[] }
}

impl Raw {
    /// The value of the next `?`.
    #[must_use]
    pub fn bind(mut self, value: impl Value) -> Raw {
        self.values.push(Parameter::new(value));
        self
    }

    /// Functions that it may call. They must not read tables: what they see is not scoped.
    #[must_use]
    pub fn calling(self, functions: &'static [&'static str]) -> Raw {
        Raw { functions, ..self }
    }

    /// As a condition.
    pub fn filter(self) -> Filter {
        Filter::new(Node::Raw(self))
    }

    /// As a value.
    pub fn value<V: Value>(self) -> Expression<V> {
        Expression::new(Node::Raw(self))
    }

    pub(crate) fn write(&self, w: &mut Writer) -> Result<()> {
        let at = placeholders(self.text, w.engine, self.functions).map_err(InvalidStatement::Raw)?;
        if at.len() != self.values.len() {
            let counts = InvalidFragment::Values { placeholders: at.len(), values: self.values.len() };
            return Err(InvalidStatement::Raw(counts).into());
        }
        w.push("(");
        let mut from = 0;
        for (at, value) in at.into_iter().zip(&self.values) {
            w.push(&self.text[from..at]);
            w.bind(value.clone());
            from = at + 1;
        }
        w.push(&self.text[from..]);
        w.push(")");
        Ok(())
    }
}
