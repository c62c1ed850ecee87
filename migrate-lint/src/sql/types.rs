use std::fmt;

use super::Name;

/// The type of a column, as far as a rewrite depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    /// The engine's one name for it: `int4` for `int`, `integer` and `int4`; `timestamptz` for `timestamp with time
    /// zone`; `varchar`, `bpchar` (`char`), `bool`, `float8`, `numeric`, `varbit`, … . Types that are not the
    /// system's keep the name that the statement writes.
    pub(crate) name: Name,
    /// What stands in parentheses: length, precision and scale.
    pub(crate) modifiers: Vec<u32>,
    pub(crate) dimensions: usize,
}

impl Type {
    pub(crate) fn builtin(name: &str) -> Type {
        Type { name: Name::new(name), modifiers: Vec::new(), dimensions: 0 }
    }

    /// `smallserial`, `serial`, `bigserial` and their other names: a default of its own comes with the type.
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
