//! Tenants and soft deletes: statements that only see what they may.

mod access;
mod error;
#[cfg(feature = "postgres")]
mod pool;
#[cfg(feature = "postgres")]
pub mod rls;
mod sql;
mod table;
mod tenant;
mod unscoped;
mod value;

pub use access::{Access, Global, Reads, Scope, Writes};
pub use error::{DatabaseError, Error, InvalidStatement, Result};
pub use migrate_core::InvalidFragment;
#[cfg(feature = "postgres")]
pub use pool::{TenantPool, TenantTransaction};
pub use sql::Statement;
pub use table::{Definition, ForeignKey, GlobalTable, Handle, OnSoftDelete, Table, TenantTable};
pub use tenant::Tenant;
pub use unscoped::{Audit, Unscoped, UnscopedUse};
pub use value::Value;
