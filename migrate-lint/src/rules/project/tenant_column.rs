//! `tenant-column`: a new table that lacks the tenant column and is not declared global.
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY, body text);   -- with `tenant = "business_id"` in migrate.toml
//! ```
//!
//! No query, policy or foreign key can keep the tenants apart in it.
//!
//! Safer: the column, NOT NULL and first in the keys. For rows that belong to no tenant, the table's name in
//! `global`.
//!
//! Exempt: a table whose columns are not all known, such as one from CREATE TABLE AS, and a table of an earlier
//! migration: whether it needs the column was decided there.

use migrate_core::{Finding, Hazard};

use super::{created_tables, shown, tenant_of};
use crate::WholeScript;
use crate::schema::Table;

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let Some(tenant) = &whole.project.tenant else { return Vec::new() };
    let without = created_tables(whole).filter(|(table, _)| {
        table.columns_are_complete && tenant_of(whole, table).is_none() && !is_global(whole, table)
    });
    without
        .map(|(table, span)| {
            let table = shown(&table.name);
            let message = format!("`{table}` has no column `{tenant}`, so nothing shows which tenant a row belongs to");
            let safer = format!(
                "add `{tenant}`, NOT NULL and first in the keys; for rows that belong to no tenant, add `{table}` to `global` in `migrate.toml`"
            );
            Finding::new(Hazard::TenantColumn, span, message, safer)
        })
        .collect()
}

/// Whether the project declares the table global, by its name or with its schema.
fn is_global(whole: &WholeScript<'_>, table: &Table) -> bool {
    let global = &whole.project.global;
    global.contains(&table.name.name) || global.contains(&table.name.to_string())
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::TenantColumn;
    use migrate_core::Project;

    use crate::testing::{History, history, places, sqlite_history};

    fn tenants(history: History) -> History {
        let global = ["currencies", "app.rates"].map(str::to_owned).into();
        history.project(Project { tenant: Some("business_id".to_owned()), global, ..Project::default() })
    }

    #[test]
    fn cases() {
        let history =
            tenants(history("CREATE TABLE old (id int); CREATE TABLE p (id int) PARTITION BY RANGE (id)"));
        let flagged = |sql: &str| assert_eq!(places(&history, TenantColumn, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, TenantColumn, sql), [""; 0], "{sql}");
        flagged("CREATE TABLE orders (id int)");
        flagged("CREATE TABLE app.currencies2 (id int)");
        flagged("CREATE TABLE rates (id int)"); // the one in `app` is meant
        flagged("DO $$ BEGIN CREATE TABLE orders (id int); END $$");
        fine("CREATE TABLE orders (id int, business_id uuid)");
        fine("CREATE TABLE orders (id int); ALTER TABLE orders ADD business_id uuid");
        fine("CREATE TABLE currencies (id int)");
        fine("CREATE TABLE app.rates (id int)");
        fine("CREATE TEMP TABLE orders (id int)");
        fine("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)");
        fine("CREATE TABLE orders (id int); DROP TABLE orders");
        fine("CREATE TABLE IF NOT EXISTS old (id int)"); // it is there
        fine("CREATE TABLE orders AS SELECT * FROM old"); // with which columns is not known
        fine("CREATE TABLE new (LIKE old)");
    }

    #[test]
    fn nothing_is_asked_of_a_project_without_tenants() {
        assert_eq!(places(&history(""), TenantColumn, "CREATE TABLE orders (id int)"), [""; 0]);
    }

    #[test]
    fn on_sqlite() {
        let history = tenants(sqlite_history("CREATE TABLE t (id int, business_id int)"));
        assert_eq!(places(&history, TenantColumn, "CREATE TABLE orders (id int)").len(), 1);
        let rebuilt = "CREATE TABLE new_t (id int, business_id int, a int); INSERT INTO new_t SELECT id, business_id, 1 FROM t;
            DROP TABLE t; ALTER TABLE new_t RENAME TO t";
        assert_eq!(places(&history, TenantColumn, rebuilt), [""; 0]);
    }
}
