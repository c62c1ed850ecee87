//! Waits for other sessions at the same statement: the server goes on with the statement of a runner that was killed.

use std::time::Duration;

use migrate_core::{Alone, Engine, Query, Reindexed};
use tokio::time::{Instant, sleep};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::error::database_error;
use super::query;
use crate::driver::{LockFailure, Piece};

const PAUSE: Duration = Duration::from_millis(100);

/// Whether a lock `held` is one that keeps CONCURRENTLY and VACUUM apart, in a client's session that is active. For a
/// session that is idle in a transaction the statement itself waits, within its limits. Any role may see locks, but only
/// the own role's activity. A background worker of the server has no user.
pub(super) const WORKS_ON_RELATION: &str = "held.locktype = 'relation' AND held.granted
    AND held.mode = 'ShareUpdateExclusiveLock' AND held.pid <> pg_catalog.pg_backend_pid()
    AND held.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS of WHERE of.pid = held.pid AND of.usesysid IS NOT NULL
        AND (of.state IS NULL OR of.state = 'active'))";

/// The sessions at the statement `$1`. The server shows long statements cut off, so the comparison is too.
const SAME: &str = "SELECT pid FROM pg_catalog.pg_stat_activity
    WHERE pid <> pg_catalog.pg_backend_pid() AND datname = pg_catalog.current_database() AND state = 'active'
    AND query <> '' AND pg_catalog.starts_with($1, query) AND (query = $1 OR pg_catalog.octet_length(query)
        >= pg_catalog.pg_size_bytes(pg_catalog.current_setting('track_activity_query_size')) - 4)";

/// The relations `$2`, and the tables of those that are indexes.
const RELATIONS: &str = "SELECT pg_catalog.to_regclass(name)::oid AS oid FROM pg_catalog.unnest($2) AS name
    UNION SELECT indrelid FROM pg_catalog.pg_index JOIN pg_catalog.unnest($2) AS name
    ON indexrelid = pg_catalog.to_regclass(name)";

/// Waits until no session is at it, at most as long as the script may wait for a lock. After that the statement itself
/// waits.
pub(super) async fn wait(client: &Client, piece: &Piece<'_>, alone: &Alone) -> Result<(), Error> {
    let limit = piece.timeouts().lock.filter(|limit| !limit.is_zero());
    let until = limit.map(|limit| Instant::now() + limit);
    let names = relations(alone);
    let statement = piece.sql();
    let values: [(&(dyn ToSql + Sync), Type); 2] = [(&statement, Type::TEXT), (&names, Type::TEXT_ARRAY)];
    // A build that took its snapshot while our lock was being taken waits for the end of our transaction, and we wait for
    // its end. It is the leftover of a killed runner, so it is ended: the index is ours to build.
    let end_a_wait_for_us = format!(
        "WITH relations AS ({RELATIONS}), builds AS (
            {SAME} UNION SELECT pid FROM pg_catalog.pg_stat_progress_create_index JOIN relations ON relid = relations.oid
            WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
        )
        SELECT pg_catalog.pg_cancel_backend(pid) FROM builds
        WHERE EXISTS (SELECT FROM pg_catalog.pg_locks AS held WHERE locktype = 'advisory' AND granted AND objsubid = 1
            AND held.pid = ANY (pg_catalog.pg_blocking_pids(builds.pid)))"
    );
    while client.query_typed_one(&at_it(), &values).await?.try_get(0)? {
        if until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        sleep(PAUSE).await;
        client.query_typed(&end_a_wait_for_us, &values).await?;
    }
    Ok(())
}

/// Whether a session is at the statement `$1`, or works on one of the relations `$2`.
fn at_it() -> String {
    format!(
        "WITH relations AS ({RELATIONS}) SELECT EXISTS ({SAME}) OR EXISTS (
            SELECT FROM pg_catalog.pg_locks AS held JOIN relations ON held.relation = relations.oid
            WHERE {WORKS_ON_RELATION})"
    )
}

/// How long no session has to be at a statement that a run has begun, before that run counts as gone: it may wait for a
/// session of the pooler, before the statement or after it.
const GONE: Duration = Duration::from_secs(5);

/// Waits until the run that has begun this statement has recorded its end, which fails the query, or is gone: no lock shows
/// which.
pub(super) async fn wait_for_runner(
    client: &Client,
    piece: &Piece<'_>,
    unchanged: &Query,
    deadline: Duration,
) -> Result<(), LockFailure> {
    let failed = |error| LockFailure::Database(database_error(error));
    let (alone, statement) = (Engine::Postgres.alone(piece.sql()), piece.sql());
    let names = relations(&alone);
    let values: [(&(dyn ToSql + Sync), Type); 2] = [(&statement, Type::TEXT), (&names, Type::TEXT_ARRAY)];
    let until = Instant::now() + deadline;
    let mut seen = Instant::now();
    while seen.elapsed() < GONE && query::run(client, unchanged).await.is_ok() {
        let row = client.query_typed_one(&at_it(), &values).await.map_err(failed)?;
        if row.try_get(0).map_err(failed)? {
            seen = Instant::now();
            if seen >= until {
                return Err(LockFailure::Held { deadline, holder: None });
            }
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

/// The relations that the statement locks from its beginning to its end.
fn relations(alone: &Alone) -> Vec<&str> {
    match alone {
        Alone::CreateIndex(index) => vec![&index.table],
        Alone::DropIndex(name) | Alone::Reindex(Reindexed::Index(name) | Reindexed::Table(name)) => {
            vec![name]
        }
        Alone::Detach { table, partition } => vec![table, partition],
        _ => Vec::new(),
    }
}
