//! Names as the catalog has them: `Public."T"` is the schema `public` and the name `T` on PostgreSQL, and `t` on
//! SQLite.

use std::cmp::Ordering;
use std::fmt;

/// The name of a table, index, type, function, …, as the catalog has it: in lower case unless it was quoted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// The schema, if the statement names one.
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

    /// The name that a string holds, as `regclass` reads it.
    pub(crate) fn of_regclass(text: &str) -> Name {
        let plain = |part: &str| match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
            Some(quoted) => quoted.to_owned(),
            None => part.to_ascii_lowercase(),
        };
        match text.split_once('.') {
            Some((schema, name)) => Name::qualified(plain(schema), plain(name)),
            None => Name::new(plain(text)),
        }
    }

    /// Whether it is this built-in function or type, with or without `pg_catalog`.
    pub(crate) fn is_builtin(&self, name: &str) -> bool {
        self.name == name && self.schema.as_deref().is_none_or(|schema| schema == "pg_catalog")
    }
}

/// By the name first, so that equal names in different schemas are neighbours in a sorted map. It is also faster: most
/// comparisons of the analysis are these, and few get to the schema.
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

/// An identifier with its place in the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identifier {
    /// The name as the catalog has it, but not cut to 63 bytes yet, so that `identifier-too-long` can find it.
    pub(crate) name: String,
    pub(crate) span: migrate_core::Span,
}
