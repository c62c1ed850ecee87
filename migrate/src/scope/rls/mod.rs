//! Row-level security of PostgreSQL: a second protection, in addition to the builder.
//!
//! The builder adds the tenant to each of its statements. Row-level security adds it to *every* statement, also to
//! plain SQL, in the database itself. [`scripts`] writes the migration that puts tables under it, [`TenantPool`]
//! tells the database whose rows are meant, and [`verify`] proves at each start that it holds for the role that the
//! application connects as.
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
//! The policies bind the owner too. Without `BYPASSRLS`, a migration that rewrites rows would find none, without an
//! error, and `pg_dump` would refuse to dump. The way past the policies is another *role*, which the application
//! cannot become. It is never a setting: SQL that reaches the application's connection could make that setting as
//! well.
//!
//! By default every role may make temporary tables, and before PostgreSQL 15 also other tables in `public`. The next
//! tenant finds what one tenant makes there. So take the privilege from the application's role:
//! `REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC` and `REVOKE CREATE ON SCHEMA public FROM PUBLIC`. [`verify`]
//! insists on it.
//!
//! `GRANT UPDATE (name, total) ON …`, without the tenant column, also keeps a row with its tenant.
//!
//! # What it stops
//!
//! - SQL without the builder, and wrong use of the builder: rows of others are not seen, not changed, not made.
//! - A connection for which no tenant was set: it sees no rows.
//! - A reference to the row of another tenant: the foreign keys that [`scripts`] writes include the tenant.
//! - A later policy that is too wide: the tenant's policy is restrictive. [`verify`] recognizes it only if it says
//!   what [`scripts`] writes and nothing else. A policy with an `OR` is shown with its text.
//!
//! # What it does not stop
//!
//! - SQL from outside. Injected text can call `set_config` and be any tenant. Always bind values.
//! - The owner of a table, who can switch it off, and superusers. The application must be neither.
//! - `TRUNCATE`, materialized views, partitions that are named directly, functions, rules and views with the rights
//!   of others, tables without the tenant column. [`verify`] names those within reach, as far as it knows their kind
//!   ([`Reason`]).
//! - What sessions of one role see of each other: the text of a running statement is in `pg_stat_activity`. Bound
//!   values are not.
//! - Guesses. A key that is unique over all tenants reports "taken" for a row that one cannot see. Begin keys with
//!   the tenant, or make them random.
//! - Mistakes about who the tenant is. The application decides that before it asks the database.
//!
//! # What it costs
//!
//! The tenant is computed once for a statement, as a subquery, and compared with an index. This hides from the
//! planner *which* tenant asks, so a very big tenant is planned like an average one. Statements of the builder name
//! the tenant as a value too, so they are planned for that tenant.
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
