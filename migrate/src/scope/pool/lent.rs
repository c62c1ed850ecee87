//! A connection that is lent by the pool, and what has to happen before it goes back.
//!
//! What comes in is an object of the pool; what goes out, at the drop, is the same object, or a closed connection.
//! The states between, such as `in_transaction: true, ran_plain_sql: false`, are atomic, because statements of one
//! transaction may run at once.

use std::future::Future;
use std::ops::Deref;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::{Object, Pool};
use futures_util::{TryStreamExt, join};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::TenantPool;
use super::session::{BEFORE_COMMIT, End, SET_TENANT};
use crate::scope::error::{Error, Result};
use crate::scope::tenant::Tenant;

/// A connection of the pool, perhaps with a transaction on it.
///
/// If it is dropped with an open transaction, by a panic or with a future that is no longer awaited, the connection
/// is closed: its next borrower would be in that transaction and read the rows of its tenant. After plain SQL it goes
/// back only once the session has been cleaned.
#[derive(Debug)]
pub(in crate::scope) struct Lent {
    /// `Some` until the drop.
    object: Option<Object>,
    in_transaction: AtomicBool,
    /// Whether SQL ran that may have left something in the session.
    ran_plain_sql: AtomicBool,
    /// Whether it is closed in any case.
    is_condemned: AtomicBool,
}

impl Lent {
    /// Takes a connection from the pool.
    pub(super) async fn from(pool: &Pool) -> Result<Lent> {
        Ok(Lent {
            object: Some(pool.get().await?),
            in_transaction: AtomicBool::new(false),
            ran_plain_sql: AtomicBool::new(false),
            is_condemned: AtomicBool::new(false),
        })
    }

    /// Notes that a transaction begins. Returns whether the caller is the one to begin it.
    pub(in crate::scope) fn enter(&self) -> bool {
        !self.in_transaction.swap(true, Ordering::Relaxed)
    }

    /// Notes that the server has confirmed the end of the transaction.
    pub(in crate::scope) fn leave(&self) {
        self.in_transaction.store(false, Ordering::Relaxed);
    }

    /// Notes that plain SQL is about to be sent.
    pub(super) fn expect_plain_sql(&self) {
        self.ran_plain_sql.store(true, Ordering::Relaxed);
    }

    /// Keeps the connection from going back to the pool.
    pub(super) fn condemn(&self) {
        self.is_condemned.store(true, Ordering::Relaxed);
    }

    /// The meaning of an error. If another transaction was open, the pool's own has not begun.
    pub(super) fn tell(&self, error: tokio_postgres::Error) -> Error {
        let is_foreign = error.code() == Some(&SqlState::ACTIVE_SQL_TRANSACTION);
        // The same code refuses plain SQL that must not run inside of a transaction.
        if is_foreign && self.is_condemned.load(Ordering::Relaxed) {
            Error::ForeignTransaction
        } else {
            error.into()
        }
    }

    fn has_run_plain_sql(&self) -> bool {
        self.ran_plain_sql.load(Ordering::Relaxed)
    }

    /// Checks deferred constraints before the COMMIT, if the session is cleaned after it: see `BEFORE_COMMIT`.
    pub(super) async fn check_constraints(&self) -> Result<(), tokio_postgres::Error> {
        if self.has_run_plain_sql() { self.batch_execute(BEFORE_COMMIT).await } else { Ok(()) }
    }

    /// Ends the transaction, and cleans the session after plain SQL. If the cleaning fails, the connection is closed
    /// at the drop. What was committed stays committed.
    pub(super) async fn end(&self, end: End) -> Result<(), tokio_postgres::Error> {
        if !self.has_run_plain_sql() {
            let ended = self.batch_execute(end.sql()).await;
            // A COMMIT that the server refuses ends the transaction as well.
            if ended.as_ref().err().is_none_or(|error| error.as_db_error().is_some()) {
                self.leave();
            }
            return ended;
        }
        let mut answers = pin!(self.simple_query_raw(end.and_clean()).await?);
        while let Some(answer) = answers.try_next().await? {
            if let SimpleQueryMessage::CommandComplete(_) = answer {
                break;
            }
        }
        // The first answer was the COMMIT's: from here on a failure is the cleaning's, and no error of the caller.
        while let Some(answer) = answers.try_next().await.transpose() {
            if answer.is_err() {
                return Ok(());
            }
        }
        self.leave();
        Ok(())
    }
}

impl Deref for Lent {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.object.as_ref().expect("it is taken only by the drop")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // `Object::take` removes it from the pool, and dropping the client closes the connection.
        if *self.in_transaction.get_mut() || *self.is_condemned.get_mut() {
            drop(self.object.take().map(Object::take));
        }
    }
}

/// A value, and the type that the server is to read it as.
pub(crate) type Bound<'a> = (&'a (dyn ToSql + Sync), Type);

/// Opens a transaction of a tenant, or of none, and sends the request in it, all in one flight. Returns the first
/// failure: the later ones follow from it.
pub(super) async fn begin<T>(
    lent: &Lent,
    pool: &TenantPool,
    tenant: Option<&Tenant>,
    request: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, tokio_postgres::Error> {
    // A future sends at its first poll, and `join!` polls them in this order.
    let begin = lent.batch_execute(pool.begin);
    let tenant = tenant.map(Tenant::to_string).unwrap_or_default();
    let values: [Bound<'_>; 2] = [(&pool.tenancy.setting, Type::TEXT), (&tenant, Type::TEXT)];
    let set = lent.query_typed(SET_TENANT, &values);
    let (begun, set, answer) = join!(begin, set, request);
    begun.inspect_err(|_| lent.condemn())?;
    set?;
    answer
}
