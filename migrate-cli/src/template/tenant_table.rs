//! `--template tenant-table`: a table whose rows belong to tenants.

use migrate::Dialect;
use migrate::scope::rls::{self, ColumnType, TableName, Tenancy};

use super::{Identifier, Scripts};

/// The primary key begins with the tenant, so that a foreign key to it can include the tenant.
pub(super) fn scripts(table: &Identifier, tenant: &Identifier, dialect: Dialect) -> Scripts {
    let columns = match dialect {
        Dialect::Postgres => format!(
            "{tenant} uuid NOT NULL,\n    \
             id bigint GENERATED ALWAYS AS IDENTITY,\n    \
             created_at timestamptz NOT NULL DEFAULT now(),\n    \
             PRIMARY KEY ({tenant}, id)"
        ),
        Dialect::Sqlite => format!(
            "{tenant} TEXT NOT NULL,\n    \
             id TEXT NOT NULL,\n    \
             created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \
             PRIMARY KEY ({tenant}, id)"
        ),
        Dialect::Any => format!(
            "{tenant} text NOT NULL,\n    \
             id bigint NOT NULL,\n    \
             created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \
             PRIMARY KEY ({tenant}, id)"
        ),
    };
    let security = if dialect == Dialect::Postgres {
        let name = match table.parts() {
            (Some(schema), name) => TableName::from((schema, name)),
            (None, name) => TableName::from(name),
        };
        let tenancy = Tenancy::new(tenant.name(), ColumnType::Uuid);
        format!("\n{}", rls::scripts(&tenancy, &[rls::Table::new(name)]).up)
    } else {
        String::new()
    };
    Scripts {
        up: format!("CREATE TABLE {table} (\n    {columns}\n);\n{security}"),
        down: format!("DROP TABLE {table};\n"),
    }
}
