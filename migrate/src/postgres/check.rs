//! A verify script: it runs in a transaction that cannot write and is rolled back.

use std::pin::pin;

use futures_util::StreamExt;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::error::{database_error, piece_error};
use super::pipeline::{AS_READ, limits};
use crate::driver::{DatabaseError, FALSE, Piece};

pub(super) async fn run(client: &Client, piece: &Piece<'_>) -> Result<(), DatabaseError> {
    let limits = limits("SET LOCAL", piece.timeouts());
    let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY;SET LOCAL {AS_READ};{limits}");
    client.batch_execute(&begin).await.map_err(database_error)?;
    let mut completed = 0;
    let result = statements(client, piece, &mut completed).await;
    client.batch_execute("ROLLBACK").await.map_err(database_error)?;
    match result.map_err(|error| piece_error(error, piece, completed))? {
        true => Ok(()),
        false => {
            let place = Some(piece.place(None, completed));
            Err(DatabaseError { place, ..DatabaseError::of_ours(FALSE) })
        }
    }
}

/// Whether no row is false. `completed` counts the statements before the first one that fails or returns such a row.
async fn statements(client: &Client, piece: &Piece<'_>, completed: &mut usize) -> Result<bool, Error> {
    let mut answers = pin!(client.simple_query_raw(piece.sql()).await?);
    let mut holds = true;
    while let Some(answer) = answers.next().await {
        match answer? {
            SimpleQueryMessage::Row(row) if !row.is_empty() && row.get(0) == Some("f") => holds = false,
            SimpleQueryMessage::CommandComplete(_) if holds => *completed += 1,
            _ => {}
        }
    }
    Ok(holds)
}
