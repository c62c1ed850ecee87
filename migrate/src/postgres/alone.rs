//! A statement that runs outside of any transaction.

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use migrate_core::ConcurrentIndex;

use super::error::database_error;
use super::pipeline::{limits, run_piece};
use super::session::Session;
use crate::driver::{DatabaseError, Piece, Timeouts};

/// Runs it. Limits outside of a transaction are the session's, so they are put back.
pub(super) async fn run(client: &Client, piece: &Piece<'_>, resumes: bool) -> Result<(), DatabaseError> {
    if piece.timeouts == Timeouts::default() {
        return checked(client, piece, resumes).await;
    }
    let session = Session::save(client).await.map_err(database_error)?;
    client.batch_execute(&limits("SET", piece.timeouts)).await.map_err(database_error)?;
    let result = checked(client, piece, resumes).await;
    let restored = session.restore(client).await.map_err(database_error);
    result.and(restored)
}

/// `CREATE INDEX CONCURRENTLY` that fails leaves an invalid index behind, and with `IF NOT EXISTS` it succeeds
/// over one (PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently"). None must be there before, and
/// none may be left.
async fn checked(client: &Client, piece: &Piece<'_>, resumes: bool) -> Result<(), DatabaseError> {
    let Some(index) = ConcurrentIndex::parse(piece.sql()) else { return run_piece(client, piece).await };
    match built(client, &index).await.map_err(database_error)? {
        // A run was cut off after it built the index and before it could record that.
        Built::Valid if resumes => return Ok(()),
        Built::Valid | Built::Missing => {}
        Built::Invalid(name) => drop_index(client, &name).await.map_err(database_error)?,
    }
    let result = run_piece(client, piece).await;
    match built(client, &index).await {
        Ok(Built::Invalid(name)) => {
            // What failed is told; if this fails too, the next run does it.
            let _ = drop_index(client, &name).await;
            let text = format!("the index {name} came out invalid, and was dropped");
            result.and(Err(DatabaseError {
                place: Some(piece.place(None, 0)),
                ..DatabaseError::of_ours(&text)
            }))
        }
        Ok(_) => result,
        Err(error) => result.and(Err(database_error(error))),
    }
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

/// `name` comes quoted from the server.
async fn drop_index(client: &Client, name: &str) -> Result<(), Error> {
    client.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).await
}
