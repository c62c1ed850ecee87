//! The type of a column under one name: `integer`, `int` and `int4` are all `int4`, and `character varying(20)` is
//! `varchar` with the modifier 20. Without that, every comparison of two types would need to know all spellings.

use std::fmt;

use super::Name;

/// The type of a column, as far as a rewrite depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    /// The engine's own name for it: `int4` for `int`, `integer` and `int4`; `timestamptz` for `timestamp with time
    /// zone`; `varchar`, `bpchar` (`char`), `bool`, `float8`, `numeric`, `varbit`, … . A type that is not built in keeps
    /// the name that the statement has.
    pub(crate) name: Name,
    /// The numbers in parentheses: length, precision and scale.
    pub(crate) modifiers: Vec<u32>,
    /// The dimensions of an array; 0 if it is not an array.
    pub(crate) dimensions: usize,
}

impl Type {
    pub(crate) fn builtin(name: &str) -> Type {
        Type { name: Name::new(name), modifiers: Vec::new(), dimensions: 0 }
    }

    /// Whether it is `serial`, `bigserial`, `smallserial` or one of their other names: the type brings its own sequence and
    /// default.
    pub(crate) fn is_serial(&self) -> bool {
        matches!(
            self.name.name.as_str(),
            "serial" | "serial2" | "serial4" | "serial8" | "bigserial" | "smallserial"
        ) && self.name.schema.is_none()
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if !self.modifiers.is_empty() {
            let modifiers: Vec<String> = self.modifiers.iter().map(u32::to_string).collect();
            write!(f, "({})", modifiers.join(","))?;
        }
        f.write_str(&"[]".repeat(self.dimensions))
    }
}
