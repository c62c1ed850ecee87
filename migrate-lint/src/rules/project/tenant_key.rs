//! `tenant-key`: a new table of tenants without a key of the tenant and its own number.
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, business_id uuid NOT NULL);
//! ```
//!
//! Another table can refer to it with `FOREIGN KEY (business_id, order_id)`, which never reaches another tenant's
//! row, only if such a key exists: a foreign key needs all columns of a unique index that is not partial
//! (<https://www.postgresql.org/docs/current/ddl-constraints.html>, "Foreign Keys").
//!
//! Safer: `UNIQUE (business_id, id)`, or that as the primary key.
//!
//! Exempt: a table without a primary key, and one whose primary key has two or more columns, as tables of relations
//! have: other tables rarely refer to it.

use migrate_core::{Finding, Hazard};

use super::{created_tables, is_same_set, keys, shown, tenant_of};
use crate::WholeScript;
use crate::schema::Table;

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let without = created_tables(whole).filter_map(|(table, span)| {
        let tenant = tenant_of(whole, table)?;
        let number = lone_number(table, tenant)?;
        let wanted = [tenant, number];
        let has_key = keys(whole, table).any(|key| is_same_set(&key, &wanted));
        (!has_key).then_some((table, span, tenant, number))
    });
    without
        .map(|(table, span, tenant, number)| {
            let table = shown(&table.name);
            let message = format!(
                "no key of `{table}` contains `{tenant}`: foreign keys to it can reach the rows of all tenants"
            );
            let safer = format!("add `UNIQUE ({tenant}, {number})`, or make that the primary key");
            Finding::new(Hazard::TenantKey, span, message, safer)
        })
        .collect()
}

/// The column that is the primary key on its own. A table of relations has two.
fn lone_number<'a>(table: &'a Table, tenant: &str) -> Option<&'a str> {
    match table.primary_key()? {
        [number] if number != tenant => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::TenantKey;
    use migrate_core::Project;

    use crate::testing::{History, history, places, sqlite_history};

    fn tenants(history: History) -> History {
        history.project(Project { tenant: Some("business_id".to_owned()), ..Project::default() })
    }

    #[test]
    fn cases() {
        let history = tenants(history(""));
        let flagged = |sql: &str| assert_eq!(places(&history, TenantKey, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, TenantKey, sql), [""; 0], "{sql}");
        let table = "CREATE TABLE orders (id uuid PRIMARY KEY, business_id uuid NOT NULL, at date, no int";
        flagged(&format!("{table})"));
        flagged(&format!("{table}, UNIQUE (business_id, no))")); // that is no number of all rows
        flagged(&format!("{table}); CREATE UNIQUE INDEX ON orders (business_id, id) WHERE at IS NULL"));
        flagged(&format!("{table}); CREATE INDEX ON orders (business_id, id)"));
        fine(&format!("{table}, UNIQUE (business_id, id))"));
        fine(&format!("{table}, UNIQUE (id, business_id))")); // a foreign key may name them in any order
        fine(&format!("{table}); ALTER TABLE orders ADD UNIQUE (business_id, id)"));
        fine(&format!("{table}); CREATE UNIQUE INDEX ON orders (business_id, id)"));
        fine("CREATE TABLE orders (id uuid, business_id uuid, PRIMARY KEY (business_id, id))");
        fine("CREATE TABLE settings (business_id uuid PRIMARY KEY)"); // one row for each tenant
        fine("CREATE TABLE members (a uuid, b uuid, business_id uuid, PRIMARY KEY (a, b))");
        fine("CREATE TABLE log (business_id uuid, line text)"); // no row can be referred to
        fine("CREATE TABLE currencies (id int PRIMARY KEY)");
    }

    #[test]
    fn on_sqlite() {
        let history = tenants(sqlite_history(""));
        let table = "CREATE TABLE orders (id INTEGER PRIMARY KEY, business_id int";
        assert_eq!(places(&history, TenantKey, &format!("{table})")).len(), 1);
        assert_eq!(places(&history, TenantKey, &format!("{table}, UNIQUE (business_id, id))")), [""; 0]);
    }
}
