//! `rls-setting`: a policy reads the tenant from a setting in a way that is slow or fails.
//!
//! ```sql
//! CREATE POLICY tenant ON orders USING (business_id::text = current_setting('app.business_id'));
//! ```
//!
//! Measured on PostgreSQL 15: outside of a sub-select the setting is read again for each row, 4 times as slow
//! without an index; a cast of the column keeps its index from being used, 211 ms in place of 0.008. A setting that
//! was never set is an error without the second argument, and after the first transaction that set it locally it is
//! the empty string, which only a cast to text accepts
//! (<https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SET>).
//!
//! Safer: `(SELECT nullif(current_setting('…', true), '')::uuid)`, compared with the column as it is.
//!
//! Why does it compare text and not a tree? A condition is kept as the text that the script has; the few shapes of
//! this idiom do not need more.

use migrate_core::{Finding, Hazard};

use super::shown;
use crate::WholeScript;
use crate::sql::{Expression, Kind, Name};

const SAFER: &str =
    "compare the column, without a cast, with `(SELECT nullif(current_setting('…', true), '')::uuid)`";

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

/// How a condition reads the setting wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It casts the tenant column.
    CastColumn,
    /// It reads the setting outside of a sub-select.
    Bare,
    /// It leaves out the second argument, `true`.
    FailsUnset,
    /// It casts the value without `nullif`.
    FailsEmpty,
}

/// The message, which names the first fault. After it is fixed, the next one is reported.
fn message(table: &Name, policy: &str, fault: Fault) -> String {
    let what = match fault {
        Fault::CastColumn => "casts the tenant column, so no query uses an index on it",
        Fault::Bare => "reads the setting again for each row",
        Fault::FailsUnset => "fails on a connection that never had the setting",
        Fault::FailsEmpty => {
            "fails on a connection that had the setting in an earlier transaction: it is '' there"
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
        let (arguments, after) = closed(arguments)?;
        if !before.ends_with("(select") && !before.ends_with("(selectnullif(") {
            Some(Fault::Bare)
        } else if !arguments.ends_with(",true") {
            Some(Fault::FailsUnset)
        } else if !before.ends_with("nullif(") && after.starts_with("::") && !after.starts_with("::text") {
            Some(Fault::FailsEmpty)
        } else {
            None
        }
    });
    let first = faults.next();
    let casts = text.contains(&format!("{tenant}::")) || text.contains(&format!("cast({tenant}as"));
    if casts && text.contains("current_setting(") { Some(Fault::CastColumn) } else { first }
}

/// The text up to the parenthesis that closes an open one, and the text after it.
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
        let cast = "casts the tenant column, so no query uses an index on it";
        flagged("business_id::text = current_setting('app.id')", cast);
        flagged("business_id::text = (SELECT current_setting('app.id', true))", cast);
        flagged("CAST(business_id AS text) = current_setting('app.id', true)", cast);
        flagged(
            "business_id = (SELECT nullif(current_setting('app.id'), '')::uuid)",
            "fails on a connection that never had the setting",
        );
        flagged(
            "business_id = (SELECT current_setting('app.id', true)::uuid)",
            "fails on a connection that had the setting in an earlier transaction: it is '' there",
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
