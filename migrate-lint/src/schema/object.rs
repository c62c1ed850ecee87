use crate::sql::{Name, Type};

/// A view or materialized view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) name: Name,
    pub(crate) materialized: bool,
    pub(crate) security_invoker: bool,
    /// The relations that it reads.
    pub(crate) reads: Vec<Name>,
    pub(crate) created_in: u32,
}

/// A sequence, those of serial columns among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) name: Name,
    /// The table and column of `serial`, with which it goes.
    pub(crate) owner: Option<(Name, String)>,
    pub(crate) created_in: u32,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    pub(crate) name: Name,
    pub(crate) base: Type,
    /// Whether it has a CHECK or a NOT NULL, valid or not.
    pub(crate) is_constrained: bool,
    pub(crate) has_default: bool,
    pub(crate) created_in: u32,
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnumType {
    pub(crate) name: Name,
    /// In the order of their creation.
    pub(crate) labels: Vec<Label>,
    pub(crate) created_in: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) value: String,
    /// The migration whose `ALTER TYPE … ADD VALUE` added it; 0 of a value that came with its enum.
    pub(crate) created_in: u32,
}

/// A function or procedure; all of one name are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: Name,
    /// Whether one of them is.
    pub(crate) is_volatile: bool,
    pub(crate) security_definer: bool,
    /// Whether nothing but a trigger can call any of them.
    pub(crate) is_trigger: bool,
    pub(crate) created_in: u32,
}
