//! A transaction of one tenant.
//!
//! What comes in are statements and plain SQL; what goes out are their answers, and at the end a commit that has been
//! proven: before it, a question makes sure that the transaction has not failed, is still open, and still belongs to
//! the tenant.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::join;
use tokio::sync::OnceCell;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use super::lent::{Bound, Lent, begin};
use super::session::{End, HEALTHY};
use super::{TenantPool, admit_plain_sql};
use crate::scope::error::{Error, Result, message};
use crate::scope::tenant::Tenant;

/// A transaction of one tenant, as [`TenantPool::with_tenant`] lends it. Statements of a scope take a reference to
/// it.
///
/// ```
/// # use migrate::scope::{self, Scope, TenantPool, tables};
/// # tables! { tenant = business_id; orders { id: i64, business_id: i64, total: i64 } }
/// # async fn example(pool: TenantPool, shop: Scope) -> scope::Result<()> {
/// let tenant = shop.owner().clone();
/// let total = pool
///     .with_tenant(tenant, async |tx| {
///         shop.update(orders).key(1).set(orders.total, orders.total.plus(1)).one(tx).await?;
///         shop.select(orders).key(1).columns(orders.total).one(tx).await
///     })
///     .await?;
/// # let _: i64 = total;
/// # Ok(())
/// # }
/// ```
///
/// It owns its connection from the first statement to its end. Two statements may run at once in it; the server
/// answers them in order.
pub struct TenantTransaction {
    pool: TenantPool,
    tenant: Tenant,
    /// The connection; taken with the first statement.
    lent: OnceCell<Lent>,
    /// The failure of the transaction, or of a part of it that was undone since.
    failure: Mutex<String>,
    /// The number of requests that have begun and not ended. At the end of the transaction these are the ones that
    /// were dropped.
    under_way: AtomicUsize,
}

impl TenantTransaction {
    pub(super) fn new(pool: TenantPool, tenant: Tenant) -> TenantTransaction {
        TenantTransaction {
            pool,
            tenant,
            lent: OnceCell::new(),
            failure: Mutex::default(),
            under_way: AtomicUsize::new(0),
        }
    }

    /// The tenant whose transaction it is.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Runs plain SQL: one statement or several, without values and without rows.
    ///
    /// No builder adds the tenant here. Row-level security alone is between this SQL and the rows of others, and it
    /// cannot keep SQL from choosing another tenant by `set_config`: never let text from outside into it.
    ///
    /// It costs one round trip.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if the database refuses it. The transaction is lost then, even if the caller ignores the
    /// error. [`Error::NotOurTransaction`] if it would end the transaction: it is not sent.
    pub async fn raw(&self, sql: &str) -> Result<()> {
        admit_plain_sql(sql)?;
        let lent = self.lent().await?;
        lent.expect_plain_sql();
        self.ask(lent, lent.batch_execute(sql)).await
    }

    /// The rows of a plain SQL statement with values. The warnings of [`raw`](TenantTransaction::raw) apply here too.
    ///
    /// ```
    /// # use migrate::scope::{self, TenantTransaction};
    /// # use tokio_postgres::types::Type;
    /// # async fn example(tx: &TenantTransaction) -> scope::Result<()> {
    /// let rows = tx.raw_query("SELECT id FROM orders WHERE note = $1", &[(&"vip", Type::TEXT)]).await?;
    /// # let _ = rows;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The types of the values are sent along, so it costs one round trip.
    ///
    /// # Errors
    ///
    /// As for [`raw`](TenantTransaction::raw).
    pub async fn raw_query(&self, sql: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>> {
        admit_plain_sql(sql)?;
        let lent = self.lent().await?;
        lent.expect_plain_sql();
        self.ask(lent, lent.query_typed(sql, values)).await
    }

    /// Runs `body` in this transaction: for code that asks for a transaction of its tenant and may be inside of one
    /// already. If `body` fails, only what it did is undone, by a savepoint.
    ///
    /// ```
    /// # use migrate::scope::{self, TenantTransaction};
    /// # async fn example(tx: &TenantTransaction) -> scope::Result<()> {
    /// let tried: scope::Result<()> = tx
    ///     .with_tenant(tx.tenant().clone(), async |tx| tx.raw("UPDATE orders SET total = 1 / 0").await)
    ///     .await;
    /// assert!(tried.is_err());          // undone, and the transaction can go on
    /// tx.raw("UPDATE orders SET total = 1").await
    /// # }
    /// ```
    ///
    /// It costs two round trips more than its statements.
    ///
    /// # Errors
    ///
    /// The error of `body`; and [`Error::OtherTenant`] if the transaction belongs to another tenant, before anything
    /// of it runs.
    pub async fn with_tenant<T, E, F>(&self, tenant: impl Into<Tenant>, body: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&TenantTransaction) -> Result<T, E>,
        E: From<Error>,
    {
        self.expect(&tenant.into())?;
        self.send("SAVEPOINT migrate_scope").await?;
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let result = body(self).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        match result {
            Ok(value) => {
                self.send("RELEASE SAVEPOINT migrate_scope").await?;
                Ok(value)
            }
            Err(error) => {
                // If this fails, the commit fails too.
                let undo = "ROLLBACK TO SAVEPOINT migrate_scope; RELEASE SAVEPOINT migrate_scope";
                let _ = self.send(undo).await;
                Err(error)
            }
        }
    }

    /// Sends SQL of the library's own.
    pub(super) async fn send(&self, sql: &str) -> Result<()> {
        let lent = self.lent().await?;
        self.ask(lent, lent.batch_execute(sql)).await
    }

    /// Refuses a statement of another tenant.
    pub(super) fn expect(&self, tenant: &Tenant) -> Result<()> {
        if *tenant == self.tenant { Ok(()) } else { Err(Error::OtherTenant) }
    }

    /// The connection, taken from the pool at the first call.
    pub(super) async fn lent(&self) -> Result<&Lent> {
        self.lent.get_or_try_init(|| self.pool.lend()).await
    }

    /// Sends one request. The first one takes the beginning of the transaction along.
    pub(super) async fn ask<T>(
        &self,
        lent: &Lent,
        request: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        // Counted before the request and not after it: a dropped future never gets to the line below.
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let answer = if lent.enter() {
            begin(lent, &self.pool, Some(&self.tenant), request).await
        } else {
            request.await
        };
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        answer.map_err(|error| {
            self.note(&error);
            lent.tell(error)
        })
    }

    /// Keeps the text of the first failure: the later ones only follow from it.
    fn note(&self, error: &tokio_postgres::Error) {
        if error.code() != Some(&SqlState::IN_FAILED_SQL_TRANSACTION) {
            let text = error.as_db_error().map_or_else(|| error.to_string(), |db| message(db).to_owned());
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }
    }

    /// Commits, if anything was sent.
    ///
    /// A COMMIT after a failure succeeds, and rolls back. So a question goes before it that fails in a transaction
    /// that has failed, and also if SQL has ended the transaction or changed its tenant.
    pub(super) async fn commit(self) -> Result<()> {
        if self.is_interrupted() {
            return Err(Error::Interrupted);
        }
        // Nothing was sent, so there is nothing to commit.
        let Some(lent) = self.lent.get() else { return Ok(()) };
        let tenant = self.tenant.to_string();
        let values: [Bound<'_>; 2] = [(&self.pool.tenancy().setting, Type::TEXT), (&tenant, Type::TEXT)];
        let (checked, healthy, committed) =
            join!(lent.check_constraints(), lent.query_typed(HEALTHY, &values), lent.end(End::Commit));
        if let Err(error) = checked
            && error.code() != Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
        {
            return Err(error.into());
        }
        let Err(error) = healthy else { return Ok(committed?) };
        Err(match error.code() {
            Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => {
                let failure = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
                Error::Aborted { failure }
            }
            Some(&SqlState::DIVISION_BY_ZERO) => {
                // Whose session this is by now is unknown.
                lent.condemn();
                Error::NotOurTransaction
            }
            _ => error.into(),
        })
    }

    /// Rolls back, if anything was sent.
    pub(super) async fn roll_back(self) {
        let Some(lent) = self.lent.get() else { return };
        // If it fails, the connection is closed at the drop.
        if !self.is_interrupted() {
            let _ = lent.end(End::RollBack).await;
        }
    }

    /// Whether a request was dropped before its answer, so that it is unknown what it did. It may still run for long,
    /// so the connection is closed instead of waiting for it.
    fn is_interrupted(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }
}

impl fmt::Debug for TenantTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantTransaction").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}
