//! A statement to a database with its values.
//!
//! What comes in are SQL with `$1`, `$2`, … and values; what goes out is the same as one value,
//! `Query { sql: "SELECT … WHERE version = $1", values: [Integer(Some(20251107100000))] }`, that a pure function can
//! return and a driver can send.

/// A statement to a database with its values. They are bound, never spliced into the text.
///
/// The text is the same for both engines where they allow it: `$1` is a parameter to both, and the numbers first
/// appear in ascending order, as SQLite requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The SQL.
    pub sql: String,
    /// The values of `$1`, `$2`, ….
    pub values: Vec<Value>,
}

impl Query {
    /// The tables that it writes, by the names in its text.
    pub fn targets(&self) -> Vec<&str> {
        const VERBS: [&str; 3] = ["INSERT INTO ", "UPDATE ", "DELETE FROM "];
        let mut quoted = false;
        let mut targets = Vec::new();
        for (at, c) in self.sql.char_indices() {
            quoted ^= c == '"';
            let rest = &self.sql[at..];
            let verb = VERBS.into_iter().find(|verb| !quoted && rest.starts_with(verb));
            targets.extend(verb.and_then(|verb| name(&rest[verb.len()..])));
        }
        targets
    }
}

/// The name at the beginning of a text, if it is quoted.
fn name(text: &str) -> Option<&str> {
    let mut quoted = false;
    let is_end = |c: char| {
        quoted ^= c == '"';
        !quoted && (c.is_whitespace() || c == '(')
    };
    let name = &text[..text.find(is_end).unwrap_or(text.len())];
    name.ends_with('"').then_some(name)
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
    /// The text, if this is a text and not NULL.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => text.as_deref(),
            _ => None,
        }
    }

    /// The number, if this is a number and not NULL.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_that_a_query_writes() {
        let targets = |sql: &str| {
            let query = Query { sql: sql.to_owned(), values: Vec::new() };
            query.targets().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(targets("SELECT 1 FROM \"a\".\"b\" FOR UPDATE"), [""; 0]);
        assert_eq!(targets("INSERT INTO main.\"a_log\"(x) VALUES (1)"), ["main.\"a_log\""]);
        assert_eq!(
            targets("DELETE FROM \"my UPDATE \"\"x\"\"\".\"a b\" WHERE c"),
            ["\"my UPDATE \"\"x\"\"\".\"a b\""]
        );
        let both = "WITH a AS (UPDATE \"h\" SET b = 1), c AS (INSERT INTO \"l\" VALUES (1) ON CONFLICT (d) DO UPDATE SET d = 1)";
        assert_eq!(targets(both), ["\"h\"", "\"l\""]);
    }
}
