//! A statement that runs outside of any transaction.

use std::time::Duration;

use migrate_core::ConcurrentIndex;
use tokio::time::sleep;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::error::database_error;
use super::pipeline::run_piece;
use crate::driver::{DatabaseError, Piece};

/// Runs it. `CREATE INDEX CONCURRENTLY` that fails leaves an invalid index behind, and with `IF NOT EXISTS` it
/// succeeds over one (PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently"). None must be there before,
/// and none may be left.
pub(super) async fn run(client: &Client, piece: &Piece<'_>, resumes: bool) -> Result<(), DatabaseError> {
    let Some(index) = ConcurrentIndex::parse(piece.sql()) else { return run_piece(client, piece).await };
    // The server goes on building for a runner that was killed.
    while is_being_built(client, &index).await.map_err(database_error)? {
        sleep(PAUSE).await;
        end_a_wait_for_us(client, &index).await.map_err(database_error)?;
    }
    match built(client, &index).await.map_err(database_error)? {
        // A run was cut off after it built the index, or while, and before it could record that.
        Built::Valid if resumes => return Ok(()),
        Built::Valid | Built::Missing => {}
        Built::Invalid(name) => drop_index(client, &name).await.map_err(database_error)?,
    }
    let result = run_piece(client, piece).await;
    result.and(nothing_invalid(client, piece, &index).await)
}

const PAUSE: Duration = Duration::from_millis(100);

/// Drops what came out invalid, and says so. What another session is still building is that one's affair.
async fn nothing_invalid(
    client: &Client,
    piece: &Piece<'_>,
    index: &ConcurrentIndex,
) -> Result<(), DatabaseError> {
    let Built::Invalid(name) = built(client, index).await.map_err(database_error)? else { return Ok(()) };
    if is_being_built(client, index).await.map_err(database_error)? {
        return Ok(());
    }
    // If this fails, the next run does it.
    let _ = drop_index(client, &name).await;
    let text = format!("the index {name} came out invalid, and was dropped");
    Err(DatabaseError { place: Some(piece.place(None, 0)), ..DatabaseError::of_ours(&text) })
}

/// Whether another session builds an index on the table.
async fn is_being_built(client: &Client, index: &ConcurrentIndex) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index
        WHERE relid = to_regclass($1) AND datname = current_database() AND pid <> pg_backend_pid())";
    client.query_typed_one(sql, &[(&index.table, Type::TEXT)]).await?.try_get(0)
}

/// A build that looked when our lock was just being taken waits for the end of that transaction, and we for its end.
/// Nobody waits for what it builds: it is ours to build, and what it leaves is dropped.
async fn end_a_wait_for_us(client: &Client, index: &ConcurrentIndex) -> Result<(), Error> {
    let sql = "SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index AS build
        WHERE relid = to_regclass($1) AND datname = current_database() AND pid <> pg_backend_pid()
        AND EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
            AND pg_locks.pid = ANY (pg_blocking_pids(build.pid)))";
    client.query_typed(sql, &[(&index.table, Type::TEXT)]).await.map(drop)
}

/// What there is under the name of an index.
enum Built {
    Missing,
    Valid,
    /// With its quoted name.
    Invalid(String),
}

async fn built(client: &Client, index: &ConcurrentIndex) -> Result<Built, Error> {
    let sql = "SELECT i.indisvalid, i.indexrelid::regclass::text FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relname = $1 AND i.indrelid = to_regclass($2)";
    let rows = client.query_typed(sql, &[(&index.name, Type::TEXT), (&index.table, Type::TEXT)]).await?;
    let Some(row) = rows.first() else { return Ok(Built::Missing) };
    Ok(if row.try_get(0)? { Built::Valid } else { Built::Invalid(row.try_get(1)?) })
}

/// `name` comes quoted from the server. Two that wait for each other's end are told apart by the deadlock detector.
async fn drop_index(client: &Client, name: &str) -> Result<(), Error> {
    const DEADLOCK_DETECTED: &str = "40P01";
    const TRIES: usize = 5;
    let sql = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
    for _ in 1..TRIES {
        match client.batch_execute(&sql).await {
            Err(error) if error.code().is_some_and(|code| code.code() == DEADLOCK_DETECTED) => {
                sleep(PAUSE).await;
            }
            result => return result,
        }
    }
    client.batch_execute(&sql).await
}
