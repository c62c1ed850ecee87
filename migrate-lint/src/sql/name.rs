use std::cmp::Ordering;
use std::fmt;

/// The name of a table, index, type, function, …: as the catalog holds it, in lower case unless it was quoted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// The schema, where the statement names it.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl Name {
    pub(crate) fn new(name: impl Into<String>) -> Name {
        Name { schema: None, name: name.into() }
    }

    pub(crate) fn qualified(schema: impl Into<String>, name: impl Into<String>) -> Name {
        Name { schema: Some(schema.into()), name: name.into() }
    }

    /// Whether it is this name of the system's own functions or types, with or without `pg_catalog`.
    pub(crate) fn is_builtin(&self, name: &str) -> bool {
        self.name == name && self.schema.as_deref().is_none_or(|schema| schema == "pg_catalog")
    }
}

/// By the name first, so that those of one name stand together, whatever their schema. Most comparisons of the gate are
/// these, and few get to the schema.
impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        match self.name.as_bytes().cmp(other.name.as_bytes()) {
            Ordering::Equal => self.schema.cmp(&other.schema),
            different => different,
        }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// An identifier where a statement writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identifier {
    /// As the catalog holds it, not yet cut to the length that the server keeps.
    pub(crate) name: String,
    pub(crate) span: migrate_core::Span,
}
