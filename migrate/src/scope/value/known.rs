//! The types that an engine knows without a wrapper: those of the standard library, and `Uuid`.
//!
//! What comes in is this list; what goes out is an `impl Value` for each type, with a codec for each engine named.
//! The list says what the drivers can do with all of their features off, so turning a feature on elsewhere in the
//! build changes nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use uuid::Uuid;

#[cfg(feature = "postgres")]
use super::PostgresCodec;
use super::Value;

crate::__scope_values! {
    bool: postgres, sqlite;
    i8: postgres, sqlite;
    i16: postgres, sqlite;
    i32: postgres, sqlite;
    i64: postgres, sqlite;
    u32: postgres, sqlite;
    f32: postgres, sqlite;
    f64: postgres, sqlite;
    String: postgres, sqlite;
    Box<str>: postgres, sqlite;
    Vec<u8>: postgres, sqlite;
    Uuid: postgres, sqlite;
    IpAddr: postgres;
    SystemTime: postgres;
    HashMap<String, Option<String>>: postgres;
    u8: sqlite;
    u16: sqlite;
    isize: sqlite;
    Arc<str>: sqlite;
}

/// A type that an array can hold.
#[cfg(feature = "postgres")]
#[doc(hidden)]
pub trait Element: Value + tokio_postgres::types::ToSql + for<'a> tokio_postgres::types::FromSql<'a> {}

/// A type that an array can hold.
#[cfg(not(feature = "postgres"))]
#[doc(hidden)]
pub trait Element: Value {}

macro_rules! elements {
    ($($of:ty),*) => {$(impl Element for $of {})*};
}

elements!(bool, i8, i16, i32, i64, u32, f32, f64, String, Box<str>, Vec<u8>, Uuid, IpAddr, SystemTime);

impl<V: Element> Element for Option<V> {}

/// An array of PostgreSQL. `Vec<u8>` is not one: it is `bytea`, and `u8` is not an [`Element`].
impl<V: Element> Value for Vec<V> {
    #[cfg(feature = "postgres")]
    fn postgres() -> Option<PostgresCodec<Vec<V>>> {
        Some(PostgresCodec::of_driver())
    }
}
