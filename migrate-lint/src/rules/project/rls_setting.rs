use migrate_core::{Finding, Hazard};

use super::shown;
use crate::WholeScript;
use crate::sql::{Expression, Kind, Name};

const SAFER: &str =
    "`(SELECT nullif(current_setting('…', true), '')::uuid)`, compared with the column as it is";

/// A policy that reads the tenant from a setting in a way that is slow or fails.
///
/// Measured on PostgreSQL 15: outside of a sub-select it is computed for each row, 4 times as slow where no index
/// helps, and a cast of the column keeps the index from being used, 211 ms instead of 0.008. A setting that was never
/// set is an error without the second argument; after the first transaction that set it locally it is the empty
/// string, which no cast but that to text takes.
/// <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SET>
pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let Some(tenant) = &whole.project.tenant else { return Vec::new() };
    let mut findings = Vec::new();
    for statement in whole.statements() {
        let (table, policy, conditions) = match &statement.kind {
            Kind::CreatePolicy(policy) => (&policy.table, &policy.name, [&policy.using, &policy.with_check]),
            Kind::AlterPolicy(policy) => (&policy.table, &policy.name, [&policy.using, &policy.with_check]),
            _ => continue,
        };
        let fault = conditions
            .into_iter()
            .flatten()
            .find_map(|condition| Some((condition, fault(condition, tenant)?)));
        if let Some((condition, fault)) = fault {
            let span = condition.span.unwrap_or(statement.span);
            findings.push(Finding::new(Hazard::RlsSetting, span, message(table, policy, fault), SAFER));
        }
    }
    findings
}

/// What is wrong with a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    CastColumn,
    Bare,
    FailsUnset,
    FailsEmpty,
}

fn message(table: &Name, policy: &str, fault: Fault) -> String {
    let what = match fault {
        Fault::CastColumn => "casts the tenant column, so that no index on it is used",
        Fault::Bare => "reads the setting again for each row",
        Fault::FailsUnset => "fails on a connection that never had the setting",
        Fault::FailsEmpty => {
            "fails on a connection that had the setting in an earlier transaction: it is '' by then"
        }
    };
    format!("the policy `{policy}` of `{}` {what}", shown(table))
}

/// The first fault of a condition that reads a setting.
fn fault(condition: &Expression, tenant: &str) -> Option<Fault> {
    let text: String = condition.text.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.replace("pg_catalog.", "").replace('"', "");
    let mut faults = text.match_indices("current_setting(").filter_map(|(at, call)| {
        let (before, arguments) = (&text[..at], &text[at + call.len()..]);
        let (arguments, behind) = closed(arguments)?;
        if !before.ends_with("(select") && !before.ends_with("(selectnullif(") {
            Some(Fault::Bare)
        } else if !arguments.ends_with(",true") {
            Some(Fault::FailsUnset)
        } else if !before.ends_with("nullif(") && behind.starts_with("::") && !behind.starts_with("::text") {
            Some(Fault::FailsEmpty)
        } else {
            None
        }
    });
    let first = faults.next();
    let casts = text.contains(&format!("{tenant}::")) || text.contains(&format!("cast({tenant}as"));
    if casts && text.contains("current_setting(") { Some(Fault::CastColumn) } else { first }
}

/// What is in the parentheses that are open, and what stands behind them.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::RlsSetting;
    use migrate_core::Project;

    use crate::testing::{findings, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int, business_id uuid); CREATE POLICY p ON t USING (true)")
            .project(Project { tenant: Some("business_id".to_owned()), ..Project::default() });
        let found = |condition: &str| -> Vec<String> {
            let sql = format!("CREATE POLICY own ON t USING ({condition})");
            let found = findings(&history, &sql).into_iter().filter(|finding| finding.hazard == RlsSetting);
            found.map(|finding| finding.message).collect()
        };
        let flagged = |condition: &str, what: &str| {
            assert_eq!(found(condition), [format!("the policy `own` of `t` {what}")], "{condition}");
        };
        let fine = |condition: &str| assert_eq!(found(condition), [""; 0], "{condition}");
        let bare = "reads the setting again for each row";
        flagged("business_id = current_setting('app.id')::uuid", bare);
        flagged("business_id = nullif(current_setting('app.id', true), '')::uuid", bare);
        flagged(
            "business_id = nullif(current_setting('a', true), '')::uuid OR id = (SELECT nullif(current_setting('b', true), '')::int)",
            bare,
        );
        let cast = "casts the tenant column, so that no index on it is used";
        flagged("business_id::text = current_setting('app.id')", cast);
        flagged("business_id::text = (SELECT current_setting('app.id', true))", cast);
        flagged("CAST(business_id AS text) = current_setting('app.id', true)", cast);
        flagged(
            "business_id = (SELECT nullif(current_setting('app.id'), '')::uuid)",
            "fails on a connection that never had the setting",
        );
        flagged(
            "business_id = (SELECT current_setting('app.id', true)::uuid)",
            "fails on a connection that had the setting in an earlier transaction: it is '' by then",
        );
        fine("business_id = (SELECT nullif(current_setting('app.id', true), '')::uuid)");
        fine("business_id = ( select NULLIF( pg_catalog.current_setting('app.id', true), '' )::uuid )");
        fine("business_id = (SELECT app.tenant())"); // what is in it is its own affair
        fine("business_id::text = 'a'");
        fine("true");
    }

    #[test]
    fn a_changed_policy_and_what_it_lets_write() {
        let project = Project { tenant: Some("business_id".to_owned()), ..Project::default() };
        let history = history("CREATE TABLE t (id int, business_id uuid)").project(project);
        let places = |sql| crate::testing::places(&history, RlsSetting, sql);
        let condition = "business_id = current_setting('app.id')::uuid";
        let alter = format!("CREATE POLICY p ON t USING (true); ALTER POLICY p ON t USING ({condition})");
        assert_eq!(places(&alter).len(), 1);
        let check = format!("CREATE POLICY p ON t USING (true) WITH CHECK ({condition})");
        assert_eq!(places(&check).len(), 1);
        let both = format!("CREATE POLICY p ON t USING ({condition}) WITH CHECK ({condition})");
        assert_eq!(places(&both).len(), 1); // one policy, one finding
    }
}
