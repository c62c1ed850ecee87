//! Values: what a statement binds and a row holds, and which engines know them.
//!
//! What comes in is a Rust value, `"vip".to_owned()`; what goes out is a [`Parameter`], which knows how the driver of
//! each engine writes it. A type has a codec for each engine that knows it, and none for the others. It is a value
//! all the same: turning an engine on takes nothing away from the other one. A value that the engine does not know is
//! refused when a statement is written for it.

mod known;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod wrapper;

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use migrate_core::Engine;

pub use known::Element;
#[cfg(feature = "postgres")]
pub use postgres::Codec as PostgresCodec;
#[cfg(feature = "sqlite")]
pub use sqlite::Codec as SqliteCodec;
pub use wrapper::{Both, Postgres, Sqlite};

/// A type that a statement can bind and a row can hold, and `Option` of it for values that may be NULL.
///
/// | | PostgreSQL | SQLite |
/// |---|---|---|
/// | `bool`, `i8` to `i64`, `u32`, `f32`, `f64`, `String`, `Box<str>`, `Vec<u8>`, `Uuid` | yes | yes |
/// | `IpAddr`, `SystemTime`, `HashMap<String, Option<String>>`, and `Vec` of a value: an array | yes | no |
/// | `u8`, `u16`, `isize`, `Arc<str>` | no | yes |
/// | [`Postgres`]`<V>`: whatever `tokio_postgres` knows, with its features for chrono, time, jiff, serde_json and others | yes | no |
/// | [`Sqlite`]`<V>`: whatever `rusqlite` knows | no | yes |
/// | [`Both`]`<V>`: what both know | yes | yes |
///
/// [`value!`](super::value) makes a type of your own one of them, in addition to the traits of the drivers:
/// `value!(Money: postgres, sqlite)`. It names the engines that know the type, so a feature that another crate turns
/// on changes nothing.
///
/// If an engine does not know a value, the statement is not sent, and the answer is
/// [`InvalidStatement::ForeignValue`](super::InvalidStatement::ForeignValue):
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// use migrate::scope::{Error, InvalidStatement, raw};
/// use std::net::IpAddr;
///
/// let address: IpAddr = "192.0.2.1".parse()?;
/// let refused = bakery.select(orders).filter(raw("orders.note = ?").bind(address).filter()).count(&db);
/// assert!(matches!(refused, Err(Error::Invalid(InvalidStatement::ForeignValue { .. }))));
/// # Ok(())
/// # }
/// ```
///
/// On PostgreSQL a text is sent as a literal whose type the server infers. So it also serves columns of enumerations,
/// `citext`, `numeric` or `inet`. A type of your own that fits no built-in type is sent this way as well, and has to
/// write text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of a column",
    note = "wrap it in `Postgres`, `Sqlite` or `Both`, or declare a type of your own with `migrate::scope::value!`"
)]
pub trait Value: fmt::Debug + Send + Sync + Sized + 'static {
    /// How PostgreSQL's driver writes and reads it, if it knows it.
    #[cfg(feature = "postgres")]
    #[doc(hidden)]
    fn postgres() -> Option<PostgresCodec<Self>> {
        None
    }

    /// How SQLite's driver writes and reads it, if it knows it.
    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    fn sqlite() -> Option<SqliteCodec<Self>> {
        None
    }
}

/// A value that may be NULL.
impl<V: Value> Value for Option<V> {
    #[cfg(feature = "postgres")]
    fn postgres() -> Option<PostgresCodec<Option<V>>> {
        V::postgres().map(PostgresCodec::optional)
    }

    #[cfg(feature = "sqlite")]
    fn sqlite() -> Option<SqliteCodec<Option<V>>> {
        V::sqlite().map(SqliteCodec::optional)
    }
}

/// The failure that an engine does not know a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) value: &'static str,
    pub(super) engine: Engine,
}

impl Foreign {
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    fn new<V>(engine: Engine) -> Foreign {
        Foreign { value: type_name::<V>(), engine }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Foreign { value, engine } = self;
        write!(f, "{engine} has no values of the Rust type `{value}`; take one that it knows")
    }
}

impl std::error::Error for Foreign {}

/// A bound value of any type. Cloning it copies a pointer.
#[derive(Clone)]
pub struct Parameter(Arc<dyn Bound>);

impl Parameter {
    /// A value to bind.
    #[doc(hidden)]
    pub fn new<V: Value>(value: V) -> Parameter {
        Parameter(Arc::new(Bindable(value)))
    }

    /// Whether the engine has values of this type.
    pub(super) fn is_known_to(&self, engine: Engine) -> bool {
        self.0.is_known_to(engine)
    }

    /// The name of its type in Rust.
    pub(super) fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn sqlite(&self) -> &dyn rusqlite::ToSql {
        self.0.sqlite()
    }

    #[cfg(feature = "postgres")]
    pub(super) fn postgres(
        &self,
    ) -> (&(dyn tokio_postgres::types::ToSql + Sync), tokio_postgres::types::Type) {
        self.0.postgres()
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The value with its type, for the traits of the drivers.
#[derive(Debug)]
struct Bindable<V>(V);

/// A value of a row: a type of ours, on which both drivers' traits are implemented by the codecs.
pub(super) struct Cell<V>(pub(super) V);

impl<V> fmt::Debug for Cell<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell")
    }
}

/// What a statement needs of a value without knowing its type.
trait Bound: fmt::Debug + Send + Sync {
    fn is_known_to(&self, engine: Engine) -> bool;

    fn type_name(&self) -> &'static str;

    #[cfg(feature = "postgres")]
    fn postgres(&self) -> (&(dyn tokio_postgres::types::ToSql + Sync), tokio_postgres::types::Type);

    #[cfg(feature = "sqlite")]
    fn sqlite(&self) -> &dyn rusqlite::ToSql;
}

impl<V: Value> Bound for Bindable<V> {
    /// An engine that is turned off is one that nothing is sent to: its text may still be looked at.
    fn is_known_to(&self, engine: Engine) -> bool {
        match engine {
            #[cfg(feature = "postgres")]
            Engine::Postgres => V::postgres().is_some(),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite => V::sqlite().is_some(),
            #[cfg(not(all(feature = "postgres", feature = "sqlite")))]
            _ => true,
        }
    }

    fn type_name(&self) -> &'static str {
        type_name::<V>()
    }

    #[cfg(feature = "postgres")]
    fn postgres(&self) -> (&(dyn tokio_postgres::types::ToSql + Sync), tokio_postgres::types::Type) {
        (self, V::postgres().map_or(tokio_postgres::types::Type::UNKNOWN, PostgresCodec::ty))
    }

    #[cfg(feature = "sqlite")]
    fn sqlite(&self) -> &dyn rusqlite::ToSql {
        self
    }
}
