//! The second half of the check: what the policies really do, for a tenant that does not exist.
//!
//! What comes in are the tables that the role reaches; what goes out are holes, such as "`orders` shows rows without
//! a tenant". The first half reads the catalog, and knows the policies by their text. This one believes nothing: it
//! reads and writes, in a transaction that is rolled back.

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use super::hole::{Hole, Reason};
use super::name::quoted;
use super::{ColumnType, Tenancy};

/// A table with the tenant column that the role reaches.
pub(super) struct Probed {
    schema: String,
    name: String,
    /// Its name as SQL writes it.
    pub(super) called: String,
    may_read: bool,
    /// The columns of a row as SQL, without the tenant's; `None` if no row is tried.
    columns: Option<Vec<String>>,
}

/// The tables to look at.
pub(super) async fn tables(client: &Client, tenancy: &Tenancy) -> Result<Vec<Probed>, Error> {
    let rows = client.query_typed(include_str!("probe.sql"), &[(&tenancy.column, Type::TEXT)]).await?;
    let table = |row: &tokio_postgres::Row| {
        Ok(Probed {
            schema: row.try_get(0)?,
            name: row.try_get(1)?,
            called: row.try_get(2)?,
            may_read: row.try_get(3)?,
            columns: row.try_get(4)?,
        })
    };
    rows.iter().map(table).collect()
}

/// Reads and writes as a tenant that does not exist, in a transaction that the caller rolls back. If the session has
/// a tenant already, it is known to show rows.
pub(super) async fn holes(
    client: &Client,
    tenancy: &Tenancy,
    tables: &[Probed],
    is_preset: bool,
) -> Result<Vec<Hole>, Error> {
    let mut holes =
        if is_preset { Vec::new() } else { visible(client, tables, "before a tenant is set").await? };
    for (tenant, when) in
        [(String::new(), "without a tenant"), (unknown_tenant(tenancy), "to a tenant that does not exist")]
    {
        set(client, tenancy, &tenant).await?;
        holes.extend(visible(client, tables, when).await?);
    }
    // One hole for each table is enough.
    let mut named = Vec::new();
    holes.retain(|hole| {
        !named.contains(&hole.object) && {
            named.push(hole.object.clone());
            true
        }
    });
    for table in tables {
        if accepts_foreign(client, tenancy, table).await? {
            holes.push(Hole {
                reason: Reason::ForeignInsert,
                object: table.called.clone(),
                detail: String::new(),
            });
        }
    }
    Ok(holes)
}

/// The tables that show a row.
async fn visible(client: &Client, tables: &[Probed], when: &str) -> Result<Vec<Hole>, Error> {
    let readable: Vec<&Probed> = tables.iter().filter(|table| table.may_read).collect();
    if readable.is_empty() {
        return Ok(Vec::new());
    }
    let questions = readable.iter().map(|table| format!("EXISTS (SELECT FROM {})", table.called));
    let sql = format!("SELECT ARRAY[{}]", questions.collect::<Vec<_>>().join(", "));
    let answers: Vec<bool> = client.query_typed_one(&sql, &[]).await?.try_get(0)?;
    let open = readable.iter().zip(answers).filter(|(_, is_visible)| *is_visible).map(|(table, _)| Hole {
        reason: Reason::VisibleRows,
        object: table.called.clone(),
        detail: when.to_owned(),
    });
    Ok(open.collect())
}

/// Whether the table accepts a row for another tenant than the one that is set.
///
/// The server asks a policy before the constraints of the table. So if a constraint refuses the row, the policy had
/// admitted it.
async fn accepts_foreign(client: &Client, tenancy: &Tenancy, table: &Probed) -> Result<bool, Error> {
    let Some(columns) = &table.columns else { return Ok(false) };
    let tenant = quoted(&tenancy.column);
    let names: Vec<&str> =
        std::iter::once(tenant.as_str()).chain(columns.iter().map(String::as_str)).collect();
    let insert = format!(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ($1::{}{})",
        table.called,
        names.join(", "),
        tenancy.column_type,
        // NULL in every other column: the row is not meant to be inserted, and a constraint may refuse it after the
        // policy has spoken.
        ", NULL".repeat(columns.len())
    );
    // A refused insert would end the transaction of the check.
    client.batch_execute("SAVEPOINT probe").await?;
    let inserted = client.execute_typed(&insert, &[(&unknown_tenant(tenancy), Type::TEXT)]).await;
    client.batch_execute("ROLLBACK TO SAVEPOINT probe; RELEASE SAVEPOINT probe").await?;
    Ok(match inserted {
        Ok(_) => true,
        Err(error) => error.as_db_error().is_some_and(|db| {
            let of_table = db.schema() == Some(&table.schema) && db.table() == Some(&table.name);
            of_table && db.code().code().starts_with(INTEGRITY)
        }),
    })
}

/// The class of SQLSTATEs of constraints.
const INTEGRITY: &str = "23";

/// Sets the tenant of the transaction.
async fn set(client: &Client, tenancy: &Tenancy, tenant: &str) -> Result<(), Error> {
    let values: [(&(dyn ToSql + Sync), Type); 2] = [(&tenancy.setting, Type::TEXT), (&tenant, Type::TEXT)];
    client.query_typed("SELECT set_config($1, $2, true)", &values).await.map(drop)
}

/// A tenant that does not exist, but for chance.
fn unknown_tenant(tenancy: &Tenancy) -> String {
    match tenancy.column_type {
        ColumnType::Uuid | ColumnType::Text => Uuid::new_v4().to_string(),
        ColumnType::BigInt => fastrand::i64(i64::MIN..0).to_string(),
        ColumnType::Integer => fastrand::i32(i32::MIN..0).to_string(),
    }
}
