//! `rls-enable`: ENABLE or FORCE ROW LEVEL SECURITY on a table that was there before.
//!
//! ```sql
//! ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
//! ```
//!
//! "If no policy exists for the table, a default-deny policy is used"
//! (<https://www.postgresql.org/docs/current/ddl-rowsecurity.html>): queries find no rows, and no error says why.
//! Restrictive policies alone let no row through either. FORCE applies the policies to the owner as well.
//!
//! Safer: a permissive policy before it, in the same migration. With one the risk is controlled, because the
//! policies have to fit what running code reads.
//!
//! Exempt: a table that the same script creates, and FORCE together with ENABLE, which is one finding.

use migrate_core::{Finding, Hazard, Risk};

use super::object::{earlier, every};
use super::old_changes;
use crate::Context;
use crate::sql::{ChangeAction, Kind, Name, Statement};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    old_changes(context)
        .filter_map(|(alter, change)| {
            let table = &alter.name;
            let whose = match &change.action {
                ChangeAction::EnableRowSecurity => "every role but its owner",
                // FORCE has no effect before ENABLE, whose own finding reports the same.
                ChangeAction::ForceRowSecurity if is_enabled(context, table) => "its owner",
                _ => return None,
            };
            let finding = if has_permissive_policy(context, table) {
                let message = format!("from now on the policies of `{table}` decide which rows running code sees");
                let safer = "try every query of the running release under the policies, with the role that the release uses";
                Finding::new(Hazard::RlsEnable, change.span, message, safer).with_risk(Risk::Controlled)
            } else {
                let message = format!("no policy lets a row of `{table}` through: {whose} finds it empty");
                let safer = format!("add `CREATE POLICY … ON {table} …` before it, in the same migration");
                Finding::new(Hazard::RlsEnable, change.span, message, safer)
            };
            Some(finding.breaking_older_binaries())
        })
        .collect()
}

/// Whether row-level security was on before this migration. A table that no migration creates may have it.
pub(super) fn is_enabled(context: &Context<'_>, table: &Name) -> bool {
    let is_unknown = !context.schema.is_known(table);
    let is_enabled = context.schema.table(table).is_some_and(|table| table.row_security.enabled);
    (is_enabled || is_unknown) && !every(context).any(|statement| enables(context, statement, table))
}

fn enables(context: &Context<'_>, statement: &Statement, table: &Name) -> bool {
    let Kind::AlterTable(alter) = &statement.kind else { return false };
    same(context, &alter.name, table)
        && alter.changes.iter().any(|change| change.action == ChangeAction::EnableRowSecurity)
}

/// Whether a permissive policy was there before, or the script creates one. In a transaction a later statement counts
/// too, because no one sees the state between the two.
fn has_permissive_policy(context: &Context<'_>, table: &Name) -> bool {
    let creates = |statement: &Statement| {
        matches!(&statement.kind, Kind::CreatePolicy(policy)
            if !policy.restrictive && same(context, &policy.table, table))
    };
    let there_before = context
        .schema
        .table(table)
        .is_some_and(|table| table.policies.iter().any(|policy| !policy.restrictive));
    there_before
        || if context.transaction { every(context).any(creates) } else { earlier(context).any(creates) }
}

fn same(context: &Context<'_>, one: &Name, other: &Name) -> bool {
    context.schema.resolve(one) == context.schema.resolve(other)
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, owner text); CREATE TABLE app.t (id int);
             CREATE TABLE ready (id int); CREATE POLICY everyone ON ready USING (true);
             CREATE TABLE on_already (id int); ALTER TABLE on_already ENABLE ROW LEVEL SECURITY;",
        );
        let enable = "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY";
        let policy = "CREATE POLICY own ON t USING (owner = current_user)";
        case(&history, enable, &["rls-enable high"]);
        case(
            &history,
            "ALTER TABLE ready ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
            &["rls-enable controlled"],
        );
        case(&history, &format!("{policy}; {enable}"), &["rls-enable controlled"]);
        case(&history, &format!("{enable}; {policy}"), &["rls-enable controlled"]); // one transaction
        case(&history, "ALTER TABLE on_already FORCE ROW LEVEL SECURITY", &["rls-enable high"]);
        case(&history, "ALTER TABLE t FORCE ROW LEVEL SECURITY", &[]); // not before ENABLE
        // A restrictive policy lets nothing through by itself; another table's does not count.
        case(
            &history,
            &format!("CREATE POLICY own ON t AS RESTRICTIVE USING (true); {enable}"),
            &["rls-enable high"],
        );
        case(&history, &format!("CREATE POLICY own ON app.t USING (true); {enable}"), &["rls-enable high"]);
        let new =
            "CREATE TABLE new (id int); ALTER TABLE new ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY";
        case(&history, new, &[]);
        // Between the two, the table is empty to all.
        case(&history.without_transaction(), &format!("{enable}; {policy}"), &["rls-enable high"]);
    }
}
