//! What `tables!` declares, compared with what the database holds.
//!
//! What comes in are the definitions; what goes out are holes, such as a declared table that does not exist, and the
//! identifiers of the shared tables, which need no tenant column.

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::Tenancy;
use super::hole::{Hole, Reason};
use crate::scope::table::Definition;

/// The result of the comparison.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) holes: Vec<Hole>,
    /// The tables that all tenants share.
    pub(super) shared: Vec<u32>,
}

/// Where each name leads, how SQL writes it, and whether the table has the tenant column.
const SQL: &str = "SELECT t.place::int, c.oid,
    CASE WHEN c.oid IS NULL THEN quote_ident(t.name) ELSE format('%I.%I', n.nspname, c.relname) END,
    EXISTS (SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped)
    FROM unnest($1::text[]) WITH ORDINALITY AS t(name, place)
    LEFT JOIN pg_catalog.pg_class c ON c.oid = to_regclass(quote_ident(t.name))
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    ORDER BY 1";

/// Resolves the names as the statements of the builder do: through the `search_path`.
pub(super) async fn look(
    client: &Client,
    tenancy: &Tenancy,
    tables: &[&'static Definition],
) -> Result<Declared, Error> {
    let mut declared = Declared::default();
    let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
    let values: [(&(dyn ToSql + Sync), Type); 2] =
        [(&names, Type::TEXT_ARRAY), (&tenancy.column, Type::TEXT)];
    let rows = client.query_typed(SQL, &values).await?;
    for (table, row) in tables.iter().zip(&rows) {
        let (oid, has_tenant): (Option<u32>, bool) = (row.try_get(1)?, row.try_get(3)?);
        let hole = |reason| Ok(Hole { reason, object: row.try_get(2)?, detail: String::new() });
        match oid {
            None => declared.holes.push(hole(Reason::NotFound)?),
            Some(oid) if table.tenant.is_none() => declared.shared.push(oid),
            Some(_) if !has_tenant => declared.holes.push(hole(Reason::WithoutTenant)?),
            Some(_) => {}
        }
    }
    Ok(declared)
}
