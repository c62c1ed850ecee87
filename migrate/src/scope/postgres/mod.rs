//! A pool that tells the database who asks.

mod lent;
mod pool;
mod transaction;

pub use pool::TenantPool;
pub use transaction::TenantTransaction;
