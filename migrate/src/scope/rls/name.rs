//! Names and texts, quoted for SQL.
//!
//! What comes in is any name, `a"b`; what goes out is an identifier, `"a""b"`. The scripts are the one place of the
//! scope where names come from the caller and not from `tables!`, so nothing may get out of its quotes.

use std::fmt;

/// The name of a table, with or without its schema.
///
/// ```
/// use migrate::scope::rls::TableName;
///
/// assert_eq!(TableName::from("orders").to_string(), r#""orders""#);
/// assert_eq!(TableName::from(("sales", "orders")).to_string(), r#""sales"."orders""#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    schema: Option<String>,
    pub(super) name: String,
}

impl From<&str> for TableName {
    fn from(name: &str) -> TableName {
        TableName { schema: None, name: name.to_owned() }
    }
}

impl From<(&str, &str)> for TableName {
    fn from((schema, name): (&str, &str)) -> TableName {
        TableName { schema: Some(schema.to_owned()), name: name.to_owned() }
    }
}

impl TableName {
    /// The quoted name of an index in the schema of the table.
    pub(super) fn beside(&self, index: &str) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quoted(schema), quoted(index)),
            None => quoted(index),
        }
    }

    /// `<table>_<rest>`. If that is too long for PostgreSQL, the table's part is cut, as PostgreSQL does for its own
    /// names. Cutting the end would make names equal that differ there.
    pub(super) fn derived(&self, rest: &str) -> String {
        let mut end = NAME_MAX.saturating_sub(rest.len() + 1).min(self.name.len());
        while !self.name.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}_{rest}", &self.name[..end])
    }
}

/// Writes the name in SQL, quoted.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.beside(&self.name))
    }
}

/// The bytes that PostgreSQL keeps of an identifier ([manual,
/// 4.1.1](https://www.postgresql.org/docs/current/sql-syntax-lexical.html)).
const NAME_MAX: usize = 63;

/// An SQL identifier. Safe for any text.
pub(super) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// An SQL string. A backslash makes it an escape string, because otherwise a setting of the server decides what it
/// means.
pub(super) fn literal(text: &str) -> String {
    let text = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", text.replace('\\', "\\\\")) } else { format!("'{text}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        assert_eq!(TableName::from(("a\"b", "c d")).to_string(), r#""a""b"."c d""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"\'"), r"E'\\'''");
    }

    #[test]
    fn a_derived_name_fits_and_keeps_its_end() {
        assert_eq!(TableName::from("orders").derived("live"), "orders_live");
        let long = TableName::from("ä".repeat(40).as_str()).derived("business_id_customer_id_fkey");
        assert!(long.len() <= NAME_MAX && long.ends_with("ä_business_id_customer_id_fkey"), "{long}");
    }
}
