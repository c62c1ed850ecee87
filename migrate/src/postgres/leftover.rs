//! Invalid indexes that a statement outside of transactions leaves: they slow every write and speed up no read.

use std::time::Duration;

use migrate_core::{ConcurrentIndex, Reindexed};
use tokio::time::sleep;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::error::database_error;
use super::limits::Saved;
use super::others;
use crate::driver::DatabaseError;

/// What the catalog has under the name of an index.
pub(super) enum Built {
    Missing,
    Valid,
    /// An invalid index, with its quoted name.
    Invalid(String),
}

impl Built {
    pub(super) fn is_valid(&self) -> bool {
        matches!(self, Built::Valid)
    }
}

pub(super) async fn built(client: &Client, index: &ConcurrentIndex) -> Result<Built, Error> {
    let sql = "SELECT i.indisvalid, i.indexrelid::pg_catalog.regclass::text FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        WHERE c.relname = CAST($1 AS name) AND i.indrelid = pg_catalog.to_regclass($2)";
    let rows = client.query_typed(sql, &[(&index.name, Type::TEXT), (&index.table, Type::TEXT)]).await?;
    let Some(row) = rows.first() else { return Ok(Built::Missing) };
    Ok(if row.try_get(0)? { Built::Valid } else { Built::Invalid(row.try_get(1)?) })
}

/// The relation of this name with all its partitions, or all relations of a schema, or all.
fn relations(reindexed: &Reindexed) -> &'static str {
    match reindexed {
        Reindexed::Index(_) | Reindexed::Table(_) => {
            "SELECT oid FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)
            UNION SELECT inhrelid FROM pg_catalog.pg_inherits JOIN named ON inhparent = named.oid"
        }
        Reindexed::Schema(_) => {
            "SELECT oid FROM pg_catalog.pg_class WHERE relnamespace =
                (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
        }
        Reindexed::Database => "SELECT oid FROM pg_catalog.pg_class WHERE $1 = ''",
    }
}

/// The quoted names of the leftovers of a `REINDEX CONCURRENTLY` that was cut off (PostgreSQL manual, REINDEX, "Rebuilding
/// Indexes Concurrently"). An index that another session is still building is not among them.
pub(super) async fn of_reindex(client: &Client, reindexed: &Reindexed) -> Result<Vec<String>, Error> {
    let sql = format!(
        "WITH RECURSIVE named AS ({}), tables AS (
            SELECT COALESCE(i.indrelid, named.oid) AS oid, c.relname AS index
            FROM named LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = named.oid
            LEFT JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        ), stores AS (
            SELECT oid, index FROM tables
            UNION ALL SELECT reltoastrelid, NULL FROM pg_catalog.pg_class JOIN tables USING (oid)
            WHERE reltoastrelid <> 0 AND index IS NULL
        )
        SELECT DISTINCT i.indexrelid::pg_catalog.regclass::text FROM stores
        JOIN pg_catalog.pg_index i ON i.indrelid = stores.oid
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        WHERE NOT i.indisvalid AND c.relname ~ '{SUFFIX}' AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
        AND (stores.index IS NULL OR pg_catalog.starts_with(stores.index::text,
            pg_catalog.regexp_replace(c.relname, '{SUFFIX}', '')))
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS held WHERE {} AND held.relation = i.indrelid)",
        relations(reindexed),
        others::WORKS_ON_RELATION
    );
    let name = match reindexed {
        Reindexed::Index(name) | Reindexed::Table(name) | Reindexed::Schema(name) => name.as_str(),
        Reindexed::Database => "",
    };
    let rows = client.query_typed(&sql, &[(&name, Type::TEXT)]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// The suffixes that the server gives an index it builds, and one it has replaced.
const SUFFIX: &str = "_cc(new|old)[0-9]*$";

/// Drops them, without any limit that could stop the drop. A failure is reported.
pub(super) async fn drop_all(client: &Client, names: &[String]) -> Result<(), DatabaseError> {
    if names.is_empty() {
        return Ok(());
    }
    let limits = Saved::lift_all(client).await.map_err(database_error)?;
    let mut result = Ok(());
    for name in names {
        let dropped = drop_index(client, name).await.map_err(|error| {
            let error = database_error(error);
            let message = format!("the index {name} is invalid and could not be dropped: {}", error.message);
            DatabaseError { message, ..error }
        });
        result = result.and(dropped);
    }
    result.and(limits.restore(client).await.map_err(database_error))
}

/// `name` comes quoted from the server. If two sessions wait for each other here, the deadlock detector ends one.
async fn drop_index(client: &Client, name: &str) -> Result<(), Error> {
    const DEADLOCK_DETECTED: &str = "40P01";
    const TRIES: usize = 5;
    const PAUSE: Duration = Duration::from_millis(100);
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
