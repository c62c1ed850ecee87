//! Values as `rusqlite` writes and reads them.
//!
//! What comes in is a value with the codec of its type; what goes out is one of SQLite's five kinds of value, such as
//! `Text("vip")`, and back.

use std::fmt;

use migrate_core::Engine;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Null, ToSqlOutput, ValueRef};

use super::{Bindable, Cell, Foreign, Value};

/// How a type is written and read: the driver's functions as values.
#[doc(hidden)]
pub struct Codec<V> {
    write: Write<V>,
    read: Read<V>,
}

pub(super) type Write<V> = for<'a> fn(&'a V) -> rusqlite::Result<ToSqlOutput<'a>>;
pub(super) type Read<V> = for<'a> fn(ValueRef<'a>) -> FromSqlResult<V>;

impl<V: ToSql + FromSql> Codec<V> {
    /// As the driver does it.
    pub fn of_driver() -> Codec<V> {
        Codec { write: V::to_sql, read: V::column_result }
    }
}

impl<V> Codec<V> {
    /// With functions of its own.
    pub(super) fn new(write: Write<V>, read: Read<V>) -> Codec<V> {
        Codec { write, read }
    }
}

impl<V: Value> Codec<V> {
    /// The same for values that may be NULL.
    pub(super) fn optional(self) -> Codec<Option<V>> {
        Codec {
            write: |value| match value {
                Some(value) => write(value),
                None => Ok(ToSqlOutput::from(Null)),
            },
            read: |value| match value {
                ValueRef::Null => Ok(None),
                value => read(value).map(Some),
            },
        }
    }
}

/// Writes a value with the codec of its type.
fn write<V: Value>(value: &V) -> rusqlite::Result<ToSqlOutput<'_>> {
    let foreign = || rusqlite::Error::ToSqlConversionFailure(Foreign::new::<V>(Engine::Sqlite).into());
    let codec = V::sqlite().ok_or_else(foreign)?;
    (codec.write)(value)
}

/// Reads a value with the codec of its type.
fn read<V: Value>(value: ValueRef<'_>) -> FromSqlResult<V> {
    let foreign = || FromSqlError::Other(Foreign::new::<V>(Engine::Sqlite).into());
    let codec = V::sqlite().ok_or_else(foreign)?;
    (codec.read)(value)
}

impl<V: Value> ToSql for Bindable<V> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        write(&self.0)
    }
}

impl<V> fmt::Debug for Codec<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

impl<V: Value> FromSql for Cell<V> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Cell<V>> {
        read(value).map(Cell)
    }
}
