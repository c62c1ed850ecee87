use crate::sql::{Expression, IndexKey, Name};

/// An index, those of primary keys and unique constraints among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    /// With the schema of its table; the server's default name where the statement gives none.
    pub(crate) name: Name,
    pub(crate) table: Name,
    pub(crate) unique: bool,
    pub(crate) keys: Vec<IndexKey>,
    /// The columns of `INCLUDE`.
    pub(crate) include: Vec<String>,
    /// `WHERE`.
    pub(crate) filter: Option<Expression>,
    /// Whether a constraint of the same name owns it.
    pub(crate) from_constraint: bool,
    /// The index of the partitioned table that it is a part of.
    pub(crate) part_of: Option<Name>,
    /// Whether the server may use it: that of a partitioned table `ON ONLY` may not until all parts are attached.
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
