use super::object::later;
use crate::Hazard;
use crate::lint::{Context, Finding};
use crate::sql::{Drop, Kind, Name, ObjectKind};

const SAFER: &str = "see that running code goes on with and without it, and alone in its migration";

/// Triggers and rules of a table that was there before: created or dropped. Switching them on and off is
/// [`Hazard::ShortExclusive`].
///
/// <https://www.postgresql.org/docs/current/explicit-locking.html>: CREATE TRIGGER takes SHARE ROW EXCLUSIVE, so writes
/// wait for it; DROP TRIGGER and rules take ACCESS EXCLUSIVE.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let message = match &context.statement.kind {
        Kind::CreateTrigger(trigger) if context.is_old(&trigger.table) => {
            format!(
                "every write to `{}` does what the trigger `{}` says as well",
                trigger.table, trigger.name
            )
        }
        Kind::CreateRule { table } if context.is_old(table) => {
            format!("statements on `{table}` are rewritten by the rule")
        }
        Kind::Drop(drop) => match dropped(context, drop) {
            Some(message) => message,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    vec![Finding::new(Hazard::Trigger, context.statement.span, message, SAFER)]
}

fn dropped(context: &Context<'_>, drop: &Drop) -> Option<String> {
    let of_old_table = drop.table.as_ref().is_none_or(|table| context.is_old(table));
    let name = drop.names.first()?;
    let on = drop.table.as_ref().map(|table| format!(" to `{table}`")).unwrap_or_default();
    match drop.object {
        ObjectKind::Trigger
            if of_old_table && !is_replaced(context, name) && !is_made_here(context, name) =>
        {
            Some(format!("writes{on} no longer do what the trigger `{name}` says"))
        }
        ObjectKind::Rule if of_old_table => {
            Some(format!("statements are no longer rewritten by the rule `{name}`"))
        }
        _ => None,
    }
}

/// The trigger that follows under the same name has a finding of its own.
fn is_replaced(context: &Context<'_>, name: &Name) -> bool {
    context.transaction && later(context).any(|statement| creates(&statement.kind, name))
}

fn is_made_here(context: &Context<'_>, name: &Name) -> bool {
    super::object::earlier(context).any(|statement| creates(&statement.kind, name))
}

fn creates(kind: &Kind, name: &Name) -> bool {
    matches!(kind, Kind::CreateTrigger(trigger) if trigger.name == name.name)
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{case, history, sqlite_history};

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
