//! A pool that tells the database who asks.

mod lent;
mod session;
mod statement;
mod transaction;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use deadpool_postgres::Pool;
use futures_util::join;
use migrate_core::Engine;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{IsolationLevel, Row};

use crate::scope::error::{Error, Result};
use crate::scope::rls::Tenancy;
use crate::scope::tenant::Tenant;

use lent::{Lent, begin};
use session::End;
pub(in crate::scope) use session::TEMPORARY_LAST;
pub use transaction::TenantTransaction;

/// A pool whose every statement runs in a transaction of its tenant, so that row-level security knows whose rows
/// are meant.
///
/// ```
/// # use migrate::scope::{self, Tenant, TenantPool};
/// # async fn example(pool: deadpool_postgres::Pool, tenant: Tenant) -> scope::Result<()> {
/// let pool = TenantPool::new(pool);
/// pool.with_tenant(tenant, async |tx| tx.raw("SELECT refresh_totals()").await).await
/// # }
/// ```
///
/// # What it costs
///
/// A scoped statement on the pool is one round trip, as without a tenant: `BEGIN`, the setting, the statement and
/// `COMMIT` are sent at once. [`with_tenant`](TenantPool::with_tenant) costs one more than its statements, for the
/// `COMMIT`; without statements it costs nothing, and does not even take a connection.
///
/// # Cancellation
///
/// A future that is dropped half way leaves an open transaction. Its connection is closed rather than given back,
/// and the pool opens another. The server ends the transaction once it notices.
///
/// # What is left in the session
///
/// Plain SQL can leave more than rows: temporary tables, cursors `WITH HOLD`, prepared statements, settings, a role,
/// `LISTEN`, advisory locks, `lastval()`. After [`raw_query`](TenantPool::raw_query) and the plain SQL of a
/// [`TenantTransaction`] the session is cleaned of all that, whether the transaction was committed or not. What cleans
/// travels with the `COMMIT`, so it costs no round trip, only a tenth of a millisecond on the server. A session that
/// cannot be cleaned is closed.
///
/// It also goes back to its own settings (`RESET ALL`). So say those of the application in the address of the connection
/// (`options`), by `ALTER ROLE … SET` or by `ALTER DATABASE … SET`: a `SET` in a hook of the pool is gone with the first
/// plain SQL.
///
/// The `search_path` is the application's, but for one thing: in a transaction of this pool, temporary objects come last
/// in it. So no statement mistakes one for a table, whoever has left it, and SQL that makes a temporary `orders` has to
/// call it `pg_temp.orders`.
///
/// What a session keeps inside of the server's own procedural languages, and connections of `dblink`, are not cleaned.
/// [`rls::verify`](super::rls::verify) says whether the role may make temporary tables or others in the first place.
///
/// # Poolers
///
/// It works behind a pooler that pools by transaction, such as PgBouncer: nothing is prepared by name, no setting
/// outlives its transaction, and the session is clean before the pooler gives it to another client. For that, plain SQL
/// that would end the transaction is refused ([`Error::NotOurTransaction`]). One thing is the driver's: it looks up the
/// types that you created yourself (enums, composites, domains) through named statements. Behind a PgBouncer older than
/// 1.21, cast such a column to a type that PostgreSQL comes with.
///
/// # The pool beneath
///
/// Let nobody else use it. The setting of a session (`SET app.business_id = …`) stays with its connection and speaks
/// for the next borrower who sets none. A transaction that somebody left open there is not continued:
/// [`Error::ForeignTransaction`].
#[derive(Clone)]
pub struct TenantPool {
    pool: Pool,
    tenancy: Arc<Tenancy>,
    /// The statement that begins a transaction.
    begin: &'static str,
}

/// Of a transaction that is open already, `BEGIN` alone only warns, and what follows would be part of it. `NOT
/// DEFERRABLE`, which is the default, is refused there as soon as anything was asked.
macro_rules! begin_sql {
    ($isolation:literal) => {
        concat!("BEGIN ", $isolation, "NOT DEFERRABLE")
    };
}

impl TenantPool {
    /// A pool for the default [`Tenancy`]: the setting `app.business_id`.
    pub fn new(pool: Pool) -> TenantPool {
        TenantPool::with_tenancy(pool, Tenancy::default())
    }

    /// A pool for policies with another setting.
    pub fn with_tenancy(pool: Pool, tenancy: Tenancy) -> TenantPool {
        TenantPool { pool, tenancy: Arc::new(tenancy), begin: begin_sql!("") }
    }

    /// The same pool with another isolation of its transactions
    /// ([manual, 13.2](https://www.postgresql.org/docs/current/transaction-iso.html)) than the database's default. It
    /// cannot be set inside: the setting of the tenant is a query already.
    ///
    /// A transaction that is refused because of it, with code 40001, is the caller's to try again.
    ///
    /// ```
    /// # use migrate::scope::{self, Scope, TenantPool};
    /// # async fn example(pool: TenantPool, scope: Scope) -> scope::Result<()> {
    /// let strict = pool.isolation(tokio_postgres::IsolationLevel::Serializable);
    /// strict.with_tenant(scope.owner().clone(), async |tx| tx.raw("SELECT refresh_totals()").await).await
    /// # }
    /// ```
    #[must_use]
    pub fn isolation(&self, level: IsolationLevel) -> TenantPool {
        let begin = match level {
            IsolationLevel::Serializable => begin_sql!("ISOLATION LEVEL SERIALIZABLE "),
            IsolationLevel::RepeatableRead => begin_sql!("ISOLATION LEVEL REPEATABLE READ "),
            // To PostgreSQL the lower ones are one.
            _ => begin_sql!("ISOLATION LEVEL READ COMMITTED "),
        };
        TenantPool { begin, ..self.clone() }
    }

    /// The pool beneath.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Column and setting.
    pub fn tenancy(&self) -> &Tenancy {
        &self.tenancy
    }

    /// Runs several statements of one tenant in one transaction: all of them, or none.
    ///
    /// ```
    /// # use migrate::scope::{self, Tenant, TenantPool};
    /// # async fn example(pool: TenantPool, tenant: Tenant) -> scope::Result<()> {
    /// pool.with_tenant(tenant, async |tx| {
    ///     tx.raw("UPDATE orders SET total = total + 1").await?;
    ///     tx.raw("UPDATE customers SET orders = orders + 1").await?;
    ///     Ok::<_, scope::Error>(())
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Inside, everything goes through the transaction. What is given to the pool itself takes another connection, and
    /// for that a pool of one waits forever.
    ///
    /// The transaction begins with the first statement and commits when `body` answers `Ok`; with `Err` it is
    /// rolled back.
    ///
    /// # Errors
    ///
    /// What `body` answers, or why the transaction was not committed: the database refused it, a statement in it had
    /// failed although `body` answered `Ok` ([`Error::Aborted`]), a statement was dropped before its answer came
    /// ([`Error::Interrupted`]), or plain SQL in it ended the transaction or changed its tenant
    /// ([`Error::NotOurTransaction`]).
    pub async fn with_tenant<T, E, F>(&self, tenant: impl Into<Tenant>, body: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&TenantTransaction) -> Result<T, E>,
        E: From<Error>,
    {
        let transaction = TenantTransaction::new(self.clone(), tenant.into());
        match body(&transaction).await {
            Ok(value) => {
                transaction.commit().await?;
                Ok(value)
            }
            Err(error) => {
                transaction.roll_back().await;
                Err(error)
            }
        }
    }

    /// The rows of one plain SQL statement with values, in a transaction of its own and in one round trip.
    ///
    /// No builder adds the tenant here. Only row-level security stands between this SQL and the rows of others, and
    /// it cannot keep SQL from choosing another tenant by `set_config`: never let text from outside into it.
    ///
    /// What it leaves in the session is gone afterwards.
    ///
    /// # Errors
    ///
    /// When no connection is to be had, the database refuses the statement, or it is one that ends a transaction
    /// ([`Error::NotOurTransaction`]).
    pub async fn raw_query(
        &self,
        tenant: impl Into<Tenant>,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>> {
        admit_plain_sql(sql)?;
        let lent = self.lend().await?;
        lent.expect_plain_sql();
        self.once(&lent, Some(&tenant.into()), lent.query_typed(sql, values)).await
    }

    /// Sends one statement in a transaction of its own.
    ///
    /// To send `COMMIT` before the answer is known is safe for one statement: after a failure it rolls back.
    async fn once<T>(
        &self,
        lent: &Lent,
        tenant: Option<&Tenant>,
        request: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        lent.enter();
        let answer = begin(lent, self, tenant, request);
        let (answer, checked, committed) = join!(answer, lent.check_constraints(), lent.end(End::Commit));
        let answer = answer.map_err(|error| lent.tell(error))?;
        checked?;
        committed?;
        Ok(answer)
    }

    pub(in crate::scope) async fn lend(&self) -> Result<Lent> {
        Lent::from(&self.pool).await
    }
}

/// Refuses plain SQL that ends the transaction. Behind a pooler the rest of it would run in another session, and what
/// it leaves in this one could not be cleaned up any more. Nor may it have the server read strings in another way than
/// is looked at here, where a `COMMIT` could hide in one.
fn admit_plain_sql(sql: &str) -> Result<()> {
    let rereads = sql.to_ascii_lowercase().contains("standard_conforming_strings");
    if rereads || Engine::Postgres.controls_transaction(sql) { Err(Error::NotOurTransaction) } else { Ok(()) }
}

impl fmt::Debug for TenantPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantPool").field("tenancy", &self.tenancy).finish_non_exhaustive()
    }
}
