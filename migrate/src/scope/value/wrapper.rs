//! Wrappers for types of other crates. The caller says which engines know them.
//!
//! What comes in is such a type, `chrono::DateTime<Utc>`; what goes out is a column of the type
//! `Postgres<DateTime<Utc>>`. A blanket `impl Value` for whatever all drivers know would be simpler, and wrong: a
//! type that only one driver knows would stop compiling when another crate in the build turns the other driver on.

#[cfg(feature = "postgres")]
use super::PostgresCodec;
#[cfg(feature = "sqlite")]
use super::SqliteCodec;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use super::Value;

/// A value that PostgreSQL's driver knows: `Postgres<DateTime<Utc>>`, with the feature of `tokio_postgres` for
/// chrono.
///
/// A column of this type takes the value without the wrapper too: `set(orders.paid_at, now)`.
///
/// ```
/// # #[cfg(feature = "postgres")]
/// # mod example {
/// use migrate::scope::{self, Postgres, Scope, tables};
/// use std::net::IpAddr;
///
/// tables! {
///     tenant = business_id;
///     logins { id: i64, business_id: i64, address: Postgres<IpAddr> }
/// }
///
/// async fn record(shop: &Scope, address: IpAddr, client: &tokio_postgres::Client) -> scope::Result<u64> {
///     shop.insert(logins).set(logins.address, address).execute(client).await
/// }
/// # }
/// ```
///
/// Exhaustive: callers wrap and unwrap values with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postgres<V>(pub V);

/// A value that SQLite's driver knows. A column of this type takes the value without the wrapper too.
///
/// Exhaustive: callers wrap and unwrap values with it.
///
/// ```
/// use migrate::scope::{Sqlite, tables};
///
/// # #[cfg(feature = "sqlite")]
/// tables! {
///     tenant = business_id;
///     readings { id: i64, business_id: i64, raw: Sqlite<rusqlite::types::Value> }   // whatever type a row has
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sqlite<V>(pub V);

/// A value that the drivers of all engines know that are turned on. A column of this type takes the value without the
/// wrapper too.
///
/// Exhaustive: callers wrap and unwrap values with it.
///
/// With both engines on, a type that only one driver knows does not compile in it. Use [`Postgres`] or [`Sqlite`] for
/// such a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Both<V>(pub V);

#[cfg(feature = "postgres")]
mod postgres {
    use tokio_postgres::types::{FromSql, ToSql};

    pub trait Known: ToSql + for<'a> FromSql<'a> {}
    impl<V: ToSql + for<'a> FromSql<'a>> Known for V {}
}

/// A macro and not a function: the wrappers have a field in common, and no trait.
#[cfg(feature = "postgres")]
macro_rules! postgres_codec {
    ($wrapper:ident) => {
        Some(PostgresCodec::around::<V>(
            |value, ty| tokio_postgres::types::ToSql::encode_format(&value.0, ty),
            |value, ty, out| tokio_postgres::types::ToSql::to_sql(&value.0, ty, out),
            |ty, raw| <V as tokio_postgres::types::FromSql<'_>>::from_sql_nullable(ty, raw).map($wrapper),
        ))
    };
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use rusqlite::ToSql;
    use rusqlite::types::FromSql;

    pub trait Known: ToSql + FromSql {}
    impl<V: ToSql + FromSql> Known for V {}
}

#[cfg(feature = "sqlite")]
macro_rules! sqlite_codec {
    ($wrapper:ident) => {
        Some(SqliteCodec::new(
            |value| rusqlite::ToSql::to_sql(&value.0),
            |value| <V as rusqlite::types::FromSql>::column_result(value).map($wrapper),
        ))
    };
}

#[cfg(feature = "postgres")]
impl<V> Value for Postgres<V>
where
    V: postgres::Known + std::fmt::Debug + Send + Sync + 'static,
{
    fn postgres() -> Option<PostgresCodec<Postgres<V>>> {
        postgres_codec!(Postgres)
    }
}

#[cfg(feature = "sqlite")]
impl<V> Value for Sqlite<V>
where
    V: sqlite::Known + std::fmt::Debug + Send + Sync + 'static,
{
    fn sqlite() -> Option<SqliteCodec<Sqlite<V>>> {
        sqlite_codec!(Sqlite)
    }
}

#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod both {
    pub trait Known: super::postgres::Known + super::sqlite::Known {}
    impl<V: super::postgres::Known + super::sqlite::Known> Known for V {}
}

#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
use postgres as both;
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
use sqlite as both;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl<V> Value for Both<V>
where
    V: both::Known + std::fmt::Debug + Send + Sync + 'static,
{
    #[cfg(feature = "postgres")]
    fn postgres() -> Option<PostgresCodec<Both<V>>> {
        postgres_codec!(Both)
    }

    #[cfg(feature = "sqlite")]
    fn sqlite() -> Option<SqliteCodec<Both<V>>> {
        sqlite_codec!(Both)
    }
}
