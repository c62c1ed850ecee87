//! A value that cannot be read: the column, what it holds and the Rust type come in, and what to write instead goes out.
//! No value is in it.

use std::error::Error as StdError;
use std::fmt;

use super::super::value::Foreign;

/// A value of a row that is not what the program expects.
#[derive(Debug)]
pub struct Unread {
    /// Its place in the row, counted from 0.
    pub column: usize,
    /// The name of the column.
    pub name: String,
    /// Its type in the database, such as `timestamptz`. On SQLite, where each value has its own, the type of the value.
    pub holds: String,
    /// Whether the value is NULL.
    pub is_null: bool,
    /// The Rust type that was to be read.
    pub wanted: &'static str,
    pub(in crate::scope) source: Box<dyn StdError + Send + Sync>,
}

impl Unread {
    /// The refusal of an engine that does not know the Rust type.
    fn foreign(&self) -> Option<&Foreign> {
        let mut source: Option<&(dyn StdError + 'static)> = Some(&*self.source);
        while let Some(error) = source {
            if let Some(foreign) = error.downcast_ref() {
                return Some(foreign);
            }
            source = error.source();
        }
        None
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unread { name, holds, .. } = self;
        let wanted = short(self.wanted);
        if let Some(foreign) = self.foreign() {
            return write!(f, "cannot read the column `{name}` ({holds}) as `{wanted}`: {foreign}");
        }
        if self.is_null {
            return write!(
                f,
                "cannot read the column `{name}` ({holds}) as `{wanted}`: it is NULL; read it as `Option<{wanted}>`"
            );
        }
        write!(f, "cannot read the column `{name}` ({holds}) as `{wanted}`")?;
        match readable_as(holds) {
            Some(types) => write!(f, "; read {holds} as {types}, or as an `Option` of that"),
            None => f.write_str("; `migrate::scope` has a table of the types that go together"),
        }
    }
}

impl StdError for Unread {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// The Rust types for a type of the database, of PostgreSQL or of a value of SQLite.
fn readable_as(holds: &str) -> Option<&'static str> {
    Some(match holds {
        "bool" => "`bool`",
        "int2" => "`i16`",
        "int4" => "`i32`",
        "int8" | "integer" => "`i64`",
        "float4" => "`f32`",
        "float8" | "real" => "`f64`",
        "text" | "varchar" | "bpchar" | "name" | "citext" => "`String`",
        "bytea" | "blob" => "`Vec<u8>`",
        "uuid" => "`Uuid`",
        "inet" => "`IpAddr`",
        "timestamptz" => {
            "`SystemTime`, or, with its feature of `tokio-postgres`, `Postgres<chrono::DateTime<Utc>>`, \
             `Postgres<jiff::Timestamp>` or `Postgres<time::OffsetDateTime>`"
        }
        "timestamp" => {
            "`SystemTime`, or, with its feature of `tokio-postgres`, `Postgres<chrono::NaiveDateTime>`, \
             `Postgres<jiff::civil::DateTime>` or `Postgres<time::PrimitiveDateTime>`"
        }
        "date" => {
            "`Postgres<chrono::NaiveDate>`, `Postgres<jiff::civil::Date>` or `Postgres<time::Date>`, with its feature of \
             `tokio-postgres`"
        }
        "time" => {
            "`Postgres<chrono::NaiveTime>`, `Postgres<jiff::civil::Time>` or `Postgres<time::Time>`, with its feature of \
             `tokio-postgres`"
        }
        "json" | "jsonb" => {
            "`Postgres<serde_json::Value>`, with the feature `with-serde_json-1` of `tokio-postgres`"
        }
        _ => return None,
    })
}

/// The name of a type without the modules: `Option<String>`.
fn short(name: &str) -> String {
    let mut out = String::new();
    for word in name.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != ':') {
        out += word.rsplit("::").next().unwrap_or(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_without_its_modules() {
        let cases = [
            (std::any::type_name::<Option<String>>(), "Option<String>"),
            (std::any::type_name::<i64>(), "i64"),
            (std::any::type_name::<Vec<Option<std::time::SystemTime>>>(), "Vec<Option<SystemTime>>"),
            ("(a::B, c::D<e::F>)", "(B, D<F>)"),
        ];
        for (name, want) in cases {
            assert_eq!(short(name), want, "{name}");
        }
    }
}
