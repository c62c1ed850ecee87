//! Asks the catalog whether a statement is done that an earlier run began outside of a transaction before it was cut off.

use migrate_core::{Alone, ServerObject, ServerObjectKind};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::leftover;

/// The catalog's answer. `false` also for a statement that can be repeated.
pub(super) async fn is_done(client: &Client, alone: &Alone) -> Result<bool, Error> {
    match alone {
        Alone::CreateIndex(index) => leftover::built(client, index).await.map(|built| built.is_valid()),
        Alone::DropIndex(name) => {
            ask(client, "SELECT pg_catalog.to_regclass($1) IS NULL", &[(name, Type::TEXT)]).await
        }
        Alone::Detach { table, partition } => {
            let sql = "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_inherits
                WHERE inhparent = pg_catalog.to_regclass($1) AND inhrelid = pg_catalog.to_regclass($2))";
            ask(client, sql, &[(table, Type::TEXT), (partition, Type::TEXT)]).await
        }
        Alone::Make(object) => exists(client, object, true).await,
        Alone::Take(object) => exists(client, object, false).await.map(|exists| !exists),
        Alone::Publications { subscription, publications, adds } => {
            let sql = "SELECT COALESCE(pg_catalog.bool_and((one = ANY (subpublications)) = $3), false)
                FROM pg_catalog.pg_subscription, pg_catalog.unnest($2) AS one
                WHERE subname = CAST($1 AS name) AND subdbid = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())";
            let values: [(&(dyn ToSql + Sync), Type); 3] =
                [(subscription, Type::TEXT), (publications, Type::TEXT_ARRAY), (adds, Type::BOOL)];
            ask(client, sql, &values).await
        }
        Alone::Reindex(_) | Alone::Repeatable | Alone::Unknown => Ok(false),
    }
}

/// A cast to `name` shortens a name as the server has done. A database whose DROP was cut off still exists but is unusable:
/// its `datconnlimit` is -2.
async fn exists(client: &Client, object: &ServerObject, is_whole: bool) -> Result<bool, Error> {
    let condition = match object.kind {
        ServerObjectKind::Database if is_whole => "pg_catalog.pg_database WHERE datname = CAST($1 AS name) AND datconnlimit <> -2",
        ServerObjectKind::Database => "pg_catalog.pg_database WHERE datname = CAST($1 AS name)",
        ServerObjectKind::Tablespace => "pg_catalog.pg_tablespace WHERE spcname = CAST($1 AS name)",
        ServerObjectKind::Subscription => {
            "pg_catalog.pg_subscription WHERE subname = CAST($1 AS name) AND subdbid = (SELECT oid FROM pg_catalog.pg_database
                WHERE datname = pg_catalog.current_database())"
        }
        ServerObjectKind::ReplicationSlot => "pg_catalog.pg_replication_slots WHERE slot_name = CAST($1 AS name)",
        ServerObjectKind::PreparedTransaction => "pg_catalog.pg_prepared_xacts WHERE gid = $1",
    };
    let sql = format!("SELECT EXISTS (SELECT FROM {condition})");
    ask(client, &sql, &[(&object.name, Type::TEXT)]).await
}

async fn ask(client: &Client, sql: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> Result<bool, Error> {
    client.query_typed_one(sql, values).await?.try_get(0)
}
