use std::fmt;

use deadpool_postgres::{Object, Pool};
use tokio_postgres::Client;

use super::PostgresDriver;
use crate::database::{Database, sealed};
use crate::driver::DatabaseError;
use crate::error::Error;

/// The caller's client, or one that a pool lends.
///
/// A run that is cut off in the midst of something leaves answers and settings behind that the next user of a
/// pooled connection must not meet: such a connection is closed instead of given back.
pub(super) struct Connection<'a> {
    lent: Lent<'a>,
    is_busy: bool,
}

enum Lent<'a> {
    Client(&'a mut Client),
    /// Always there until the drop.
    Object(Option<Object>),
}

impl Connection<'_> {
    pub(super) fn client(&self) -> &Client {
        match &self.lent {
            Lent::Client(client) => client,
            Lent::Object(object) => object.as_ref().expect("only the drop takes the object out"),
        }
    }

    pub(super) fn busy(&mut self) {
        self.is_busy = true;
    }

    pub(super) fn idle(&mut self) {
        self.is_busy = false;
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if let (Lent::Object(object), true) = (&mut self.lent, self.is_busy) {
            drop(object.take().map(Object::take));
        }
    }
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("is_busy", &self.is_busy).finish_non_exhaustive()
    }
}

impl sealed::Sealed for &mut Client {}

impl<'a> Database for &'a mut Client {
    type Driver = PostgresDriver<'a>;

    async fn connect(self) -> Result<PostgresDriver<'a>, Error> {
        Ok(PostgresDriver { connection: Connection { lent: Lent::Client(self), is_busy: false } })
    }
}

impl sealed::Sealed for &Pool {}

impl Database for &Pool {
    type Driver = PostgresDriver<'static>;

    async fn connect(self) -> Result<PostgresDriver<'static>, Error> {
        let object = self.get().await.map_err(|error| {
            let message = error.to_string();
            let source = Some(error.into());
            Error::database(
                "getting a connection from the pool",
                DatabaseError { source, ..DatabaseError::of_ours(&message) },
            )
        })?;
        Ok(PostgresDriver { connection: Connection { lent: Lent::Object(Some(object)), is_busy: false } })
    }
}
