//! A query whose rows go into a table, reduced to what `lint/rebuild` asks: which tables the rows come from, what
//! each column is made of, and what may leave rows out. Only SQLite's module fills it, because only SQLite rebuilds
//! tables.
//!
//! `INSERT INTO new_t SELECT id, upper(a) FROM t WHERE a <> ''` has one source `t`, the columns `id` (a column as it
//! is) and `upper(a)` (reads `a`), and one cut, the condition.

use super::Name;

/// A query whose rows go into a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) from: Vec<From>,
    pub(crate) columns: Vec<Selected>,
    pub(crate) cuts: Vec<Cut>,
}

/// A table or subquery in FROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct From {
    pub(crate) source: Source,
    /// The name that qualifies its columns: `a` in `FROM t AS a`.
    pub(crate) alias: Option<String>,
    /// Whether a join may leave out rows of it.
    pub(crate) joined: bool,
}

/// Where the rows of an item in FROM come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Table(Name),
    Query(Box<Selection>),
    /// A query whose columns have these names.
    Named(Box<Selection>, Vec<String>),
    /// The rows of several queries. The first names the columns.
    Union(Vec<Selection>),
    /// A function, or a query that is not followed. Nothing is known about its rows.
    Other,
}

/// A column of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// `*`, or `t.*`.
    All(Option<String>),
    Value {
        /// The name of the result column, if it has one.
        name: Option<String>,
        reads: Vec<ColumnName>,
        /// Whether it is a column, with its value unchanged.
        is_column: bool,
        /// The expression, as a message shows it.
        text: String,
    },
}

/// A column as an expression names it: `t.a` or `a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnName {
    pub(crate) table: Option<String>,
    pub(crate) column: String,
}

/// A part of a query that may leave out rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// `WHERE`, with its text.
    Condition(String),
    /// `DISTINCT`, `UNION`: equal rows become one.
    Distinct,
    /// `GROUP BY`, with the keys that are columns.
    Group(Vec<String>),
    /// `LIMIT`, `HAVING`, `EXCEPT`, …
    Other(&'static str),
}
