/// A statement to a database with its values, which are bound, never spliced in.
///
/// The text is the same for both engines where they allow it: `$1` is a parameter to both, and the numbers
/// first appear in ascending order, as SQLite wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The SQL.
    pub sql: String,
    /// What `$1`, `$2`, … stand for.
    pub values: Vec<Value>,
}

/// A value of a history row: bound to a [`Query`], or read from its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `text`
    Text(Option<String>),
    /// `bigint`
    Integer(Option<i64>),
    /// `boolean`
    Boolean(bool),
}

impl Value {
    /// The text, if this is one and not NULL.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => text.as_deref(),
            _ => None,
        }
    }

    /// The number, if this is one and not NULL.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => *number,
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Value {
        Value::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(Some(number))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Boolean(value)
    }
}
