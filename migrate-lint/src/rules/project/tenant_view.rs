use migrate_core::{Engine, Finding, Hazard};

use super::{shown, tenant_of};
use crate::WholeScript;
use crate::schema::View;
use crate::sql::{AlterTable, ChangeAction, CreateView, Kind};

/// A view over a table of tenants that row-level security does not reach: it reads as its owner unless
/// `security_invoker` is set, from PostgreSQL 15 on (<https://www.postgresql.org/docs/current/sql-createview.html>). A
/// materialized view keeps the rows of all tenants, and has no policies.
pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    if whole.engine == Engine::Sqlite || whole.project.tenant.is_none() {
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
                    format!("the materialized view `{name}` holds the rows of all tenants, and can have no policy"),
                    "a table with policies, which a job fills; or no rights on it for the role of the application"
                        .to_owned(),
                )
            } else {
                (
                    format!("the view `{name}` reads as its owner, whom the policies of other roles do not bind"),
                    format!("`CREATE VIEW {name} WITH (security_invoker = true) AS …` (PostgreSQL 15)"),
                )
            };
            Finding::new(Hazard::TenantView, span, message, safer)
        })
        .collect()
}

fn open_view<'a>(whole: &WholeScript<'a>, create: &CreateView) -> Option<&'a View> {
    let view = whole.schema.view(&create.name)?;
    let reads_tenants = view
        .reads
        .iter()
        .any(|name| whole.schema.table(name).is_some_and(|table| tenant_of(whole, table).is_some()));
    let is_open = view.materialized || !(create.security_invoker || has_new_options(whole, view));
    (reads_tenants && is_open).then_some(view)
}

/// Whether `ALTER VIEW … SET (…)` may have made it a view of its caller.
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
