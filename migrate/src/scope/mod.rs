//! Tenants and soft deletes: statements that see one tenant's live rows, and no others.
//!
//! Two shops share a database. A statement is made from a [`Scope`], which says whose rows are meant. It cannot be
//! forgotten: a statement without a scope does not compile.
//!
//! ```
//! use migrate::scope::{FromRow, Scope, tables};
//!
//! tables! {
//!     tenant = business_id;
//!     deleted = deleted_at;
//!     orders { id: i64, business_id: i64, total: i64, note: Option<String>, deleted_at: Option<String> }
//! }
//!
//! #[derive(Debug, PartialEq, FromRow)]
//! struct Order { id: i64, total: i64 }
//!
//! # #[cfg(feature = "sqlite")]
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let db = rusqlite::Connection::open_in_memory()?;
//! #   db.execute_batch("CREATE TABLE orders (id bigint PRIMARY KEY, business_id bigint NOT NULL, total bigint NOT NULL,
//! #       note text, deleted_at text)")?;
//!     let (bakery, cinema) = (Scope::tenant(1), Scope::tenant(2));
//!     bakery.insert(orders).set(orders.id, 1).set(orders.total, 120).execute(&db)?;   // business_id is filled in
//!     cinema.insert(orders).set(orders.id, 2).set(orders.total, 990).execute(&db)?;
//!
//!     let any = orders.total.gt(100).or(orders.note.eq("vip"));                       // no OR reaches further
//!     let found: Vec<Order> = bakery.select(orders).filter(any).all(&db)?;
//!     assert_eq!(found, [Order { id: 1, total: 120 }]);
//!
//!     bakery.soft_delete(orders).key(1).one(&db)?;
//!     assert_eq!(bakery.select(orders).count(&db)?, 0);
//!     assert_eq!(bakery.select(orders).only_deleted().count(&db)?, 1);
//!     assert!(cinema.update(orders).key(1).set(orders.total, 0).one(&db).is_err());   // it does not exist for the cinema
//!     Ok(())
//! }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! On PostgreSQL the same statements take a `&deadpool_postgres::Pool`, a client, a transaction or a `TenantPool`,
//! and are awaited: `bakery.select(orders).all(&pool).await?`. See [`Database`].
//!
//! In the examples of this module, `db` is an SQLite database in memory with the tables `customers`, `orders` and
//! `currencies`, and `bakery` and `cinema` are the scopes of two tenants in it.
//!
//! # The rule
//!
//! Every reference to a table becomes a derived table:
//!
//! ```text
//! orders  →  (SELECT … FROM orders WHERE business_id = $1 AND deleted_at IS NULL) AS orders
//! ```
//!
//! in FROM, in joins and in subqueries at any depth. The target of an UPDATE or DELETE gets the same condition,
//! followed by the caller's filter in parentheses. Joins, subqueries and NOT around a table do not change which rows
//! it has. Both engines plan a derived table like a condition at the end, so an index on
//! `(business_id, …) WHERE deleted_at IS NULL` serves it.
//!
//! The tests compare it with an oracle: random statements on the shared database return what plain SQL returns on a
//! database that holds nothing but the tenant's live rows.
//!
//! # The verbs
//!
//! | verb | what it does |
//! |---|---|
//! | [`Scope::select`] | reads: filters, joins along declared keys, aggregates, pages, subqueries, locks |
//! | [`Scope::insert`] | adds a row, many rows, or the rows of a query; the tenant is filled in |
//! | [`Scope::update`] | changes rows by key or filter; with `if_version` it returns [`Error::Stale`] instead of losing an update |
//! | [`Scope::upsert`] | adds or changes a row, by a unique key of the tenant; never another tenant's row |
//! | [`Scope::soft_delete`] | marks rows as deleted, with the rows below them, by whom and why |
//! | [`Scope::restore`] | brings back exactly what a soft delete took |
//! | [`Scope::purge`] | removes what was deleted long enough ago, in batches, children first; and reports what it could not remove |
//! | [`Scope::hard_delete`] | removes rows at once |
//!
//! [`Global`] makes statements on tables that all tenants share. [`Unscoped`] makes them on the rows of all tenants,
//! for a reason that is recorded. [`raw`] is for SQL that the builder has no words for.
//!
//! # Types of columns
//!
//! A field of [`FromRow`], a column of `tables!` and a [`Value`] are read from columns of these types. A column that may be
//! NULL needs an `Option` of it. Any other pair fails when a row is read, with an [`Error::Read`] that names both types.
//!
//! | PostgreSQL | Rust | needs |
//! |---|---|---|
//! | `boolean` | `bool` | |
//! | `smallint`, `integer`, `bigint` | `i16`, `i32`, `i64` | |
//! | `real`, `double precision` | `f32`, `f64` | |
//! | `text`, `varchar`, `char`, `citext` | `String`, `Box<str>` | |
//! | `bytea` | `Vec<u8>` | |
//! | `uuid` | `Uuid` | the crate `uuid` |
//! | `inet` | `IpAddr` | |
//! | arrays | `Vec` of the above | |
//! | `timestamptz` | `SystemTime` | |
//! | | `Postgres<chrono::DateTime<Utc>>` | `with-chrono-0_4` |
//! | | `Postgres<jiff::Timestamp>` | `with-jiff-0_2` |
//! | | `Postgres<time::OffsetDateTime>` | `with-time-0_3` |
//! | `timestamp` | `SystemTime` | |
//! | | `Postgres<chrono::NaiveDateTime>`, `Postgres<jiff::civil::DateTime>`, `Postgres<time::PrimitiveDateTime>` | as above |
//! | `date` | `Postgres<chrono::NaiveDate>`, `Postgres<jiff::civil::Date>`, `Postgres<time::Date>` | as above |
//! | `json`, `jsonb` | `Postgres<serde_json::Value>` | `with-serde_json-1` |
//!
//! The features are those of `tokio-postgres`; `migrate` has none for them, because the features of a crate are the same in
//! all of a build: `tokio-postgres = { version = "0.7", features = ["with-chrono-0_4"] }`.
//!
//! | SQLite | Rust | needs |
//! |---|---|---|
//! | INTEGER | `i64` and smaller, `bool` | |
//! | REAL | `f64` | |
//! | TEXT | `String`, `Box<str>`, `Arc<str>` | |
//! | BLOB | `Vec<u8>`, `Uuid` | |
//! | TEXT that `CURRENT_TIMESTAMP` wrote | `String`; `Sqlite<chrono::DateTime<Utc>>`, `Sqlite<chrono::NaiveDateTime>` | the feature `chrono` of `rusqlite` |
//!
//! A table that both engines have needs a type that both read: `Both<chrono::DateTime<Utc>>` for a time, with both features.
//!
//! # Indexes and keys
//!
//! - `UNIQUE (business_id, id)` on each table, and foreign keys as
//!   `(business_id, order_id) REFERENCES orders (business_id, id)`. A plain key lets a row refer to another tenant's.
//! - `(business_id, created_at) WHERE deleted_at IS NULL` for live pages,
//!   `(business_id, deleted_at) WHERE deleted_at IS NOT NULL` for the trash. An index on `deleted_at` alone serves
//!   neither.
//! - Unique keys as `(business_id, email) WHERE deleted_at IS NULL`, so that a deleted row does not block a new one.
//!
//! # What it does not protect against
//!
//! - **SQL that is not made here.** A query by hand on the same connection sees everything. Row-level security stops
//!   that on PostgreSQL: the module `rls`.
//! - **The wrong tenant.** The application decides who the tenant is, before it makes a scope.
//! - **Triggers, views and functions of the database**, which see all rows, and foreign keys with
//!   `ON DELETE CASCADE`. A hard delete or a purge reaches another tenant's rows through them, if a key lets those
//!   refer to yours.
//! - **A wrong declaration.** A table is `global` because `tables!` says so.
//! - **Functions that [`Raw::calling`] admits.**
//! - **Guesses.** A unique key that does not begin with the tenant reports "taken" for a row that one cannot see. A
//!   unique key with a collation that holds `A` and `a` to be equal does not tell such tenants apart. The statements
//!   do, see [`Tenant`].
//! - **A writer at the same moment**, if one statement looks at two tables: a soft delete does not see a child that
//!   another transaction is about to add. If that matters, use a serializable transaction.
//!
//! [`raw`]: raw()

mod access;
mod column;
mod database;
mod error;
mod expression;
mod family;
mod filter;
mod hard_delete;
mod insert;
mod order;
#[cfg(feature = "postgres")]
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod projection;
mod purge;
mod query;
mod raw;
mod restore;
#[cfg(feature = "postgres")]
pub mod rls;
mod row;
mod select;
mod soft_delete;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod table;
mod tenant;
mod unscoped;
mod update;
mod upsert;
mod value;

pub use access::{Access, Global, Reads, Scope, Writes};
pub use column::{Col, Number, Protected, Text, Writable, count_all};
pub use database::Database;
pub use error::{DatabaseError, DatabaseErrorKind, Error, InvalidStatement, Result, Unread};
pub use expression::{Expression, Filter, Operand};
pub use filter::exists;
pub use hard_delete::HardDelete;
pub use insert::{Insert, InsertReturning, NewRow, Targets};
pub use migrate_core::{Engine, InvalidRawExpression, RawExpressionFault};
pub use migrate_macros::FromRow;
pub use order::Order;
#[cfg(feature = "postgres")]
pub use pool::{TenantPool, TenantTransaction};
pub use projection::{Column, Columns, Projection};
pub use purge::{Because, Held, Purge, Purged, days};
pub use query::{JoinKind, Lock, Wait};
pub use raw::{Raw, raw};
pub use restore::{Restore, Restored};
pub use row::{FromRow, Row, RowColumn};
pub use select::{Cursor, Select};
pub use soft_delete::{Deleted, SoftDelete};
pub use sql::Statement;
pub use table::{Definition, ForeignKey, GlobalTable, Handle, OnSoftDelete, SoftDeletes, Table, TenantTable};
pub use tenant::Tenant;
pub use unscoped::{Audit, Unscoped, UnscopedUse};
pub use update::{Update, UpdateReturning};
pub use upsert::{Upsert, UpsertReturning};
#[doc(hidden)]
pub use value::Element;
#[cfg(feature = "postgres")]
#[doc(hidden)]
pub use value::PostgresCodec;
#[cfg(feature = "sqlite")]
#[doc(hidden)]
pub use value::SqliteCodec;
pub use value::{Both, Parameter, Postgres, Sqlite, Value};

/// Declares the tables that statements of a scope are about.
///
/// ```
/// use migrate::scope::tables;
/// use uuid::Uuid;
///
/// tables! {
///     tenant = business_id;
///     deleted = deleted_at;
///
///     customers {
///         id: i64,
///         business_id: Uuid,
///         email: String,
///         deleted_at: Option<String>,
///     }
///
///     orders {
///         id: i64,
///         business_id: Uuid,
///         customer_id: Option<i64>,
///         total: i64,
///         row_version: i64,
///         deleted_at: Option<String>,
///         deleted_by: Option<String>,
///         delete_op: Option<Uuid>,
///         version = row_version,
///         by = deleted_by,
///         op = delete_op,
///         customer_id -> customers on soft_delete restrict,
///     }
///
///     global currencies {
///         code: String,
///         key = code,
///     }
/// }
/// ```
///
/// `orders` is then a type and a constant of that name, with a field for each column. `TABLES` is a static with all
/// [`Definition`]s. As with any constant, `let orders = …` does not compile where it is in scope: put the declaration
/// into a module and write `db::orders`, or give the variable another name.
///
/// `tenant` and `deleted` at the top name the columns that have this meaning in every table that has them. A table
/// without the tenant column has to name another one, or be `global`.
///
/// The macro does not read the database. It believes the declaration, and `rls::Check::declared` compares it with the
/// database. A column of the database that is not declared is not read and not set.
///
/// | entry | meaning |
/// |---|---|
/// | `name: Type` | a column; `Option` if it may be NULL. See [`Value`] |
/// | `key = id`, `key = (a, b)` | the primary key; `id` by default |
/// | `tenant = column` | whose the row is |
/// | `deleted = column` | when the row was deleted: a time, or on SQLite a text that holds one |
/// | `version = column` | an integer with a default, to which each change adds one |
/// | `by = column`, `reason = column` | texts: who deleted the row, and why |
/// | `op = column` | a UUID: which operation deleted the row |
/// | `column -> table`, `(a, b) -> table (c, d)` | a foreign key, to the primary key by default |
///
/// A foreign key to a table with soft deletes ends with `on soft_delete`, which says what happens to the row when its
/// parent is deleted:
///
/// | action | what happens |
/// |---|---|
/// | `cascade` | the same operation deletes it, and a restore brings it back with its parent; both tables need an `op` |
/// | `restrict` | the parent cannot be deleted while the row is live |
/// | `keep` | it stays |
/// | `hide_with(parent)` | it is visible while its parent is; it needs no column of its own |
///
/// The columns that the library keeps (tenant, deleted, version, by, reason, op) can be read and filtered, but not
/// set. Each has one role. A global table with a column of the tenant's name is refused. So are two names that SQLite
/// does not distinguish, such as `Orders` and `orders`.
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_tables {
    ($($input:tt)*) => { $crate::__private::tables!($crate; $($input)*); };
}

#[doc(inline)]
pub use crate::__scope_tables as tables;

/// Makes types of your own values of columns, and names the engines that know them.
///
/// ```
/// use migrate::scope::value;
///
/// #[derive(Debug)]
/// struct Cents(i64);
///
/// # #[cfg(feature = "sqlite")]
/// impl rusqlite::ToSql for Cents {
///     fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
///         self.0.to_sql()
///     }
/// }
///
/// # #[cfg(feature = "sqlite")]
/// impl rusqlite::types::FromSql for Cents {
///     fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Cents> {
///         i64::column_result(value).map(Cents)
///     }
/// }
///
/// value!(Cents: sqlite);
/// ```
///
/// The type needs the `ToSql` and `FromSql` of the drivers of these engines. With `postgres` it can also be an
/// element of an array. See [`Value`].
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_value {
    ($of:ty: $($engine:ident),+ $(,)?) => {
        $crate::__scope_values! { $of: $($engine),+; }
        $($crate::__scope_element! { $engine: $of })+
    };
}

#[doc(inline)]
pub use crate::__scope_value as value;

/// An array of PostgreSQL can hold the type; SQLite has no arrays.
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_element {
    (postgres: $of:ty) => {
        impl $crate::scope::Element for $of {}
    };
    (sqlite: $of:ty) => {};
}

/// Implements `Value` for each type, with a codec for each engine that is named and turned on.
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_values {
    ($($of:ty: $($engine:ident),+;)*) => {$(
        impl $crate::scope::Value for $of {
            $($crate::__scope_codec! { $engine })+
        }
    )*};
}

/// One version for each combination of features: a `cfg` inside of the macro would be evaluated in the caller's
/// crate, which has other features.
#[cfg(all(feature = "postgres", feature = "sqlite"))]
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_codec {
    (postgres) => {
        fn postgres() -> ::core::option::Option<$crate::scope::PostgresCodec<Self>> {
            ::core::option::Option::Some($crate::scope::PostgresCodec::of_driver())
        }
    };
    (sqlite) => {
        fn sqlite() -> ::core::option::Option<$crate::scope::SqliteCodec<Self>> {
            ::core::option::Option::Some($crate::scope::SqliteCodec::of_driver())
        }
    };
}

#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_codec {
    (postgres) => {
        fn postgres() -> ::core::option::Option<$crate::scope::PostgresCodec<Self>> {
            ::core::option::Option::Some($crate::scope::PostgresCodec::of_driver())
        }
    };
    (sqlite) => {};
}

#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_codec {
    (postgres) => {};
    (sqlite) => {
        fn sqlite() -> ::core::option::Option<$crate::scope::SqliteCodec<Self>> {
            ::core::option::Option::Some($crate::scope::SqliteCodec::of_driver())
        }
    };
}

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_codec {
    (postgres) => {};
    (sqlite) => {};
}
