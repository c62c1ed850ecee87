//! An index of a table or materialized view, as the migrations so far have made it.
//!
//! Indexes are kept next to the tables and not inside them, because DROP INDEX and RENAME name them alone.

use crate::sql::{Expression, IndexKey, Name};

/// An index, including those of primary keys and unique constraints.
///
/// `CREATE INDEX ON orders (lower(note)) WHERE open` becomes: name `public.orders_lower_idx`, one key without a column and
/// with the expression `lower(note)`, and the filter `open`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    /// Its name, in the schema of its table. If the statement gives none, it is the server's default name.
    pub(crate) name: Name,
    pub(crate) table: Name,
    pub(crate) unique: bool,
    /// The columns or expressions that it is sorted by.
    pub(crate) keys: Vec<IndexKey>,
    /// The columns of `INCLUDE`.
    pub(crate) include: Vec<String>,
    /// The condition of a partial index.
    pub(crate) filter: Option<Expression>,
    /// [`CreateIndex::form`]. Empty for the index of a constraint.
    ///
    /// [`CreateIndex::form`]: crate::sql::CreateIndex::form
    pub(crate) form: String,
    /// Whether a constraint of the same name owns it.
    pub(crate) from_constraint: bool,
    /// The index of the partitioned table that it is a part of.
    pub(crate) part_of: Option<Name>,
    /// Whether the server may use it. An index `ON ONLY` a partitioned table is invalid until all parts are attached.
    pub(crate) valid: bool,
    /// The migration that created it.
    pub(crate) created_in: u32,
}

impl Index {
    /// The columns that it is sorted by, up to the first expression.
    pub(crate) fn leading_columns(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map_while(|key| key.column.as_deref())
    }
}
