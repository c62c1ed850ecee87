//! Values as `tokio_postgres` writes and reads them.
//!
//! What comes in is a value with the codec of its type, and the type that the statement announces; what goes out are
//! bytes for the protocol, and back. `"vip"` is announced as `unknown` and sent as text; `7_i64` as `int8`, in eight
//! bytes.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use migrate_core::Engine;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::{Bindable, Cell, Foreign, Value};

type Fallible<T> = Result<T, Box<dyn Error + Sync + Send>>;

/// How a type is announced, written and read: the driver's functions as values, because the driver's traits cannot be
/// asked whether a type has them.
#[doc(hidden)]
pub struct Codec<V> {
    ty: Type,
    accepts: fn(&Type) -> bool,
    format: fn(&V, &Type) -> Format,
    write: fn(&V, &Type, &mut BytesMut) -> Fallible<IsNull>,
    read: fn(&Type, Option<&[u8]>) -> Fallible<V>,
}

impl<V: ToSql + for<'a> FromSql<'a>> Codec<V> {
    /// As the driver does it.
    pub fn of_driver() -> Codec<V> {
        Codec {
            ty: type_of::<V>(),
            accepts: <V as FromSql<'_>>::accepts,
            format: V::encode_format,
            write: V::to_sql,
            read: |ty, raw| V::from_sql_nullable(ty, raw),
        }
    }
}

impl<V> Codec<V> {
    /// The type that is announced to the server.
    pub(super) fn ty(self) -> Type {
        self.ty
    }
}

impl<V: Value> Codec<V> {
    /// The same for values that may be NULL.
    pub(super) fn optional(self) -> Codec<Option<V>> {
        Codec {
            ty: self.ty,
            accepts: self.accepts,
            format: |value, ty| match value {
                Some(value) => V::postgres().map_or(Format::Binary, |codec| (codec.format)(value, ty)),
                None => Format::Binary,
            },
            write: |value, ty, out| match value {
                Some(value) => write(value, ty, out),
                None => Ok(IsNull::Yes),
            },
            read: |ty, raw| match raw {
                Some(raw) => read(ty, Some(raw)).map(Some),
                None => Ok(None),
            },
        }
    }
}

/// A type around one that the driver knows.
impl<W> Codec<W> {
    /// A wrapper around a type that the driver knows.
    pub(super) fn around<V>(format: fn(&W, &Type) -> Format, write: Write<W>, read: Read<W>) -> Codec<W>
    where
        V: ToSql + for<'a> FromSql<'a>,
    {
        Codec { ty: type_of::<V>(), accepts: <V as FromSql<'_>>::accepts, format, write, read }
    }
}

pub(super) type Write<W> = fn(&W, &Type, &mut BytesMut) -> Fallible<IsNull>;
pub(super) type Read<W> = fn(&Type, Option<&[u8]>) -> Fallible<W>;

/// Writes a value with the codec of its type.
fn write<V: Value>(value: &V, ty: &Type, out: &mut BytesMut) -> Fallible<IsNull> {
    let codec = V::postgres().ok_or_else(|| Foreign::new::<V>(Engine::Postgres))?;
    (codec.write)(value, ty, out)
}

/// Reads a value with the codec of its type.
fn read<V: Value>(ty: &Type, raw: Option<&[u8]>) -> Fallible<V> {
    let codec = V::postgres().ok_or_else(|| Foreign::new::<V>(Engine::Postgres))?;
    (codec.read)(ty, raw)
}

impl<V: Value> ToSql for Bindable<V> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Fallible<IsNull> {
        write(&self.0, ty, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    /// Text for a literal, else as the codec says.
    fn encode_format(&self, ty: &Type) -> Format {
        // A literal is text. The server would take the binary bytes of a number for its digits.
        if *ty == Type::UNKNOWN {
            return Format::Text;
        }
        V::postgres().map_or(Format::Binary, |codec| (codec.format)(&self.0, ty))
    }

    to_sql_checked!();
}

impl<V> fmt::Debug for Codec<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

impl<'a, V: Value> FromSql<'a> for Cell<V> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Fallible<Cell<V>> {
        read(ty, Some(raw)).map(Cell)
    }

    fn from_sql_null(ty: &Type) -> Fallible<Cell<V>> {
        read(ty, None).map(Cell)
    }

    /// Any type: the codec was chosen for it when the statement was written.
    fn accepts(ty: &Type) -> bool {
        V::postgres().is_none_or(|codec| (codec.accepts)(ty))
    }
}

/// The types that are tried in order for a Rust type. `unknown` is first: what the driver writes as text can be read
/// as a literal of any type.
const TYPES: [Type; 37] = [
    Type::UNKNOWN,
    Type::INT8,
    Type::INT4,
    Type::BOOL,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMP,
    Type::DATE,
    Type::TIME,
    Type::NUMERIC,
    Type::FLOAT8,
    Type::FLOAT4,
    Type::INT2,
    Type::BYTEA,
    Type::JSONB,
    Type::INTERVAL,
    Type::INET,
    Type::CIDR,
    Type::MACADDR,
    Type::OID,
    Type::CHAR,
    Type::VARBIT,
    Type::POINT,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::INT4_ARRAY,
    Type::UUID_ARRAY,
    Type::TIMESTAMPTZ_ARRAY,
    Type::BOOL_ARRAY,
    Type::FLOAT8_ARRAY,
    Type::FLOAT4_ARRAY,
    Type::INT2_ARRAY,
    Type::BYTEA_ARRAY,
    Type::INET_ARRAY,
    Type::NUMERIC_ARRAY,
    Type::DATE_ARRAY,
    Type::OID_ARRAY,
];

/// The first type that the driver accepts for it.
fn type_of<V: ToSql>() -> Type {
    TYPES.into_iter().find(<V as ToSql>::accepts).unwrap_or(Type::UNKNOWN)
}
