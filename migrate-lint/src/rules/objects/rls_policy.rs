//! `rls-policy`: the policies of a table with row-level security change: CREATE POLICY, ALTER POLICY, DISABLE and NO
//! FORCE ROW LEVEL SECURITY.
//!
//! ```sql
//! CREATE POLICY same_region ON orders AS RESTRICTIVE USING (region = current_setting('app.region'));
//! ```
//!
//! Running code sees other rows than before, without an error. Permissive policies are joined by OR, so one more
//! shows more rows; restrictive ones by AND, so one more shows fewer
//! (<https://www.postgresql.org/docs/current/ddl-rowsecurity.html>).
//!
//! Safer: try the queries of the running release first, with its role.
//!
//! Exempt: a table that the same script creates, and a CREATE POLICY on a table without row-level security, where it
//! has no effect yet: ENABLE is `rls-enable`. DROP POLICY takes a right away and is [`Hazard::GrantRevoke`].

use migrate_core::{Finding, Hazard};

use super::old_changes;
use super::rls_enable::is_enabled;
use crate::Context;
use crate::sql::{ChangeAction, Kind};

const SAFER: &str = "try every query of the running release under it, with the role that the release uses";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let of_policy = match &context.statement.kind {
        Kind::CreatePolicy(policy) if context.is_old(&policy.table) && is_enabled(context, &policy.table) => {
            let effect = if policy.restrictive { "fewer" } else { "more" };
            Some(format!(
                "running code sees {effect} rows of `{}`, because of the policy `{}`",
                policy.table, policy.name
            ))
        }
        Kind::AlterPolicy(policy) if context.is_old(&policy.table) => Some(format!(
            "running code sees other rows of `{}`, because of the policy `{}`",
            policy.table, policy.name
        )),
        _ => None,
    };
    let of_policy =
        of_policy.map(|message| Finding::new(Hazard::RlsPolicy, context.statement.span, message, SAFER));
    let of_clauses = old_changes(context).filter_map(|(alter, change)| {
        let whom = match &change.action {
            ChangeAction::DisableRowSecurity => "any role that may read it",
            ChangeAction::NoForceRowSecurity => "its owner",
            _ => return None,
        };
        let message = format!("the policies of `{}` no longer hide any row from {whom}", alter.name);
        let safer = "see that every query has its own condition for the rows that it means";
        Some(Finding::new(Hazard::RlsPolicy, change.span, message, safer))
    });
    of_policy.into_iter().chain(of_clauses).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, owner text); CREATE POLICY own ON t USING (true);
             ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE TABLE off (id int)",
        );
        case(&history, "CREATE POLICY more ON t USING (owner = current_user)", &["rls-policy controlled"]);
        case(
            &history,
            "CREATE POLICY less ON t AS RESTRICTIVE USING (owner = current_user)",
            &["rls-policy controlled"],
        );
        case(&history, "ALTER POLICY own ON t USING (false)", &["rls-policy controlled"]);
        case(&history, "ALTER TABLE t DISABLE ROW LEVEL SECURITY", &["rls-policy controlled"]);
        case(&history, "ALTER TABLE t NO FORCE ROW LEVEL SECURITY", &["rls-policy controlled"]);
        case(&history, "CREATE POLICY p ON unknown USING (true)", &["rls-policy controlled"]);
        // Without ENABLE a policy does nothing.
        case(&history, "CREATE POLICY p ON off USING (true)", &[]);
        case(&history, "CREATE TABLE new (id int); CREATE POLICY p ON new USING (true)", &[]);
    }
}
