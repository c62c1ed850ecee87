use migrate_core::{InvalidRawExpression, Surroundings, VisibleTable, raw_expression};

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
/// It has to be one expression, reads no table and calls no function that is not known to be harmless. What is not known
/// is refused, with an error that says where and why, when the statement is sent. Known are:
///
/// - columns that `tables!` declares for a table of the statement, as `orders.note` or `note`, where the table goes by
///   its alias if it has one. A name that is a keyword needs double quotes: `orders."user"`. Nothing else may follow a
///   dot, since on PostgreSQL `value.name` also calls a function.
/// - numbers, strings in single quotes without a backslash, `x'00ff'`, `NULL`, `TRUE`, `FALSE`, `CURRENT_TIMESTAMP` and
///   its like, and `?` for a value.
/// - `AND`, `OR`, `NOT`, comparisons, `BETWEEN`, `IN (…)`, `LIKE`, `IS NULL`, `IS DISTINCT FROM`, `CASE`, arithmetic,
///   `||`, `->` and `->>`, and lists in parentheses. On PostgreSQL also `ILIKE`, `SIMILAR TO`, `~` and its relatives,
///   `@>`, `<@`, `&&`, `#>`, `#>>`, `= ANY (…)`, `AT TIME ZONE`, arrays and subscripts, on SQLite `GLOB`.
/// - `CAST(… AS type)`, and on PostgreSQL `::type` and `date '2020-01-01'`, with the common types of the engine.
/// - functions that the engine brings along and that read their arguments alone, as `lower`, `round` and `to_char`, and
///   aggregates with `DISTINCT` and `FILTER`. On PostgreSQL they are those of the schema `pg_catalog`, whatever the
///   `search_path` is. [`calling`](Raw::calling) lets in others.
/// - `COLLATE "name"` on PostgreSQL; `NOCASE`, `BINARY` and `RTRIM` on SQLite.
///
/// Operators, casts and collations are those of the database: a schema that defines its own `+` for two texts has it
/// called here, as in the builder's own expressions. So are functions that an application adds to its SQLite connection
/// under the name of a well-known one.
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

    /// Functions that it may call, as `name` or `schema.name`. They must not read tables: what they see is not scoped.
    ///
    /// ```
    /// use migrate::scope::raw;
    ///
    /// let filter = raw("similarity(orders.note, ?) > 0.5").bind("vip".to_owned()).calling(&["similarity"]).filter();
    /// # let _ = filter;
    /// ```
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
        let tables: Vec<VisibleTable<'_>> = w
            .visible()
            .iter()
            .map(|handle| VisibleTable { alias: handle.alias, columns: handle.table.columns })
            .collect();
        let around = Surroundings { engine: w.engine, tables: &tables, functions: self.functions };
        let texts = raw_expression(self.text, around).map_err(InvalidStatement::Raw)?;
        let placeholders = texts.len() - 1;
        if placeholders != self.values.len() {
            let values = InvalidRawExpression::values(self.text, placeholders, self.values.len());
            return Err(InvalidStatement::Raw(values).into());
        }
        w.push("(");
        let mut values = self.values.iter();
        for text in texts {
            w.push(&text);
            if let Some(value) = values.next() {
                w.bind(value.clone());
            }
        }
        w.push(")");
        Ok(())
    }
}
