//! `tenant-foreign-key`: a foreign key between two tables of tenants that leaves the tenant out.
//!
//! ```sql
//! ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders (id);
//! ```
//!
//! A payment can refer to another tenant's order, and ON DELETE CASCADE then deletes across tenants. Measured on
//! PostgreSQL 15. Row-level security does not help: foreign keys bypass it
//! (<https://www.postgresql.org/docs/current/ddl-rowsecurity.html>, "referential integrity checks").
//!
//! Safer: `FOREIGN KEY (business_id, order_id) REFERENCES orders (business_id, id)`.
//!
//! Exempt: a key from or to a table without the tenant column.

use migrate_core::{Finding, Hazard};

use super::foreign_key::added;
use super::{shown, tenant_of};
use crate::WholeScript;

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let without = added(whole).into_iter().filter_map(|added| {
        let tenant = tenant_of(whole, added.table)?;
        let other = whole.schema.table(&added.key.table)?;
        let others = tenant_of(whole, other)?;
        (!added.columns.contains(&tenant)).then_some((added, tenant, others))
    });
    without
        .map(|(added, tenant, others)| {
            let (table, other) = (shown(&added.table.name), &added.key.table);
            let columns = added.columns.join(", ");
            let message = format!("`{columns}` of `{table}` can refer to a row of `{other}` that belongs to another tenant");
            let referenced = match added.key.referenced.as_slice() {
                [] => "id".to_owned(),
                columns => columns.join(", "),
            };
            let safer = format!(
                "`FOREIGN KEY ({tenant}, {columns}) REFERENCES {other} ({others}, {referenced})`, with UNIQUE ({others}, {referenced}) on `{other}`"
            );
            Finding::new(Hazard::TenantForeignKey, added.span, message, safer)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::TenantForeignKey;
    use migrate_core::Project;

    use crate::testing::{history, places, sqlite_history};

    fn tenants() -> Project {
        Project { tenant: Some("business_id".to_owned()), ..Project::default() }
    }

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE customers (id int PRIMARY KEY, business_id int, UNIQUE (business_id, id));
             CREATE TABLE currencies (id int PRIMARY KEY);
             CREATE TABLE orders (id int PRIMARY KEY, business_id int, customer_id int);",
        )
        .project(tenants());
        let flagged = |sql: &str| assert_eq!(places(&history, TenantForeignKey, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, TenantForeignKey, sql), [""; 0], "{sql}");
        flagged("ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers");
        flagged("ALTER TABLE orders ADD up int REFERENCES orders");
        flagged("CREATE TABLE n (business_id int, customer_id int REFERENCES customers (id))");
        flagged("CREATE TABLE n (customer_id int REFERENCES customers); ALTER TABLE n ADD business_id int");
        fine(
            "ALTER TABLE orders ADD FOREIGN KEY (business_id, customer_id) REFERENCES customers (business_id, id)",
        );
        fine("ALTER TABLE orders ADD currency int REFERENCES currencies");
        fine("ALTER TABLE currencies ADD owner int REFERENCES customers"); // not a tenant's table itself
        fine("ALTER TABLE orders ADD note_id int REFERENCES unknown");
    }

    #[test]
    fn on_sqlite() {
        let history =
            sqlite_history("CREATE TABLE r (id INTEGER PRIMARY KEY, business_id int)").project(tenants());
        let sql = "CREATE TABLE n (business_id int, r_id int REFERENCES r)";
        assert_eq!(places(&history, TenantForeignKey, sql), ["r_id int REFERENCES r"]);
    }
}
