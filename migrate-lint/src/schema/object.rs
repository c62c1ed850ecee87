//! The objects that are neither tables nor indexes: views, sequences, domains, enums, functions.
//!
//! Each keeps what a rule asks for and no more. `CREATE DOMAIN email AS text NOT NULL` is a [`Domain`] with base
//! `text` and `is_constrained: true`; the condition itself is not kept, because no rule compares it.

use crate::sql::{Body, Name, Type};

/// A view or materialized view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) name: Name,
    pub(crate) materialized: bool,
    /// Whether it reads with the rights of the role that asks (PostgreSQL 15).
    pub(crate) security_invoker: bool,
    /// The tables and views that it reads.
    pub(crate) reads: Vec<Name>,
    pub(crate) created_in: u32,
}

/// A sequence, including those of serial columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) name: Name,
    /// The table and column of a serial column. The sequence is dropped with it.
    pub(crate) owner: Option<(Name, String)>,
    pub(crate) created_in: u32,
}

/// A domain: a type over another type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    pub(crate) name: Name,
    pub(crate) base: Type,
    /// Whether it has a CHECK or a NOT NULL, valid or not.
    pub(crate) is_constrained: bool,
    pub(crate) has_default: bool,
    pub(crate) created_in: u32,
}

/// An enum type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnumType {
    pub(crate) name: Name,
    /// Its values, in the order of their creation.
    pub(crate) labels: Vec<Label>,
    pub(crate) created_in: u32,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) value: String,
    /// The migration whose `ALTER TYPE … ADD VALUE` added it. 0 for a value that was created with its enum.
    pub(crate) created_in: u32,
}

/// The functions or procedures of one name. Overloads are kept as one, with the worst of their properties, because a call
/// in a script does not show which one it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: Name,
    /// Whether one of them is volatile.
    pub(crate) is_volatile: bool,
    pub(crate) security_definer: bool,
    /// Whether only triggers can call them: all of them return `trigger`.
    pub(crate) is_trigger: bool,
    /// The body of each. `None` if one of them is not known.
    pub(crate) bodies: Option<Vec<Body>>,
    pub(crate) created_in: u32,
}
