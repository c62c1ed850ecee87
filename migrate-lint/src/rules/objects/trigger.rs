//! `trigger`: a trigger or rule of a table that was there before is created or dropped.
//!
//! ```sql
//! CREATE TRIGGER audit AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION audit();
//! ```
//!
//! From then on every write of running code has another effect. CREATE TRIGGER takes SHARE ROW EXCLUSIVE, so writes
//! wait for it; DROP TRIGGER and rules take ACCESS EXCLUSIVE, all for an instant
//! (<https://www.postgresql.org/docs/current/explicit-locking.html>).
//!
//! Safer: alone in its migration, with code that works both with and without it.
//!
//! Exempt: a table that the same script creates, and a trigger that the same script drops and creates again, which
//! is one finding. ENABLE and DISABLE TRIGGER are [`Hazard::ShortExclusive`].

use migrate_core::{Finding, Hazard};

use super::object::{earlier, later};
use crate::Context;
use crate::sql::{Drop, Kind, ObjectKind, Statement};

const SAFER: &str = "see that running code works with and without it, and keep it alone in its migration";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let message = match &context.statement.kind {
        Kind::CreateTrigger(trigger) if context.is_old(&trigger.table) => {
            let (table, name) = (&trigger.table, &trigger.name);
            Some(if is_created_again(context) {
                format!(
                    "the trigger `{name}` is created again: if its form differs, writes to `{table}` run the new one from now on"
                )
            } else {
                format!("from now on every write to `{table}` also runs the trigger `{name}`")
            })
        }
        Kind::CreateRule { table } if context.is_old(table) => {
            Some(format!("from now on the rule rewrites statements on `{table}`"))
        }
        Kind::Drop(drop) => dropped(context, drop),
        _ => None,
    };
    let finding =
        message.map(|message| Finding::new(Hazard::Trigger, context.statement.span, message, SAFER));
    finding.into_iter().collect()
}

/// Whether an earlier statement of the script has dropped the trigger that this one creates. With IF EXISTS there may have
/// been none.
fn is_created_again(context: &Context<'_>) -> bool {
    earlier(context).any(|statement| match &statement.kind {
        Kind::Drop(drop) => {
            drop.object == ObjectKind::Trigger && !drop.if_exists && creates(context, context.statement, drop)
        }
        _ => false,
    })
}

/// The message about DROP TRIGGER and DROP RULE.
fn dropped(context: &Context<'_>, drop: &Drop) -> Option<String> {
    if drop.table.as_ref().is_some_and(|table| !context.is_old(table)) {
        return None;
    }
    let name = drop.names.first()?;
    let on = drop.table.as_ref().map(|table| format!(" to `{table}`")).unwrap_or_default();
    match drop.object {
        ObjectKind::Trigger if !is_replaced(context, drop) && !is_made_here(context, drop) => {
            Some(format!("from now on writes{on} no longer run the trigger `{name}`"))
        }
        ObjectKind::Rule => Some(format!("from now on the rule `{name}` no longer rewrites statements")),
        _ => None,
    }
}

/// Whether the script creates a trigger of the same name again. That one has its own finding.
fn is_replaced(context: &Context<'_>, drop: &Drop) -> bool {
    context.transaction && later(context).any(|statement| creates(context, statement, drop))
}

/// Whether the same script created the trigger before, so that running code never met it.
fn is_made_here(context: &Context<'_>, drop: &Drop) -> bool {
    earlier(context).any(|statement| creates(context, statement, drop))
}

/// Whether the statement creates the trigger that `drop` names. On SQLite triggers share one namespace, so DROP TRIGGER
/// names no table there.
fn creates(context: &Context<'_>, statement: &Statement, drop: &Drop) -> bool {
    let Kind::CreateTrigger(trigger) = &statement.kind else { return false };
    let is_of = |table| context.schema.resolve(table) == context.schema.resolve(&trigger.table);
    drop.names.iter().any(|name| name.name == trigger.name) && drop.table.as_ref().is_none_or(is_of)
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages, sqlite_history};

    const NOTE: &str = "BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()";

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int); CREATE TABLE u (id int);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER old_note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();",
        );
        case(&history, &format!("CREATE TRIGGER t_note {NOTE}"), &["trigger controlled"]);
        case(&history, &format!("CREATE OR REPLACE TRIGGER t_note {NOTE}"), &["trigger controlled"]);
        case(&history, "DROP TRIGGER old_note ON t", &["trigger controlled"]);
        // One finding for a trigger that is replaced.
        case(
            &history,
            &format!("DROP TRIGGER IF EXISTS old_note ON t; CREATE TRIGGER old_note {NOTE}"),
            &["trigger controlled"],
        );
        let said = |sql: &str| messages(&history, sql).concat();
        let again = said(&format!("DROP TRIGGER old_note ON t; CREATE TRIGGER old_note {NOTE}"));
        assert!(again.starts_with("the trigger `old_note` is created again"), "{again}");
        let added = said(&format!("DROP TRIGGER IF EXISTS no_note ON t; CREATE TRIGGER no_note {NOTE}"));
        assert!(added.contains("also runs the trigger `no_note`"), "{added}");
        // A trigger has its name for its table alone.
        case(
            &history,
            &format!("DROP TRIGGER t_note ON u; CREATE TRIGGER t_note {NOTE}"),
            &["trigger controlled", "trigger controlled"],
        );
        case(&history, "CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING", &["trigger controlled"]);
        case(&history, "DROP RULE quiet ON t", &["trigger controlled"]);
        case(
            &history,
            "CREATE TABLE new (id int); CREATE TRIGGER n BEFORE UPDATE ON new FOR EACH ROW EXECUTE FUNCTION note(); DROP TRIGGER n ON new",
            &[],
        );
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id, a)");
        let trigger = "CREATE TRIGGER n AFTER UPDATE ON t BEGIN DELETE FROM t WHERE id = 1; END";
        case(&history, trigger, &["trigger controlled"]);
        case(&history, "DROP TRIGGER n", &["trigger controlled"]);
    }
}
