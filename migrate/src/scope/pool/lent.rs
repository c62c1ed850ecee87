use std::future::Future;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::{Object, Pool};
use futures_util::join;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::TenantPool;
use crate::scope::error::Result;
use crate::scope::tenant::Tenant;

/// A connection of the pool with perhaps a transaction on it.
///
/// When it is dropped with one, by a panic or with a future that nobody awaits any more, the connection is closed:
/// the next borrower of it would sit in the open transaction and read the rows of its tenant.
#[derive(Debug)]
pub(in crate::scope) struct Lent {
    /// There until the drop.
    object: Option<Object>,
    in_transaction: AtomicBool,
}

impl Lent {
    pub(super) async fn from(pool: &Pool) -> Result<Lent> {
        Ok(Lent { object: Some(pool.get().await?), in_transaction: AtomicBool::new(false) })
    }

    /// Notes that a transaction begins, and says whether this is the one who has to begin it.
    pub(in crate::scope) fn enter(&self) -> bool {
        !self.in_transaction.swap(true, Ordering::Relaxed)
    }

    /// Notes that the server has answered to the end of the transaction.
    pub(in crate::scope) fn leave(&self) {
        self.in_transaction.store(false, Ordering::Relaxed);
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
        if *self.in_transaction.get_mut() {
            drop(self.object.take().map(Object::take));
        }
    }
}

/// A value, and the type that the server is to take it for.
pub(crate) type Bound<'a> = (&'a (dyn ToSql + Sync), Type);

/// Opens a transaction of a tenant and sends the request in it, all in one flight. The first failure is the one to
/// tell: what comes behind it fails because of it.
pub(super) async fn begin<T>(
    client: &Client,
    pool: &TenantPool,
    tenant: &Tenant,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    // A future sends at its first poll, and they are polled in this order.
    let begin = client.batch_execute(pool.begin);
    let tenant = tenant.to_string();
    let values: [Bound<'_>; 2] = [(&pool.tenancy.setting, Type::TEXT), (&tenant, Type::TEXT)];
    let set = client.query_typed("SELECT set_config($1, $2, true)", &values);
    let (begun, set, answer) = join!(begin, set, request);
    begun?;
    set?;
    answer
}
