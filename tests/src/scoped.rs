use migrate::scope::{Database, Result, TenantPool};

use crate::{PostgresPool, PostgresProtected, Sandbox, SqliteFile};

/// An engine that statements of a scope are sent to.
#[expect(async_fn_in_trait, reason = "no case needs to send a future to another thread")]
pub trait Scoped: Sandbox {
    /// What a statement is sent to.
    type On<'a>: Database
    where
        Self: 'a;

    /// It.
    fn on(&self) -> Self::On<'_>;

    /// What is left to be done when the tables are there.
    async fn ready(&mut self) {}

    /// What a statement came to.
    async fn settled<'a, T: Send + 'static>(answer: <Self::On<'a> as Database>::Answer<T>) -> Result<T>
    where
        Self: 'a;
}

impl Scoped for PostgresPool {
    type On<'a> = &'a deadpool_postgres::Pool;

    fn on(&self) -> &deadpool_postgres::Pool {
        self.pool()
    }

    async fn settled<'a, T: Send + 'static>(answer: <Self::On<'a> as Database>::Answer<T>) -> Result<T> {
        answer.await
    }
}

impl Scoped for PostgresProtected {
    type On<'a> = &'a TenantPool;

    fn on(&self) -> &TenantPool {
        self.tenants()
    }

    async fn ready(&mut self) {
        self.protect().await;
    }

    async fn settled<'a, T: Send + 'static>(answer: <Self::On<'a> as Database>::Answer<T>) -> Result<T> {
        answer.await
    }
}

impl Scoped for SqliteFile {
    type On<'a> = &'a rusqlite::Connection;

    fn on(&self) -> &rusqlite::Connection {
        self.shared_connection()
    }

    async fn settled<'a, T: Send + 'static>(answer: <Self::On<'a> as Database>::Answer<T>) -> Result<T> {
        answer
    }
}

/// The answer of a statement: `ask!(shop: S, scope.select(orders), all)`.
#[macro_export]
macro_rules! ask {
    ($on:ident: $engine:ident, $statement:expr, $verb:ident) => {
        <$engine as $crate::Scoped>::settled($statement.$verb($on.on())).await
    };
}
