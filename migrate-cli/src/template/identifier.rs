//! Names of tables and columns: text from the command line comes in, and a quoted SQL identifier goes out.

use std::fmt;

use migrate::Engine;
use migrate::cli::Failure;
use migrate_lint::syntax_errors;

/// A name in SQL, with or without a schema. Display adds the quotes that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identifier {
    schema: Option<String>,
    name: String,
}

impl Identifier {
    pub(super) fn new(text: &str) -> Result<Identifier, Failure> {
        let (schema, name) = match text.split_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, text),
        };
        let is_one = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-'))
        };
        if !is_one(name) || !schema.is_none_or(is_one) {
            return Err(Failure::new("template", format!("`{text}` is not the name of a table or column"))
                .help("write letters, digits and `_`, and a schema as `schema.table`"));
        }
        Ok(Identifier { schema: schema.map(str::to_owned), name: name.to_owned() })
    }

    /// The name without its schema and without quotes.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The schema and the name, without quotes.
    pub(super) fn parts(&self) -> (Option<&str>, &str) {
        (self.schema.as_deref(), &self.name)
    }

    /// The name in this schema, if it has none and one can be written.
    pub(super) fn or_schema(&self, schema: Option<&str>) -> Identifier {
        let schema = schema.filter(|schema| Identifier::new(schema).is_ok_and(|one| one.schema.is_none()));
        Identifier { schema: self.schema.clone().or(schema.map(str::to_owned)), name: self.name.clone() }
    }

    /// A name for an object of this table and these columns, without a schema. It has at most 63 bytes, because PostgreSQL
    /// cuts longer names off (manual, 4.1.1).
    pub(super) fn derived(&self, columns: &[Identifier], suffix: &str) -> Identifier {
        let columns = columns.iter().map(|column| format!("{}_", column.name)).collect::<String>();
        let mut name = format!("{}_{columns}", self.name);
        while name.len() + suffix.len() > 63 {
            name.pop();
        }
        Identifier { schema: None, name: format!("{name}{suffix}") }
    }

    /// The other name in the schema of this table.
    pub(super) fn beside(&self, other: &Identifier) -> Identifier {
        Identifier { schema: self.schema.clone(), ..other.clone() }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quoted(schema))?;
        }
        f.write_str(&quoted(&self.name))
    }
}

/// The name, in quotes if one of the engines would not read it as a name without them.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let is_name = |engine| syntax_errors(&format!("CREATE TABLE {name} ({name} text)"), engine).is_empty();
    if is_plain && [Engine::Postgres, Engine::Sqlite].into_iter().all(is_name) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_quotes_has_them() {
        let cases = [
            ("orders", "orders"),
            ("app.orders", "app.orders"),
            ("order", "\"order\""),
            ("app.user", "app.\"user\""),
            ("Orders", "\"Orders\""),
            ("line items", "\"line items\""),
            ("2fa", "\"2fa\""),
            ("größe", "\"größe\""),
        ];
        for (text, want) in cases {
            let identifier = Identifier::new(text).unwrap();
            assert_eq!(identifier.to_string(), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "a.", ".a", "a.b.c", "a;b", "a\"b", "a(b"] {
            assert!(Identifier::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_derived_name_is_one_that_the_server_keeps() {
        let long = Identifier::new(&"é".repeat(40)).unwrap();
        let derived = long.derived(&[Identifier::new("a").unwrap()], "idx");
        assert!(derived.name().len() <= 63 && derived.name().ends_with("idx"), "{derived}");
    }
}
