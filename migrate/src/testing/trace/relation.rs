//! The name of a relation: `orders`, or `billing.invoices` outside of the schema `public`.

use std::fmt;

/// A table, view, index or similar, by its name before the statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name, without quotes.
    pub name: String,
}

impl fmt::Display for Relation {
    /// Writes the name with the schema, unless that is `public`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.schema.as_str() {
            "public" => f.write_str(&self.name),
            schema => write!(f, "{schema}.{}", self.name),
        }
    }
}

impl Relation {
    /// Its name in SQL.
    pub(super) fn quoted(&self) -> String {
        let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        format!("{}.{}", quote(&self.schema), quote(&self.name))
    }
}
