//! Makes the locks visible of a statement that runs outside of a transaction.
//!
//! What comes in are the tables of the database and a statement that is about to run; what goes out are the locks
//! that it asked for, `{(16401, ShareUpdateExclusive)}`. Such a statement, like CREATE INDEX CONCURRENTLY, releases
//! its locks before its answer comes. So one connection stands in its way until another has seen what it waits for.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool, PoolError};
use futures_util::future::{Either, select};
use tokio::time::sleep;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::relation::Relation;
use super::snapshot::{Locks, read_locks};

/// Two connections: one in the way of the statement, and one that watches.
pub(super) struct Guard {
    obstacle: ClientWrapper,
    observer: ClientWrapper,
}

/// The locks that a session holds or asks for, and whether it waits.
struct Look {
    locks: Locks,
    waits: bool,
}

impl Guard {
    /// Both connections are taken out of the pool and no longer count as its own, so it may be a pool of one.
    pub(super) async fn connect(pool: &Pool) -> Result<Guard, PoolError> {
        let obstacle = Object::take(pool.get().await?);
        let observer = Object::take(pool.get().await?);
        Ok(Guard { obstacle, observer })
    }

    /// Waits for a statement on the old `tables` that the session `pid` runs, and returns the locks that it was seen
    /// to ask for.
    pub(super) async fn watch<F: Future>(
        &self,
        pid: i32,
        tables: &BTreeSet<Relation>,
        statement: F,
    ) -> Result<(F::Output, Locks), Error> {
        self.stand_in_the_way(tables).await?;
        let mut is_free = false;
        let mut locks = Locks::new();
        let mut statement = pin!(statement);
        loop {
            match select(statement.as_mut(), pin!(look(&self.observer, pid))).await {
                Either::Left((output, _)) => {
                    if !is_free {
                        self.step_aside().await?;
                    }
                    return Ok((output, locks));
                }
                Either::Right((look, _)) => {
                    let look = look?;
                    locks.extend(look.locks);
                    if look.waits && !is_free {
                        is_free = true;
                        self.step_aside().await?;
                    }
                }
            }
        }
    }

    /// Locks the tables. SHARE UPDATE EXCLUSIVE conflicts with every lock that is as strong as itself (PostgreSQL
    /// manual, table 13.2).
    async fn stand_in_the_way(&self, tables: &BTreeSet<Relation>) -> Result<(), Error> {
        let names = tables.iter().map(Relation::quoted).collect::<Vec<_>>().join(", ");
        let lock = match names.is_empty() {
            true => String::new(),
            false => format!("LOCK TABLE {names} IN SHARE UPDATE EXCLUSIVE MODE"),
        };
        self.obstacle.batch_execute(&format!("BEGIN; {lock}")).await
    }

    /// Releases the tables.
    async fn step_aside(&self) -> Result<(), Error> {
        self.obstacle.batch_execute("ROLLBACK").await
    }
}

/// Looks after a millisecond.
async fn look(observer: &Client, pid: i32) -> Result<Look, Error> {
    const LOCKS: &str = "SELECT coalesce(relation, 0), mode, granted FROM pg_catalog.pg_locks WHERE pid = $1";
    sleep(Duration::from_millis(1)).await;
    let rows = observer.query_typed(LOCKS, &[(&pid, Type::INT4)]).await?;
    let waits = rows.iter().any(|row| !row.get::<_, bool>(2));
    Ok(Look { locks: read_locks(&rows)?, waits })
}
