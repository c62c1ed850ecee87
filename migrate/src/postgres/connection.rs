use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use migrate_core::Query;
use tokio_postgres::Client;

use super::PostgresDriver;
use super::error::database_error;
use super::lock::{self, Between};
use super::session::Session;
use crate::database::{Database, Task, sealed};
use crate::driver::{DatabaseError, LockFailure};
use crate::error::Error;

/// The caller's client, or one that a pool lends.
///
/// A run that is cut off leaves answers and settings on its connection that the next user of a pool must not meet. Such a
/// connection is closed instead of given back.
pub(super) struct Connection<'a> {
    lent: Lent<'a>,
    is_busy: bool,
    /// Whether a pooler is between the client and the server, as far as is known: it is found with the lock.
    is_pooled: bool,
    /// The saved settings, while a script without transaction may have changed them.
    session: Option<Session>,
    lock: Option<Lock>,
}

enum Lent<'a> {
    Client(&'a mut Client),
    /// `None` only while the lock is being taken, after it could not be taken, and during the drop.
    Pool(Pool, Option<Object>),
}

/// The lock of the run.
enum Lock {
    /// Held by a connection of its own, taken out of the pool's accounting, so that a pool of one connection
    /// still has that one for the migrations. It ends with the connection.
    Connection(ClientWrapper),
    /// Held by the session of the caller's client.
    Session(i64),
    /// Taken by each transaction on the caller's client.
    Turns(i64),
}

impl<'a> Connection<'a> {
    fn new(lent: Lent<'a>) -> Connection<'a> {
        Connection { lent, is_busy: false, is_pooled: false, session: None, lock: None }
    }

    pub(super) fn client(&self) -> &Client {
        match &self.lent {
            Lent::Client(client) => client,
            Lent::Pool(_, object) => object.as_ref().expect("nothing is asked of it without the lock"),
        }
    }

    /// The connection that holds the lock. It is idle otherwise.
    pub(super) fn observer(&self) -> Option<&Client> {
        match &self.lock {
            Some(Lock::Connection(client)) => Some(client),
            _ => None,
        }
    }

    /// Whether a pooler is in between. PgBouncer before 1.21 gives the session of a client that is gone to the next one between
    /// two transactions, although more of them are under way, and that client then gets their answers. So behind a pooler
    /// nothing is sent after the end of a transaction before that is answered.
    pub(super) fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    pub(super) fn busy(&mut self) {
        self.is_busy = true;
    }

    pub(super) fn idle(&mut self) {
        self.is_busy = false;
    }

    pub(super) async fn save_session(&mut self) -> Result<(), tokio_postgres::Error> {
        self.session = Some(Session::save(self.client()).await?);
        Ok(())
    }

    /// The settings from before the present script.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub(super) async fn restore_session(&mut self) -> Result<(), tokio_postgres::Error> {
        if let Some(session) = &self.session {
            session.restore(self.client(), self.is_pooled).await?;
        }
        self.session = None;
        Ok(())
    }

    /// The query with which each transaction takes the lock, if the lock is not held for the whole run.
    pub(super) fn turn(&self) -> Option<Query> {
        match self.lock {
            Some(Lock::Turns(key)) => Some(lock::turn(key)),
            _ => None,
        }
    }

    /// Takes the lock, or waits until it is free. The pooled connection that takes it leaves the pool, and another
    /// takes its place for the migrations.
    pub(super) async fn lock(&mut self, key: i64, deadline: Duration) -> Result<(), LockFailure> {
        match &mut self.lent {
            _ if matches!(self.lock, Some(Lock::Connection(_) | Lock::Session(_))) => {}
            Lent::Client(client) => {
                // Recorded first: if this future is dropped, the lock may be taken and its answer still under way.
                self.lock = Some(Lock::Session(key));
                let taken = lock::take_session_or_turn(client, key, deadline).await;
                self.lock = match taken.as_ref() {
                    Ok(Between::Nothing) => Some(Lock::Session(key)),
                    Ok(Between::Pooler) => Some(Lock::Turns(key)),
                    Err(_) => None,
                };
                self.is_pooled = taken? == Between::Pooler;
            }
            Lent::Pool(pool, object) => {
                let holder = Object::take(object.take().expect("it is exchanged only here"));
                self.is_pooled = lock::take(&holder, key, deadline).await? == Between::Pooler;
                *object =
                    Some(pool.get().await.map_err(|error| LockFailure::OneConnection(pool_error(error)))?);
                self.lock = Some(Lock::Connection(holder));
            }
        }
        Ok(())
    }

    /// Releases the lock. If that fails, the connection is gone and the lock with it.
    pub(super) async fn unlock(&mut self) {
        let _ = match &self.lock {
            Some(Lock::Connection(holder)) => lock::release(holder).await,
            Some(Lock::Session(key)) => lock::release_session(self.client(), *key).await,
            Some(Lock::Turns(_)) | None => Ok(()),
        };
        self.lock = None;
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        match &mut self.lent {
            Lent::Pool(_, object) if self.is_busy || self.session.is_some() => {
                drop(object.take().map(Object::take));
            }
            Lent::Pool(..) => {}
            // The run was cut off. This is sent, and no one waits for the answer.
            Lent::Client(client) => {
                if let Some(session) = &self.session {
                    send(session.restore(client, self.is_pooled));
                }
                if let Some(Lock::Session(key)) = self.lock {
                    send(lock::release_session(client, key));
                }
            }
        }
    }
}

/// The first poll of a request sends it.
fn send<T>(request: impl Future<Output = T>) {
    let _ = pin!(request).poll(&mut Context::from_waker(Waker::noop()));
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("is_busy", &self.is_busy).finish_non_exhaustive()
    }
}

impl sealed::Sealed for &mut Client {}

impl Database for &mut Client {
    type Answer<'a, T: Send + 'a>
        = Answer<'a, T>
    where
        Self: 'a;

    fn perform<'a, T: Task + 'a>(self, task: T) -> Answer<'a, T::Answer>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let mut driver = PostgresDriver::new(Connection::new(Lent::Client(self)));
            task.on(&mut driver).await
        })
    }
}

impl sealed::Sealed for &Pool {}

impl Database for &Pool {
    type Answer<'a, T: Send + 'a>
        = Answer<'a, T>
    where
        Self: 'a;

    fn perform<'a, T: Task + 'a>(self, task: T) -> Answer<'a, T::Answer>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let mut driver = PostgresDriver::lent_by(self).await?;
            task.on(&mut driver).await
        })
    }
}

/// One box for each verb, because a trait cannot name the type of an async block.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

impl PostgresDriver<'static> {
    /// Works on a connection of the pool.
    pub(crate) async fn lent_by(pool: &Pool) -> Result<PostgresDriver<'static>, Error> {
        let object = pool.get().await.map_err(|error| Error::database(GETTING, pool_error(error)))?;
        Ok(PostgresDriver::new(Connection::new(Lent::Pool(pool.clone(), Some(object)))))
    }
}

pub(crate) const GETTING: &str = "getting a connection from the pool";

pub(crate) fn pool_error(error: deadpool_postgres::PoolError) -> DatabaseError {
    match error {
        deadpool_postgres::PoolError::Backend(error) => database_error(error),
        error => {
            let message = error.to_string();
            DatabaseError {
                is_disconnected: true,
                source: Some(error.into()),
                ..DatabaseError::of_ours(&message)
            }
        }
    }
}
