use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// Whose rows a [`Scope`](super::Scope) sees: a UUID, a number or a text, as the tenant column holds it.
///
/// ```
/// use migrate::scope::Tenant;
///
/// assert_eq!(Tenant::from(7).to_string(), "7");
/// assert_eq!(Tenant::from("bakery").to_string(), "bakery");
/// ```
///
/// Texts are compared byte by byte, whatever the collation or the type of the column holds to be equal.
///
/// On SQLite a UUID is bound as `rusqlite` does it, as a BLOB of 16 bytes. Where the column holds its text, the tenant
/// is a text: `Tenant::from(uuid.to_string())`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant(Id);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Id {
    Uuid(Uuid),
    Integer(i64),
    Text(Arc<str>),
}

impl From<Uuid> for Tenant {
    fn from(id: Uuid) -> Tenant {
        Tenant(Id::Uuid(id))
    }
}

impl From<i64> for Tenant {
    fn from(id: i64) -> Tenant {
        Tenant(Id::Integer(id))
    }
}

impl From<&str> for Tenant {
    fn from(id: &str) -> Tenant {
        Tenant(Id::Text(id.into()))
    }
}

impl From<String> for Tenant {
    fn from(id: String) -> Tenant {
        Tenant(Id::Text(id.into()))
    }
}

impl Tenant {
    /// Whether a collation decides what it is equal to.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.0, Id::Text(_))
    }
}

/// As PostgreSQL writes the value: what a setting of the session holds.
impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Id::Uuid(id) => id.fmt(f),
            Id::Integer(id) => id.fmt(f),
            Id::Text(id) => f.write_str(id),
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::error::Error;

    use bytes::BytesMut;
    use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

    use super::{Id, Tenant};

    impl Tenant {
        pub(crate) fn postgres_type(&self) -> Type {
            match self.0 {
                Id::Uuid(_) => Type::UUID,
                Id::Integer(_) => Type::INT8,
                // The server infers the type of the column, and reads the text as its literal.
                Id::Text(_) => Type::UNKNOWN,
            }
        }
    }

    impl ToSql for Tenant {
        fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
            match &self.0 {
                Id::Uuid(id) => id.to_sql(ty, out),
                Id::Integer(id) => id.to_sql(ty, out),
                Id::Text(id) => (&**id).to_sql(ty, out),
            }
        }

        fn accepts(ty: &Type) -> bool {
            matches!(*ty, Type::UUID | Type::INT8 | Type::UNKNOWN)
        }

        fn encode_format(&self, ty: &Type) -> Format {
            if *ty == Type::UNKNOWN { Format::Text } else { Format::Binary }
        }

        to_sql_checked!();
    }
}

#[cfg(feature = "sqlite")]
impl rusqlite::ToSql for Tenant {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match &self.0 {
            Id::Uuid(id) => id.to_sql(),
            Id::Integer(id) => id.to_sql(),
            Id::Text(id) => Ok(rusqlite::types::ToSqlOutput::from(&**id)),
        }
    }
}
