//! Pieces of SQL that the builder has no words for.
//!
//! What comes in is a text of the program with a `?` for each value, `raw("length(orders.note) > ?").bind(3)`. The
//! core parses it by a small grammar and writes anew what it understood. What goes out is that text in parentheses,
//! with the placeholders of the engine: `(length("orders"."note") > $2)`. The text is `&'static str`, so that no
//! input of a user can become part of it.

use migrate_core::{InvalidRawExpression, Surroundings, VisibleTable, raw_expression};

use super::error::{InvalidStatement, Result};
use super::expression::{Expression, Filter, Node};
use super::sql::Writer;
use super::value::{Parameter, Value};

/// A piece of SQL that the builder has no words for, with a `?` for each value.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// use migrate::scope::raw;
///
/// let long = raw("length(orders.note) > ?").bind(2).filter();
/// assert_eq!(bakery.select(orders).filter(long).count(&db)?, 2);
///
/// let rounded = raw("round(orders.total / 100.0)").value::<f64>();
/// assert_eq!(bakery.select(orders).key(1).columns(rounded).one(&db)?, 1.0);
/// # Ok(())
/// # }
/// ```
///
/// A piece has to be a single expression. It reads no table, and calls no function that is not known to be harmless.
/// Anything else is refused when the statement is sent, with an error that says where and why
/// ([`InvalidStatement::Raw`]). Known are:
///
/// - columns that `tables!` declares for a table of the statement, as `orders.note` or `note`. A table with an alias
///   goes by its alias. A name that is a keyword needs double quotes: `orders."user"`. Nothing else may follow a dot,
///   because on PostgreSQL `value.name` can also call a function.
/// - numbers, strings in single quotes without a backslash, `x'00ff'`, `NULL`, `TRUE`, `FALSE`, `CURRENT_TIMESTAMP`
///   and similar, and `?` for a value.
/// - `AND`, `OR`, `NOT`, comparisons, `BETWEEN`, `IN (…)`, `LIKE`, `IS NULL`, `IS DISTINCT FROM`, `CASE`, arithmetic,
///   `||`, `->` and `->>`, and lists in parentheses. On PostgreSQL also `ILIKE`, `SIMILAR TO`, `~` and its relatives,
///   `@>`, `<@`, `&&`, `#>`, `#>>`, `= ANY (…)`, `AT TIME ZONE`, arrays and subscripts; on SQLite `GLOB`.
/// - `CAST(… AS type)`, and on PostgreSQL `::type` and `date '2020-01-01'`, with the common types of the engine.
/// - functions that come with the engine and depend on their arguments alone, such as `lower`, `round` and `to_char`,
///   and aggregates with `DISTINCT` and `FILTER`. On PostgreSQL they are those of the schema `pg_catalog`, for any
///   `search_path`. [`calling`](Raw::calling) admits others.
/// - `COLLATE "name"` on PostgreSQL; `NOCASE`, `BINARY` and `RTRIM` on SQLite.
///
/// Operators, casts and collations are those of the database. If a schema defines its own `+` for two texts, it is
/// called here, as it is in the builder's own expressions. The same holds for functions that an application adds to
/// its SQLite connection under a known name.
///
/// The text is parsed each time a statement with it is written. That takes microseconds and no round trip.
#[derive(Clone, Debug)]
pub struct Raw {
    text: &'static str,
    values: Vec<Parameter>,
    functions: &'static [&'static str],
}

/// A piece of SQL. [`Raw`] says what it may hold.
pub fn raw(text: &'static str) -> Raw {
    Raw { text, values: Vec::new(), functions: &[] }
}

impl Raw {
    /// Binds the value of the next `?`. There have to be as many values as placeholders.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let between = raw("orders.total BETWEEN ? AND ?").bind(50_i64).bind(100_i64).filter();
    /// assert_eq!(bakery.select(orders).filter(between).count(&db)?, 1);
    ///
    /// let unbound = bakery.select(orders).filter(raw("orders.total > ?").filter()).count(&db).unwrap_err();
    /// assert!(unbound.to_string().contains("with 0 values"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn bind(mut self, value: impl Value) -> Raw {
        self.values.push(Parameter::new(value));
        self
    }

    /// Admits functions by name, as `name` or `schema.name`. They must not read tables: the tenant does not narrow
    /// what they see.
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

    /// The piece as a condition. It combines with others: `raw("…").filter().and(orders.total.gt(1))`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let refused = bakery.select(orders).filter(raw("id IN (SELECT id FROM orders)").filter()).count(&db);
    /// assert!(refused.unwrap_err().to_string().contains("could read rows of other tenants"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter(self) -> Filter {
        Filter::new(Node::Raw(self))
    }

    /// The piece as a value. The library believes the type `V`: reading the answer fails if the database returns
    /// another.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let upper = raw("upper(customers.name)").value::<Option<String>>();
    /// assert_eq!(bakery.select(customers).columns(upper).one(&db)?, Some("ADA".to_owned()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn value<V: Value>(self) -> Expression<V> {
        Expression::new(Node::Raw(self))
    }

    pub(crate) fn write(&self, w: &mut Writer) -> Result<()> {
        // The piece is checked here and not when it is made: only now it is known which tables it may name.
        let tables: Vec<VisibleTable<'_>> = w
            .visible()
            .iter()
            .map(|handle| VisibleTable { alias: handle.alias, columns: handle.table.columns })
            .collect();
        let around = Surroundings { engine: w.engine, tables: &tables, functions: self.functions };
        let texts = raw_expression(self.text, around).map_err(InvalidStatement::Raw)?;
        // Between two pieces of text is a placeholder, so there is one piece more than placeholders.
        let placeholders = texts.len() - 1;
        if placeholders != self.values.len() {
            let values = InvalidRawExpression::values(self.text, placeholders, self.values.len());
            return Err(InvalidStatement::Raw(values).into());
        }
        // In parentheses, so that its operators end here.
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
