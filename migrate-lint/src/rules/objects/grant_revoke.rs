//! `grant-revoke`: a statement that takes a right from a role: REVOKE, DROP POLICY, DROP ROLE, DROP OWNED, REASSIGN
//! OWNED, and OWNER TO on an object that is not a table.
//!
//! ```sql
//! REVOKE UPDATE ON orders FROM app;
//! ```
//!
//! If the running release uses that role, its queries fail with `permission denied` or find no rows. The right to
//! alter and drop an object goes with ownership (<https://www.postgresql.org/docs/current/ddl-priv.html>).
//!
//! Safer: find out which role the release uses, and take the right away after no release needs it.
//!
//! Exempt: rights on objects that the same script creates, and a policy that the same transaction creates again,
//! which is `rls-policy`. OWNER TO of a table is `short-ael`, because of its lock.

use migrate_core::{Finding, Hazard};

use super::object::{is_old, later};
use super::old_changes;
use crate::Context;
use crate::sql::{ChangeAction, Drop, Kind, Name, ObjectKind, Privileges};

const SAFER: &str = "find out which role the running release uses: `\\dp`, `SELECT grantee, privilege_type FROM \
                     information_schema.role_table_grants`; take the right away after no release needs it";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let of_statement = of_statement(context);
    let of_statement =
        of_statement.map(|message| Finding::new(Hazard::GrantRevoke, context.statement.span, message, SAFER));
    let of_clauses = old_changes(context).filter_map(|(alter, change)| match &change.action {
        ChangeAction::OwnerTo(owner) if alter.kind != ObjectKind::Table => {
            let message = owned(alter.kind, &alter.name, owner);
            Some(Finding::new(Hazard::GrantRevoke, change.span, message, SAFER))
        }
        _ => None,
    });
    let findings = of_statement.into_iter().chain(of_clauses);
    findings.map(Finding::breaking_older_binaries).collect()
}

/// The message about the statement as a whole.
fn of_statement(context: &Context<'_>) -> Option<String> {
    match &context.statement.kind {
        Kind::Revoke(privileges) => revoked(context, privileges),
        Kind::Owned { drop: true } => {
            Some("the role loses everything that it owns in this database, and all its rights".to_owned())
        }
        Kind::Owned { drop: false } => {
            Some("the role no longer owns its objects, so it may no longer alter them".to_owned())
        }
        Kind::Move { object, name, schema: None } if is_old(context, *object, name) => {
            Some(owned(*object, name, "another role"))
        }
        Kind::Drop(drop) => dropped(context, drop),
        _ => None,
    }
}

/// The message about a REVOKE. If all its objects are new, no one loses anything; without names, as with ALL TABLES
/// IN SCHEMA, some are old.
fn revoked(context: &Context<'_>, privileges: &Privileges) -> Option<String> {
    let Privileges { tables, functions } = privileges;
    let tables_that_were = tables.iter().filter(|table| context.is_old(table));
    let functions_that_were = functions.iter().filter(|name| is_old(context, ObjectKind::Function, name));
    let old: Vec<String> =
        tables_that_were.chain(functions_that_were).map(|name| format!("`{name}`")).collect();
    let names_some = !tables.is_empty() || !functions.is_empty();
    if old.is_empty() && names_some {
        return None;
    }
    let what = if old.is_empty() { String::new() } else { format!(" on {}", old.join(", ")) };
    Some(format!("running code that logs in as this role and uses the right{what} fails"))
}

/// The message about DROP ROLE and DROP POLICY.
fn dropped(context: &Context<'_>, drop: &Drop) -> Option<String> {
    let name = drop.names.first()?;
    match (drop.object, &drop.table) {
        (ObjectKind::Role, _) => Some(format!("no one can log in as `{name}` or use the rights that it has")),
        (ObjectKind::Policy, Some(table)) if context.is_old(table) && !is_replaced(context, name, table) => {
            Some(format!("running code sees other rows of `{table}` without the policy `{name}`"))
        }
        _ => None,
    }
}

/// Whether the script creates a policy of the same name again. That one has its own finding.
fn is_replaced(context: &Context<'_>, name: &Name, table: &Name) -> bool {
    context.transaction
        && later(context).any(|statement| {
            matches!(&statement.kind, Kind::CreatePolicy(policy)
                if policy.name == name.name && context.schema.resolve(&policy.table) == context.schema.resolve(table))
        })
}

/// The message about a new owner.
fn owned(object: ObjectKind, name: &Name, owner: &str) -> String {
    format!(
        "the {} `{name}` gets {owner} as its owner: its present owner may no longer alter it, and needs grants to use it",
        object.noun()
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int); CREATE POLICY own ON t USING (true); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
             CREATE VIEW v AS SELECT id FROM t; CREATE SCHEMA app;
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        );
        case(&history, "REVOKE INSERT ON t FROM app", &["grant-revoke controlled"]);
        case(&history, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM app", &["grant-revoke controlled"]);
        case(&history, "REVOKE ALL ON FUNCTION f() FROM PUBLIC", &["grant-revoke controlled"]);
        // Every role may call a new function, until this.
        case(
            &history,
            "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION g() FROM PUBLIC",
            &[],
        );
        case(&history, "REVOKE readers FROM app", &["grant-revoke controlled"]);
        case(&history, "DROP POLICY own ON t", &["grant-revoke controlled"]);
        case(
            &history,
            "DROP POLICY own ON t; CREATE POLICY own ON t USING (id > 0)",
            &["rls-policy controlled"],
        );
        case(&history, "DROP ROLE app", &["grant-revoke controlled"]);
        case(&history, "DROP OWNED BY app", &["grant-revoke controlled"]);
        case(&history, "REASSIGN OWNED BY app TO admin", &["grant-revoke controlled"]);
        case(&history, "ALTER VIEW v OWNER TO admin", &["grant-revoke controlled"]);
        case(&history, "ALTER FUNCTION f() OWNER TO admin", &["grant-revoke controlled"]);
        case(&history, "ALTER SCHEMA app OWNER TO admin", &["grant-revoke controlled"]);
        case(&history, "ALTER TABLE t OWNER TO admin", &["short-ael controlled"]); // ACCESS EXCLUSIVE as well
        case(&history, "GRANT SELECT ON t TO app", &[]);
        case(
            &history,
            "CREATE TABLE new (id int); REVOKE ALL ON new FROM PUBLIC; ALTER TABLE new OWNER TO admin",
            &[],
        );
    }
}
