//! `tenant-view`: a view over a table of tenants that row-level security does not protect.
//!
//! ```sql
//! CREATE VIEW open_orders AS SELECT * FROM orders WHERE closed_at IS NULL;
//! ```
//!
//! A view reads with the rights of its owner, so the owner's policies apply and not those of the role that asks,
//! unless `security_invoker` is set, from PostgreSQL 15 on
//! (<https://www.postgresql.org/docs/current/sql-createview.html>). A materialized view stores the rows of all
//! tenants, and cannot have policies.
//!
//! Safer: `WITH (security_invoker = true)`; for a materialized view, a table with policies that a job fills.
//!
//! Exempt: SQLite, temporary views, and a view that `ALTER VIEW … SET (…)` in the same script may have changed.

use migrate_core::{Finding, Hazard};

use super::{shown, tenant_of};
use crate::WholeScript;
use crate::schema::View;
use crate::sql::{AlterTable, ChangeAction, CreateView, Kind};

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    if !whole.engine.has_row_security() || whole.project.tenant.is_none() {
        return Vec::new();
    }
    let views = whole.statements().filter_map(|statement| match &statement.kind {
        Kind::CreateView(create) if !create.temporary => Some((open_view(whole, create)?, statement.span)),
        _ => None,
    });
    views
        .map(|(view, span)| {
            let name = shown(&view.name);
            let (message, safer) = if view.materialized {
                (
                    format!("the materialized view `{name}` stores the rows of all tenants, and cannot have policies"),
                    "use a table with policies that a job fills; or give the role of the application no rights on the view"
                        .to_owned(),
                )
            } else {
                (
                    format!("the view `{name}` reads with the rights of its owner, so the policies for other roles do not apply"),
                    format!("`CREATE VIEW {name} WITH (security_invoker = true) AS …` (PostgreSQL 15)"),
                )
            };
            Finding::new(Hazard::TenantView, span, message, safer)
        })
        .collect()
}

/// The view that a statement created, if it shows rows of all tenants.
fn open_view<'a>(whole: &WholeScript<'a>, create: &CreateView) -> Option<&'a View> {
    let view = whole.schema.view(&create.name)?;
    let reads_tenants = view
        .reads
        .iter()
        .any(|name| whole.schema.table(name).is_some_and(|table| tenant_of(whole, table).is_some()));
    let is_open = view.materialized || !(create.security_invoker || has_new_options(whole, view));
    (reads_tenants && is_open).then_some(view)
}

/// Whether `ALTER VIEW … SET (…)` may have set `security_invoker`. The options of ALTER VIEW are not kept in the schema.
fn has_new_options(whole: &WholeScript<'_>, view: &View) -> bool {
    let sets_options = |alter: &AlterTable| {
        whole.schema.resolve(&alter.name) == view.name
            && alter.changes.iter().any(|change| change.action == ChangeAction::SetOptions)
    };
    whole
        .statements()
        .any(|statement| matches!(&statement.kind, Kind::AlterTable(alter) if sets_options(alter)))
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::TenantView;
    use migrate_core::Project;

    use crate::testing::{history, places};

    #[test]
    fn cases() {
        let history =
            history("CREATE TABLE orders (id int, business_id int); CREATE TABLE currencies (id int)")
                .project(Project { tenant: Some("business_id".to_owned()), ..Project::default() });
        let flagged = |sql: &str| assert_eq!(places(&history, TenantView, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, TenantView, sql), [""; 0], "{sql}");
        flagged("CREATE VIEW v AS SELECT * FROM orders");
        flagged("CREATE OR REPLACE VIEW v WITH (security_barrier) AS SELECT * FROM orders");
        flagged("CREATE VIEW v WITH (security_invoker = false) AS SELECT * FROM orders");
        flagged("CREATE VIEW v AS SELECT 1 FROM currencies WHERE EXISTS (SELECT FROM orders)");
        flagged("CREATE MATERIALIZED VIEW v AS SELECT * FROM orders");
        fine("CREATE VIEW v WITH (security_invoker) AS SELECT * FROM orders");
        fine("CREATE VIEW v AS SELECT * FROM orders; ALTER VIEW v SET (security_invoker = true)");
        fine("CREATE VIEW v AS SELECT * FROM currencies");
        fine("CREATE MATERIALIZED VIEW v AS SELECT * FROM currencies");
        fine("CREATE TEMP VIEW v AS SELECT * FROM orders");
        fine("CREATE VIEW v AS SELECT * FROM orders; DROP VIEW v");
    }
}
