use super::Name;

/// A query whose rows go into a table: from where they come, and what keeps some of them out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) from: Vec<From>,
    pub(crate) columns: Vec<Selected>,
    pub(crate) cuts: Vec<Cut>,
}

/// A table or query of FROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct From {
    pub(crate) source: Source,
    /// What its columns are qualified with.
    pub(crate) alias: Option<String>,
    /// Whether a join may leave rows of it out.
    pub(crate) joined: bool,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Table(Name),
    Query(Box<Selection>),
    /// A query whose columns have these names.
    Named(Box<Selection>, Vec<String>),
    /// The rows of several queries, the columns named by the first.
    Union(Vec<Selection>),
    /// A function, a query that is not followed: nothing is known of its rows.
    Other,
}

/// A column of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// `*`, or `t.*`.
    All(Option<String>),
    Value {
        /// The name of the result, where it has one.
        name: Option<String>,
        reads: Vec<ColumnName>,
        /// A column, and nothing is done to its value.
        is_column: bool,
        /// As a message shows it.
        text: String,
    },
}

/// A column as an expression names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnName {
    pub(crate) table: Option<String>,
    pub(crate) column: String,
}

/// What keeps rows out of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// `WHERE`, with its text.
    Condition(String),
    /// `DISTINCT`, `UNION`: rows that are the same are one.
    Distinct,
    /// `GROUP BY`, with the keys that are columns.
    Group(Vec<String>),
    /// `LIMIT`, `HAVING`, `EXCEPT`, …
    Other(&'static str),
}
