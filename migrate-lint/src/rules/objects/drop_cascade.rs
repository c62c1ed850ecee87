//! `drop-cascade`: DROP … CASCADE, or an ALTER TABLE that drops with CASCADE, on what was there before.
//!
//! ```sql
//! DROP TABLE customers CASCADE;
//! ```
//!
//! CASCADE also drops every object that depends on the named one, and what depends on those
//! (<https://www.postgresql.org/docs/current/ddl-depend.html>). The script does not name them, so a review does not
//! see them.
//!
//! Safer: leave CASCADE out. The server then lists what depends on the object, and the script drops each by its
//! name.
//!
//! Exempt: an object that the same script creates, and `DROP SCHEMA … CASCADE`, which is `drop-schema`.

use migrate_core::{Finding, Hazard};

use super::object::is_old;
use super::old_changes;
use crate::Context;
use crate::sql::{ChangeAction, Kind, Name, ObjectKind};

const SAFER: &str = "leave CASCADE out and the server lists what depends on it: drop each by its name, so that the review sees it";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let of_statement = dropped(context).map(|name| {
        let message = format!("CASCADE also drops {}", dependents(context, name));
        Finding::new(Hazard::DropCascade, context.statement.span, message, SAFER).breaking_older_binaries()
    });
    let of_clauses = old_changes(context).filter_map(|(alter, change)| {
        let name = match &change.action {
            ChangeAction::DropColumn { column, cascade: true, .. } => column,
            ChangeAction::DropConstraint { name, cascade: true, .. } => name,
            _ => return None,
        };
        let message = format!("CASCADE also drops everything that depends on `{}.{name}`", alter.name);
        Some(Finding::new(Hazard::DropCascade, change.span, message, SAFER).breaking_older_binaries())
    });
    of_statement.into_iter().chain(of_clauses).collect()
}

/// The first object that a DROP … CASCADE drops and that was there before.
fn dropped<'a>(context: &Context<'a>) -> Option<&'a Name> {
    let Kind::Drop(drop) = &context.statement.kind else { return None };
    let is_own = drop.object != ObjectKind::Schema && drop.cascade;
    let of_old_table = drop.table.as_ref().is_none_or(|table| context.is_old(table));
    drop.names.iter().find(|name| is_own && of_old_table && is_old(context, drop.object, name))
}

/// The dependents that the folder's migrations made, and the words that there may be more: a database may hold objects
/// that no migration created.
fn dependents(context: &Context<'_>, name: &Name) -> String {
    let views = context.schema.views_on(name).map(|view| format!("the view `{}`", view.name));
    let keys =
        context.schema.foreign_keys_to(name).filter(|(owner, _)| owner.name != context.schema.resolve(name));
    let keys = keys.map(|(owner, _)| format!("a foreign key of `{}`", owner.name));
    let mut known: Vec<String> = views.chain(keys).collect();
    known.push(format!("everything {}that depends on `{name}`", if known.is_empty() { "" } else { "else " }));
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE child (t_id int REFERENCES t);
             CREATE VIEW v AS SELECT id FROM t;
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER child_note BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION note();",
        );
        // Two harms: what is named goes, and what is not.
        case(&history, "DROP TABLE t CASCADE", &["drop-cascade high", "drop-table high"]);
        case(&history, "DROP FUNCTION note() CASCADE", &["drop-cascade high"]);
        case(&history, "DROP VIEW v CASCADE", &["drop-cascade high", "drop-view high"]);
        case(&history, "ALTER TABLE t DROP COLUMN a CASCADE", &["drop-cascade high", "drop-column high"]);
        case(&history, "DROP TABLE t RESTRICT", &["drop-table high"]);
        case(&history, "CREATE TABLE new (id int); DROP TABLE new CASCADE", &[]);
    }

    #[test]
    fn it_says_what_it_knows() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE child (t_id int REFERENCES t);
             CREATE VIEW v AS SELECT id FROM t;",
        );
        let messages = crate::testing::messages(&history, "DROP TABLE t CASCADE");
        assert_eq!(
            messages[0],
            "CASCADE also drops the view `public.v`, a foreign key of `public.child`, everything else that depends on `t`"
        );
    }
}
