//! A statement that runs outside of any transaction.

use migrate_core::{Alone, ConcurrentIndex, Engine, Reindexed};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::error::database_error;
use super::leftover::{self, Built};
use super::pipeline::run_piece;
use super::{others, question};
use crate::driver::{DatabaseError, Piece};

/// Runs it. If it `resumes`, an earlier run that was cut off may have done it: the catalog is asked first.
pub(super) async fn run(client: &Client, piece: &Piece<'_>, resumes: bool) -> Result<(), DatabaseError> {
    let alone = Engine::Postgres.alone(piece.sql());
    if alone != Alone::Repeatable {
        others::wait(client, piece, &alone).await.map_err(database_error)?;
    }
    if resumes && question::is_done(client, &alone).await.map_err(database_error)? {
        return Ok(());
    }
    match &alone {
        Alone::CreateIndex(index) => create_index(client, piece, index).await,
        Alone::Reindex(reindexed) => reindex(client, piece, reindexed).await,
        Alone::Detach { table, partition } => detach(client, piece, table, partition).await,
        _ => run_piece(client, piece).await,
    }
}

/// A `CREATE INDEX CONCURRENTLY` that fails leaves an invalid index, and with `IF NOT EXISTS` it succeeds although there is
/// one (PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently"). So an invalid index is dropped before, and none
/// may be left.
async fn create_index(
    client: &Client,
    piece: &Piece<'_>,
    index: &ConcurrentIndex,
) -> Result<(), DatabaseError> {
    if let Built::Invalid(name) = leftover::built(client, index).await.map_err(database_error)? {
        leftover::drop_all(client, &[name]).await?;
    }
    let result = run_piece(client, piece).await;
    if result.as_ref().is_err_and(|error| error.is_disconnected) {
        return result;
    }
    let Built::Invalid(name) = leftover::built(client, index).await.map_err(database_error)? else {
        return result;
    };
    let dropped = leftover::drop_all(client, std::slice::from_ref(&name)).await;
    let result = result.and_then(|()| {
        let text = format!("the index {name} came out invalid, and was dropped");
        Err(DatabaseError { place: Some(piece.place(None, 0)), ..DatabaseError::of_ours(&text) })
    });
    result.map_err(|error| and_not_dropped(error, dropped))
}

/// A `REINDEX CONCURRENTLY` that fails or is cut off leaves invalid indexes, and a later one that succeeds does not remove
/// them.
async fn reindex(client: &Client, piece: &Piece<'_>, reindexed: &Reindexed) -> Result<(), DatabaseError> {
    let left = async || leftover::of_reindex(client, reindexed).await.map_err(database_error);
    leftover::drop_all(client, &left().await?).await?;
    let Err(error) = run_piece(client, piece).await else { return Ok(()) };
    if error.is_disconnected {
        return Err(error);
    }
    let dropped = match left().await {
        Ok(names) => leftover::drop_all(client, &names).await,
        Err(error) => Err(error),
    };
    Err(and_not_dropped(error, dropped))
}

/// The first failure is the error. Leftovers that could not be dropped are reported with it.
fn and_not_dropped(error: DatabaseError, dropped: Result<(), DatabaseError>) -> DatabaseError {
    let Err(not_dropped) = dropped else { return error };
    let hint = match &error.hint {
        Some(hint) => format!("{hint}; {not_dropped}"),
        None => not_dropped.to_string(),
    };
    DatabaseError { hint: Some(hint), ..error }
}

/// A detachment that was cut off stays pending, and detaching again is refused: it can only be finished (PostgreSQL manual,
/// ALTER TABLE, DETACH PARTITION).
async fn detach(
    client: &Client,
    piece: &Piece<'_>,
    table: &str,
    partition: &str,
) -> Result<(), DatabaseError> {
    if !is_pending(client, table, partition).await.map_err(database_error)? {
        return run_piece(client, piece).await;
    }
    // Both names are the statement's own text, so they are already quoted as needed.
    let sql = format!("ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE");
    let finished = client.batch_execute(&sql).await.map_err(database_error);
    finished.map_err(|error| DatabaseError { place: Some(piece.place(None, 0)), ..error })
}

async fn is_pending(client: &Client, table: &str, partition: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhdetachpending
        AND inhparent = pg_catalog.to_regclass($1) AND inhrelid = pg_catalog.to_regclass($2))";
    client.query_typed_one(sql, &[(&table, Type::TEXT), (&partition, Type::TEXT)]).await?.try_get(0)
}
