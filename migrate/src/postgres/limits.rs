//! The limits of a role or a database, for a statement outside of transactions: one that is cut off leaves half of
//! itself behind.

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

/// Sets aside what the script has not set itself, for the session.
pub(super) async fn lift(client: &Client, piece: &Piece<'_>) -> Result<(), Error> {
    set_aside(client, LIMITS.into_iter().filter(|limit| !is_set_before(piece, limit)).collect()).await
}

async fn set_aside(client: &Client, limits: Vec<&str>) -> Result<(), Error> {
    let sql = "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
        WHERE name = ANY ($1) AND setting <> '0'";
    client.query_typed(sql, &[(&limits, Type::TEXT_ARRAY)]).await.map(drop)
}

/// Whether an earlier statement of the script may set this one.
fn is_set_before(piece: &Piece<'_>, limit: &str) -> bool {
    piece.before().any(|statement| {
        Engine::Postgres.changes_session(statement) && statement.to_ascii_lowercase().contains(limit)
    })
}

/// The limits as they are.
pub(super) struct Saved(Vec<String>);

impl Saved {
    /// Sets all limits aside, the script's own too: for what cleans up behind it.
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
