//! The objects of a schema: their kinds, names and properties.
//!
//! What comes in is a word of a row, `materialized-view`; what goes out is a kind, and an [`ObjectId`] that displays
//! as SQL writes it: `column app.orders.note`.

use std::collections::BTreeMap;
use std::fmt;

/// The kind of an object in a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is what SQL calls so")]
pub enum ObjectKind {
    Schema,
    Extension,
    Collation,
    Enum,
    Domain,
    CompositeType,
    RangeType,
    BaseType,
    Table,
    ForeignTable,
    VirtualTable,
    Column,
    Constraint,
    Index,
    Sequence,
    View,
    MaterializedView,
    Function,
    Procedure,
    Aggregate,
    Operator,
    Cast,
    Trigger,
    Rule,
    Policy,
    Statistics,
    DefaultPrivileges,
    TextSearchDictionary,
    TextSearchConfiguration,
    ForeignDataWrapper,
    ForeignServer,
    EventTrigger,
    Publication,
}

impl ObjectKind {
    /// All kinds with their words, in the order of the enum.
    pub(super) const ALL: [(ObjectKind, &str); 33] = {
        use ObjectKind::*;
        [
            (Schema, "schema"),
            (Extension, "extension"),
            (Collation, "collation"),
            (Enum, "enum"),
            (Domain, "domain"),
            (CompositeType, "composite-type"),
            (RangeType, "range-type"),
            (BaseType, "base-type"),
            (Table, "table"),
            (ForeignTable, "foreign-table"),
            (VirtualTable, "virtual-table"),
            (Column, "column"),
            (Constraint, "constraint"),
            (Index, "index"),
            (Sequence, "sequence"),
            (View, "view"),
            (MaterializedView, "materialized-view"),
            (Function, "function"),
            (Procedure, "procedure"),
            (Aggregate, "aggregate"),
            (Operator, "operator"),
            (Cast, "cast"),
            (Trigger, "trigger"),
            (Rule, "rule"),
            (Policy, "policy"),
            (Statistics, "statistics"),
            (DefaultPrivileges, "default-privileges"),
            (TextSearchDictionary, "text-search-dictionary"),
            (TextSearchConfiguration, "text-search-configuration"),
            (ForeignDataWrapper, "foreign-data-wrapper"),
            (ForeignServer, "foreign-server"),
            (EventTrigger, "event-trigger"),
            (Publication, "publication"),
        ]
    };

    /// The word of the kind in rows: `materialized-view`.
    pub fn as_str(self) -> &'static str {
        let (_, word) = ObjectKind::ALL[self as usize];
        word
    }

    /// The kind that has this word.
    pub fn from_word(word: &str) -> Option<ObjectKind> {
        ObjectKind::ALL.into_iter().find(|(_, one)| *one == word).map(|(kind, _)| kind)
    }
}

/// Writes the kind in words for people: `materialized view`.
impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().replace('-', " "))
    }
}

/// The identity of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectId {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its schema; empty if it is in none.
    pub schema: String,
    /// The table or domain that it belongs to; empty if it belongs to none.
    pub parent: String,
    /// Its name. The name of a function includes the types of its arguments.
    pub name: String,
}

impl ObjectId {
    /// The name as SQL writes it, with its schema: `app.orders.note` for a column.
    pub(crate) fn path(&self) -> String {
        match self.kind {
            ObjectKind::Column => path([&self.schema, &self.parent, &self.name]),
            _ => path([&self.schema, &self.name]),
        }
    }

    /// The table or domain that it belongs to, as SQL writes it.
    pub(crate) fn parent_path(&self) -> String {
        path([&self.schema, &self.parent])
    }
}

/// The names with dots between them.
fn path<const N: usize>(names: [&str; N]) -> String {
    names.into_iter().filter(|name| !name.is_empty()).map(identifier).collect::<Vec<_>>().join(".")
}

/// A name as SQL writes it. The name of a function includes its arguments. A constraint of SQLite is named by its
/// definition.
fn identifier(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.contains('(') || (name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit())) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes `column app.orders.note`, `index app.orders_note of app.orders`.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ObjectKind::{Cast, Column, DefaultPrivileges, Index, Statistics};
        let ObjectId { kind, schema, parent, name } = self;
        match kind {
            DefaultPrivileges if schema.is_empty() => write!(f, "{kind} on {name}"),
            DefaultPrivileges => write!(f, "{kind} on {name} in {}", path([schema])),
            Cast => write!(f, "{kind} ({name})"),
            Index | Statistics => write!(f, "{kind} {} of {}", self.path(), self.parent_path()),
            Column => write!(f, "{kind} {}", self.path()),
            _ if parent.is_empty() => write!(f, "{kind} {}", self.path()),
            _ => write!(f, "{kind} {} of {}", identifier(name), self.parent_path()),
        }
    }
}

/// The properties of an object by their names, such as `type`, `not null` and `definition`.
pub type Object = BTreeMap<String, String>;
