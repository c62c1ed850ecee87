//! Sets the limits of a role or a database aside for a statement outside of transactions: one that a limit stops leaves
//! half of its work.

use migrate_core::Engine;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use crate::driver::Piece;

const LIMITS: [&str; 5] = [
    "lock_timeout",
    "statement_timeout",
    "transaction_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
];

/// The limits that were set aside, with their values.
pub(super) struct Lifted {
    names: Vec<String>,
    values: Vec<String>,
}

impl Lifted {
    /// Restores each limit that was not set since, so that later statements wait no longer than the role may.
    pub(super) async fn put_back(&self, client: &Client) -> Result<(), Error> {
        if self.names.is_empty() {
            return Ok(());
        }
        let sql = "SELECT pg_catalog.set_config(name, value, false)
            FROM unnest($1, $2) AS limits(name, value) WHERE pg_catalog.current_setting(name) = '0'";
        let values: [(&(dyn ToSql + Sync), Type); 2] =
            [(&self.names, Type::TEXT_ARRAY), (&self.values, Type::TEXT_ARRAY)];
        client.query_typed(sql, &values).await.map(drop)
    }
}

/// Sets aside the limits that the script has not set itself, for the session. A statement that only changes a setting
/// cannot wait, so nothing is done for it.
pub(super) async fn lift(client: &Client, piece: &Piece<'_>) -> Result<Lifted, Error> {
    if Engine::Postgres.only_changes_session(piece.sql()) {
        return Ok(Lifted { names: Vec::new(), values: Vec::new() });
    }
    set_aside(client, LIMITS.into_iter().filter(|limit| !is_set_before(piece, limit)).collect()).await
}

async fn set_aside(client: &Client, limits: Vec<&str>) -> Result<Lifted, Error> {
    let sql = "WITH was AS MATERIALIZED (
            SELECT name, pg_catalog.current_setting(name) AS value FROM pg_catalog.pg_settings
            WHERE name = ANY ($1) AND setting <> '0'
        )
        SELECT name, value, pg_catalog.set_config(name, '0', false) FROM was";
    let rows = client.query_typed(sql, &[(&limits, Type::TEXT_ARRAY)]).await?;
    let column = |i: usize| rows.iter().map(|row| row.try_get(i)).collect::<Result<Vec<String>, Error>>();
    Ok(Lifted { names: column(0)?, values: column(1)? })
}

/// Whether an earlier statement of the script may have set this limit.
fn is_set_before(piece: &Piece<'_>, limit: &str) -> bool {
    piece.script().execution().changes_session
        && piece.before().any(|statement| {
            Engine::Postgres.changes_session(statement) && statement.to_ascii_lowercase().contains(limit)
        })
}

/// The present limits.
pub(super) struct Saved(Vec<String>);

impl Saved {
    /// Sets all limits aside, the script's own too, for dropping its leftovers.
    pub(super) async fn lift_all(client: &Client) -> Result<Saved, Error> {
        let sql = "SELECT COALESCE(pg_catalog.current_setting(name, true), '')
            FROM pg_catalog.unnest($1) WITH ORDINALITY AS limits(name, place) ORDER BY place";
        let limits: &[&str] = &LIMITS;
        let rows = client.query_typed(sql, &[(&limits, Type::TEXT_ARRAY)]).await?;
        let values = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        set_aside(client, LIMITS.to_vec()).await?;
        Ok(Saved(values))
    }

    /// Sets them back.
    pub(super) async fn restore(&self, client: &Client) -> Result<(), Error> {
        let sql = "SELECT pg_catalog.set_config(name, value, false)
            FROM unnest($1, $2) AS limits(name, value) WHERE value <> ''";
        let limits: &[&str] = &LIMITS;
        let values: [(&(dyn ToSql + Sync), Type); 2] =
            [(&limits, Type::TEXT_ARRAY), (&self.0, Type::TEXT_ARRAY)];
        client.query_typed(sql, &values).await.map(drop)
    }
}
