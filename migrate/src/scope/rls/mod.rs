//! Row-level security of PostgreSQL: the second belt, behind the builder.
//!
//! The builder adds the tenant to each of its statements. Row-level security adds it to *every* statement, also to
//! plain SQL, in the database itself. [`scripts`] writes the migration that puts tables under it, [`TenantPool`]
//! tells the database who asks, and [`verify`] proves at each start that it holds for the role that the application
//! connects as.
//!
//! ```no_run
//! use migrate::scope::{TenantPool, rls};
//!
//! # async fn start(pool: deadpool_postgres::Pool) -> Result<(), rls::VerifyError> {
//! let pool = TenantPool::new(pool);
//! rls::verify(&pool).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Three roles
//!
//! | role | what it does | how it is made |
//! |---|---|---|
//! | owner | runs the migrations, owns the tables | `CREATE ROLE shop_owner LOGIN BYPASSRLS` |
//! | application | serves the tenants, through a [`TenantPool`] | `CREATE ROLE shop_app LOGIN`; `GRANT SELECT, INSERT, UPDATE, DELETE ON … TO shop_app` |
//! | jobs | works for all tenants at once: billing, purges, exports | `CREATE ROLE shop_jobs LOGIN BYPASSRLS`, with a pool of its own |
//!
//! The policies bind the owner too. Without `BYPASSRLS` a migration that rewrites rows would find none, and say
//! nothing; `pg_dump` would refuse to dump. The way past the policies is another *role*, which the application cannot
//! become. It is never a setting: whatever SQL reaches the application's connection could set that as well.
//!
//! By default everybody may make temporary tables, and before PostgreSQL 15 any others in `public`. What one tenant
//! makes there the next one finds, so take it from the application's role:
//! `REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC` and `REVOKE CREATE ON SCHEMA public FROM PUBLIC`. [`verify`]
//! insists on it.
//!
//! `GRANT UPDATE (name, total) ON …`, without the tenant column, also keeps a row with its tenant.
//!
//! # What it stops
//!
//! - SQL without the builder, and a builder used wrongly: rows of others are not seen, not changed, not made.
//! - A connection that nobody told a tenant: it sees no rows.
//! - A reference to the row of another tenant: the foreign keys that [`scripts`] writes carry the tenant.
//! - A later policy that is too wide: the tenant's is restrictive. [`verify`] takes a policy for the tenant's if it
//!   says what [`scripts`] writes and nothing else: one with an `OR` is shown with its text.
//!
//! # What it does not stop
//!
//! - SQL from outside. Injected text can call `set_config` and be any tenant. Bind values, always.
//! - The owner of a table, who can switch it off, and superusers. The application is to be neither.
//! - `TRUNCATE`, materialized views, partitions that are named directly, functions, rules and views with the rights
//!   of others, tables without the tenant column: [`verify`] names those that are within reach, and only those that
//!   it knows of ([`Reason`]).
//! - What sessions of one role see of each other: the text of a statement that runs is in `pg_stat_activity`. Values
//!   that are bound are not in it.
//! - Guesses. A key that is unique over all tenants says "taken" of a row that one cannot see; begin keys with the
//!   tenant, or make them random.
//! - Mistakes about who the tenant is. That is decided before the database is asked.
//!
//! # What it costs
//!
//! The tenant is worked out once for a statement, as a subquery, and compared with an index. It only hides from the
//! planner *which* tenant asks, so that a very big one is planned like a middling one. Statements of the builder say
//! it as well, so they do not have that fault.
//!
//! [`TenantPool`]: super::TenantPool

mod declared;
mod hole;
mod name;
mod policy;
mod probe;
mod tenancy;
mod verify;
mod wall;

pub use hole::{Hole, Reason};
pub use name::TableName;
pub use policy::{OnDelete, Reference, Scripts, Table, scripts};
pub use tenancy::{ColumnType, Tenancy};
pub use verify::{Check, Holes, Verified, VerifyError, verify};
