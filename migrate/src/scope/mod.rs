//! Tenants and soft deletes: statements that only see what they may.

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
pub use error::{DatabaseError, Error, InvalidStatement, Result};
pub use expression::{Expression, Filter, Operand};
pub use filter::exists;
pub use hard_delete::HardDelete;
pub use insert::{Insert, InsertReturning, NewRow, Targets};
pub use migrate_core::{Engine, InvalidFragment};
pub use migrate_macros::FromRow;
pub use order::Order;
#[cfg(feature = "postgres")]
pub use pool::{TenantPool, TenantTransaction};
pub use projection::{Column, Columns, Projection};
pub use purge::{Purge, Purged, days};
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
pub use value::{Parameter, Value};

/// Declares tables, for statements of a scope.
#[macro_export]
#[doc(hidden)]
macro_rules! __scope_tables {
    ($($input:tt)*) => { $crate::__private::tables!($crate; $($input)*); };
}

#[doc(inline)]
pub use crate::__scope_tables as tables;
