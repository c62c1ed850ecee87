//! `--template create-table` and `--template tenant-table`: a table that looks like the others of the folder.

use migrate::Dialect;
use migrate::cli::Failure;
use migrate::scope::rls::{self, ColumnType, TableName, Tenancy};

use super::conventions::{Column, Conventions};
use super::{Identifier, Scripts};

/// A table with a key and the times of its rows.
pub(super) fn plain(
    table: &Identifier,
    deleted: Option<&Identifier>,
    conventions: &Conventions<'_>,
) -> Result<Scripts, Failure> {
    let number = conventions.number(None, true);
    let lines = vec![format!("{} PRIMARY KEY", number.definition()?.replace(" NOT NULL", ""))];
    Ok(scripts(table, &[lines, rest(deleted, conventions)?].concat(), ""))
}

/// A table whose rows belong to tenants. A foreign key to it can include the tenant, because the tenant and the number are a
/// key.
pub(super) fn of_tenants(
    table: &Identifier,
    tenant: &Identifier,
    deleted: Option<&Identifier>,
    conventions: &Conventions<'_>,
    dialect: Dialect,
) -> Result<Scripts, Failure> {
    let of_tenants = conventions.with(tenant.name());
    let is_in_key = of_tenants.keys_have(tenant.name());
    let number = of_tenants.number(Some(tenant.name()), !is_in_key);
    let (data_type, base) = of_tenants.type_of(tenant.name()).unwrap_or_else(|| {
        let default = match dialect {
            Dialect::Postgres => "uuid",
            Dialect::Sqlite => "TEXT",
            Dialect::Any => "text",
        };
        (default.to_owned(), None)
    });
    let (id, owner) = (Identifier::new(&number.name)?, format!("{tenant} {data_type} NOT NULL"));
    let mut lines = if is_in_key {
        vec![owner, number.definition()?]
    } else {
        vec![format!("{} PRIMARY KEY", number.definition()?.replace(" NOT NULL", "")), owner]
    };
    lines.extend(rest(deleted, &of_tenants)?);
    lines.push(format!("{} ({tenant}, {id})", if is_in_key { "PRIMARY KEY" } else { "UNIQUE" }));
    let base = base.unwrap_or(data_type);
    let security = security(table, tenant, &base, &of_tenants, dialect);
    Ok(scripts(table, &lines, &security))
}

/// The columns after the key.
fn rest(deleted: Option<&Identifier>, conventions: &Conventions<'_>) -> Result<Vec<String>, Failure> {
    let deletion = deleted.and_then(|deleted| conventions.deletion(deleted.name()));
    conventions.times().iter().chain(&deletion).map(Column::definition).collect()
}

fn scripts(table: &Identifier, lines: &[String], security: &str) -> Scripts {
    Scripts {
        up: format!("CREATE TABLE {table} (\n    {}\n);\n{security}", lines.join(",\n    ")),
        down: format!("DROP TABLE {table};\n"),
    }
}

/// Row-level security, if other tables with the tenant have it, or there are none. The setting with the tenant is theirs.
fn security(
    table: &Identifier,
    tenant: &Identifier,
    data_type: &str,
    conventions: &Conventions<'_>,
    dialect: Dialect,
) -> String {
    let with = || conventions.tables().filter(|known| known.column(tenant.name()).is_some());
    let is_used = with().next().is_none() || with().any(|known| known.row_security);
    if dialect != Dialect::Postgres || !is_used {
        return String::new();
    }
    let name = match table.parts() {
        (Some(schema), name) => TableName::from((schema, name)),
        (None, name) => TableName::from(name),
    };
    let column_type = match data_type {
        "uuid" => ColumnType::Uuid,
        "bigint" => ColumnType::BigInt,
        "integer" | "smallint" => ColumnType::Integer,
        _ => ColumnType::Text,
    };
    let tenancy = Tenancy::new(tenant.name(), column_type);
    let tenancy = match with().flat_map(|known| &known.policies).find_map(|condition| setting_in(condition)) {
        Some(setting) => tenancy.setting(setting),
        None => tenancy,
    };
    format!("\n{}", rls::scripts(&tenancy, &[rls::Table::new(name)]).up)
}

/// The setting that a condition reads: `current_setting('app.tenant')`.
fn setting_in(condition: &str) -> Option<&str> {
    let (_, call) = condition.split_once("current_setting")?;
    let (_, text) = call.split_once('\'')?;
    text.split_once('\'').map(|(setting, _)| setting).filter(|setting| setting.contains('.'))
}
