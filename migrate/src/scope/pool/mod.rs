//! A pool that tells the database whose rows are meant.
//!
//! What comes in is a statement of a scope, or plain SQL with a tenant. What goes out to the server is one flight of
//! messages: `BEGIN`, a query that sets `app.business_id` to `7`, the statement, `COMMIT`. The policies of row-level
//! security read that setting. It is local to the transaction, so no later borrower of the connection inherits it.

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

/// A pool that runs every statement in a transaction of its tenant, so that row-level security knows whose rows are
/// meant.
///
/// ```
/// # use migrate::scope::{self, Scope, TenantPool, tables};
/// # tables! { tenant = business_id; orders { id: i64, business_id: i64, total: i64 } }
/// # async fn example(pool: deadpool_postgres::Pool, shop: Scope) -> scope::Result<()> {
/// let pool = TenantPool::new(pool);
/// let open = shop.select(orders).filter(orders.total.gt(0)).count(&pool).await?;
///
/// let tenant = shop.owner().clone();
/// pool.with_tenant(tenant, async |tx| {
///     shop.update(orders).key(1).set(orders.total, 0).one(tx).await?;
///     tx.raw("SELECT refresh_totals()").await
/// })
/// .await
/// # }
/// ```
///
/// # What it costs
///
/// A statement of a scope on the pool is one round trip, as it is without a tenant: `BEGIN`, the setting, the
/// statement and `COMMIT` are sent at once. [`with_tenant`](TenantPool::with_tenant) costs one more round trip than
/// its statements, for the `COMMIT`. Without statements it costs nothing, and does not even take a connection.
///
/// # Cancellation
///
/// A future that is dropped before its end leaves an open transaction. Its connection is closed and not given back,
/// and the pool opens another. The server ends the transaction once it notices.
///
/// # What is left in the session
///
/// Plain SQL can leave more than rows: temporary tables, cursors `WITH HOLD`, prepared statements, settings, a role,
/// `LISTEN`, advisory locks, `lastval()`. After [`raw_query`](TenantPool::raw_query) and the plain SQL of a
/// [`TenantTransaction`] the session is cleaned of all these, after a rollback as well. The cleaning travels with the
/// `COMMIT`, so it costs no round trip, only a tenth of a millisecond on the server. A session that cannot be cleaned
/// is closed.
///
/// The cleaning also resets all settings of the session (`RESET ALL`). So make the application's settings in the
/// address of the connection (`options`), by `ALTER ROLE … SET` or by `ALTER DATABASE … SET`. A `SET` in a hook of
/// the pool is gone after the first plain SQL.
///
/// The `search_path` stays the application's, with one exception: in a transaction of this pool, temporary objects
/// come last in it. So no statement takes a temporary table for the real one. SQL that makes a temporary `orders` has
/// to call it `pg_temp.orders`.
///
/// State inside of the server's procedural languages, and connections of `dblink`, are not cleaned.
/// [`rls::verify`](super::rls::verify) shows whether the role may make temporary or other tables in the first place.
///
/// # Poolers
///
/// It works behind a pooler that pools by transaction, such as PgBouncer: nothing is prepared by name, no setting
/// outlives its transaction, and the session is clean before the pooler gives it to another client. For this reason,
/// plain SQL that would end the transaction is refused ([`Error::NotOurTransaction`]). There is one exception, in the
/// driver: it looks up the types that you created yourself (enums, composites, domains) through named statements.
/// Behind a PgBouncer older than 1.21, cast such a column to a type that comes with PostgreSQL.
///
/// # The underlying pool
///
/// Let no other code use it. A setting of a session (`SET app.business_id = …`) stays with its connection, and
/// decides for the next borrower who sets none. A transaction that other code left open there is not continued:
/// [`Error::ForeignTransaction`].
#[derive(Clone)]
pub struct TenantPool {
    pool: Pool,
    tenancy: Arc<Tenancy>,
    /// The statement that begins a transaction.
    begin: &'static str,
}

/// In a transaction that is open already, a plain `BEGIN` only warns, and what follows would become part of it.
/// `NOT DEFERRABLE`, which is the default anyway, is refused there once any query has run.
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

    /// A pool for policies that read another setting.
    ///
    /// ```
    /// # use migrate::scope::TenantPool;
    /// # use migrate::scope::rls::{ColumnType, Tenancy};
    /// # fn example(pool: deadpool_postgres::Pool) {
    /// let pool = TenantPool::with_tenancy(pool, Tenancy::new("shop_id", ColumnType::BigInt));   // app.shop_id
    /// # let _ = pool;
    /// # }
    /// ```
    pub fn with_tenancy(pool: Pool, tenancy: Tenancy) -> TenantPool {
        TenantPool { pool, tenancy: Arc::new(tenancy), begin: begin_sql!("") }
    }

    /// The same pool with another isolation level for its transactions ([manual,
    /// 13.2](https://www.postgresql.org/docs/current/transaction-iso.html)). It cannot be set inside of them: the
    /// query that sets the tenant comes first, and after a query the level is fixed.
    ///
    /// A transaction that is refused because of its level, with SQLSTATE 40001, is for the caller to run again.
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
            // PostgreSQL implements READ UNCOMMITTED as READ COMMITTED.
            _ => begin_sql!("ISOLATION LEVEL READ COMMITTED "),
        };
        TenantPool { begin, ..self.clone() }
    }

    /// The underlying pool.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The column and the setting.
    pub fn tenancy(&self) -> &Tenancy {
        &self.tenancy
    }

    /// Runs several statements of one tenant in one transaction: all of them take effect, or none.
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
    /// Inside, send everything to the transaction. A statement on the pool itself takes another connection, and with
    /// a pool of one it waits forever.
    ///
    /// The transaction begins with the first statement. It commits when `body` returns `Ok`, and is rolled back when
    /// `body` returns `Err`.
    ///
    /// # Errors
    ///
    /// The error of `body`, or the reason why the transaction was not committed:
    ///
    /// - [`Error::Database`]: the database refused the commit.
    /// - [`Error::Aborted`]: a statement in it had failed, although `body` returned `Ok`.
    /// - [`Error::Interrupted`]: a statement in it was dropped before its answer came.
    /// - [`Error::NotOurTransaction`]: plain SQL in it ended the transaction or changed its tenant.
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
    /// ```
    /// # use migrate::scope::{self, TenantPool};
    /// # use tokio_postgres::types::Type;
    /// # async fn example(pool: TenantPool) -> scope::Result<()> {
    /// let least = 100_i64;
    /// let rows = pool.raw_query(7, "SELECT id FROM orders WHERE total > $1", &[(&least, Type::INT8)]).await?;
    /// # let _ = rows;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// No builder adds the tenant here. Row-level security alone is between this SQL and the rows of others, and it
    /// cannot keep SQL from choosing another tenant by `set_config`: never let text from outside into it.
    ///
    /// What it leaves in the session is removed afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if no connection is available or the database refuses the statement,
    /// [`Error::NotOurTransaction`] if the statement ends a transaction: it is not sent.
    pub async fn raw_query(
        &self,
        tenant: impl Into<Tenant>,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>> {
        admit_plain_sql(sql)?;
        let lent = self.lend().await?;
        // Before the statement is sent: if this future is dropped in between, the session is cleaned or closed all
        // the same.
        lent.expect_plain_sql();
        self.once(&lent, Some(&tenant.into()), lent.query_typed(sql, values)).await
    }

    /// Sends one statement in a transaction of its own.
    ///
    /// It is safe to send `COMMIT` before the answer to a single statement is known: after a failure it rolls back.
    async fn once<T>(
        &self,
        lent: &Lent,
        tenant: Option<&Tenant>,
        request: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        lent.enter();
        let answer = begin(lent, self, tenant, request);
        // All in one flight: the futures are polled in this order, and so the messages are sent in it.
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
/// it leaves in this one could not be cleaned any more. SQL that names `standard_conforming_strings` is refused too:
/// it could make the server read strings in another way than they are read here, and hide a `COMMIT` in one.
fn admit_plain_sql(sql: &str) -> Result<()> {
    // The name alone is enough: there are more ways to set a setting than a scanner would find.
    let rereads = sql.to_ascii_lowercase().contains("standard_conforming_strings");
    if rereads || Engine::Postgres.controls_transaction(sql) { Err(Error::NotOurTransaction) } else { Ok(()) }
}

impl fmt::Debug for TenantPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantPool").field("tenancy", &self.tenancy).finish_non_exhaustive()
    }
}
