//! `rls-not-forced`: row-level security of a tenant's table that does not hold.
//!
//! ```sql
//! ALTER TABLE orders ENABLE ROW LEVEL SECURITY;   -- without FORCE
//! ```
//!
//! Without FORCE the owner sees the rows of all tenants, and the owner is often the role of the application. And
//! permissive policies are joined by OR (<https://www.postgresql.org/docs/current/ddl-rowsecurity.html>): if the
//! policy for the tenant is permissive, any other permissive policy opens what it closes.
//!
//! Safer: FORCE ROW LEVEL SECURITY, and a restrictive policy for the tenant next to a permissive `USING (true)`.
//!
//! Exempt: tables without the tenant column, and a script that does both, in any order.

use migrate_core::{Finding, Hazard};

use super::{shown, tenant_of};
use crate::WholeScript;
use crate::schema::Table;
use crate::sql::{ChangeAction, CreatePolicy, Expression, Kind};

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for statement in whole.statements() {
        match &statement.kind {
            Kind::AlterTable(alter) => {
                let table = whole.schema.table(&alter.name);
                let Some(table) = table.filter(|table| is_open_to_owner(whole, table)) else { continue };
                let enable =
                    alter.changes.iter().find(|change| change.action == ChangeAction::EnableRowSecurity);
                findings.extend(enable.map(|enable| not_forced(table, enable.span)));
            }
            Kind::CreatePolicy(policy) => {
                let table = whole.schema.table(&policy.table);
                let open = table.filter(|table| is_open_to_policies(whole, table, policy));
                findings.extend(open.map(|table| permissive(table, policy, statement.span)));
            }
            _ => {}
        }
    }
    findings
}

/// The finding about a table without FORCE.
fn not_forced(table: &Table, span: migrate_core::Span) -> Finding {
    let table = shown(&table.name);
    let message =
        format!("the owner of `{table}`, often the role of the application, sees the rows of all tenants");
    let safer = format!("add `ALTER TABLE {table} FORCE ROW LEVEL SECURITY`");
    Finding::new(Hazard::RlsNotForced, span, message, safer)
}

/// The finding about a permissive policy for the tenant.
fn permissive(table: &Table, policy: &CreatePolicy, span: migrate_core::Span) -> Finding {
    let table = shown(&table.name);
    let message = format!(
        "the policy `{}` is permissive: one more permissive policy on `{table}` can show the rows of all tenants",
        policy.name
    );
    let safer = format!(
        "make it `AS RESTRICTIVE`, and add a permissive `CREATE POLICY … ON {table} USING (true) WITH CHECK (true)`"
    );
    Finding::new(Hazard::RlsNotForced, span, message, safer)
}

/// Whether row-level security of a tenant's table is on, but not for its owner.
fn is_open_to_owner(whole: &WholeScript<'_>, table: &Table) -> bool {
    tenant_of(whole, table).is_some() && table.row_security.enabled && !table.row_security.forced
}

/// Whether the policy has a condition on the tenant, and no restrictive policy of the table has one.
fn is_open_to_policies(whole: &WholeScript<'_>, table: &Table, policy: &CreatePolicy) -> bool {
    let Some(tenant) = tenant_of(whole, table) else { return false };
    let names_tenant = |condition: &Option<Expression>| {
        condition.iter().any(|condition| condition.columns.iter().any(|column| column == tenant))
    };
    let is_there = table.policies.iter().any(|known| known.name == policy.name);
    let is_restricted = table.policies.iter().any(|known| known.restrictive && names_tenant(&known.using));
    is_there && !policy.restrictive && names_tenant(&policy.using) && !is_restricted
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::RlsNotForced;
    use migrate_core::Project;

    use crate::testing::{history, places};

    const OWN: &str = "USING (business_id = (SELECT nullif(current_setting('app.id', true), '')::int))";

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, business_id int); CREATE TABLE currencies (id int);
             CREATE TABLE forced (id int, business_id int); ALTER TABLE forced FORCE ROW LEVEL SECURITY;",
        )
        .project(Project { tenant: Some("business_id".to_owned()), ..Project::default() });
        let flagged = |sql: &str| assert_eq!(places(&history, RlsNotForced, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, RlsNotForced, sql), [""; 0], "{sql}");
        flagged("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
        flagged(
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
        );
        flagged("CREATE TABLE n (business_id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY");
        fine("ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
        fine("ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY");
        fine("ALTER TABLE forced ENABLE ROW LEVEL SECURITY");
        fine("ALTER TABLE currencies ENABLE ROW LEVEL SECURITY");
        flagged(&format!("CREATE POLICY own ON t {OWN}"));
        fine(&format!("CREATE POLICY own ON t AS RESTRICTIVE {OWN}"));
        fine(&format!("CREATE POLICY base ON t USING (true); CREATE POLICY own ON t AS RESTRICTIVE {OWN}"));
        fine(&format!("CREATE POLICY p ON t {OWN}; CREATE POLICY own ON t AS RESTRICTIVE {OWN}"));
        fine("CREATE POLICY p ON t USING (id > 1)"); // not about tenants
        fine(&format!("CREATE POLICY own ON t {OWN}; DROP POLICY own ON t"));
    }
}
