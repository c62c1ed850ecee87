//! The identity of a tenant: a UUID, a number or a text.
//!
//! What comes in is the caller's identifier, `Tenant::from(7)`. It goes out in two ways: as a bound value of a
//! statement, and as text for the setting of the session, `7`, which row-level security compares with the column.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// The tenant whose rows a [`Scope`](super::Scope) sees: a UUID, a number or a text, as the tenant column holds it.
///
/// ```
/// use migrate::scope::Tenant;
///
/// assert_eq!(Tenant::from(7).to_string(), "7");
/// assert_eq!(Tenant::from("bakery").to_string(), "bakery");
/// assert_ne!(Tenant::from("bakery"), Tenant::from("Bakery"));
/// ```
///
/// Texts are compared byte by byte, even if the collation or the type of the column (`citext`) holds two of them to
/// be equal.
///
/// On SQLite a UUID is bound as `rusqlite` binds it, as a BLOB of 16 bytes. If the column holds the UUID as text,
/// make the tenant a text: `Tenant::from(uuid.to_string())`. PostgreSQL compares its type `uuid` either way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant(Id);

/// The three types a tenant column may have.
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
    /// Whether a collation decides what the tenant is equal to.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.0, Id::Text(_))
    }
}

/// Writes the value as PostgreSQL writes it: the text that the setting of the session holds.
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
        /// The type that is sent with the value. It is always sent: to ask the server for it would cost a round trip.
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
            // The server reads a literal as text.
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
