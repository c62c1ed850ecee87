//! `rename`: RENAME or SET SCHEMA of an object that was there before and that code knows by its name.
//!
//! ```sql
//! ALTER TABLE users RENAME COLUMN name TO full_name;
//! ```
//!
//! The catalog changes at once, and from then on the old name means nothing
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, RENAME). Between the migration and the end of the
//! rollout one of the two releases fails.
//!
//! Safer: for a column, add one with the new name and write both for a release; for a table, a view with the old
//! name in the same migration. If the script creates something under the old name, the risk is controlled.
//!
//! Exempt: indexes, triggers, rules and policies, which no query names; an object that the same script creates; and
//! on SQLite the old table of a rebuild, whose name a new table takes. The name of a constraint is controlled: it
//! occurs in `ON CONFLICT ON CONSTRAINT` and in code that tells errors apart.

use migrate_core::{Finding, Hazard, Risk, Span};

use super::object::{comes_back, is_old, later};
use super::old_changes;
use crate::Context;
use crate::sql::{Change, ChangeAction, Kind, Name, ObjectKind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let of_clauses = old_changes(context).filter_map(|(alter, change)| match &change.action {
        ChangeAction::RenameColumn { from, .. } => Some(of_column(&alter.name, from, change)),
        ChangeAction::RenameConstraint { from, .. } => Some(of_constraint(&alter.name, from, change)),
        ChangeAction::RenameTo(_) | ChangeAction::SetSchema(_) if is_known_by_name(alter.kind) => {
            (!makes_room(context, &alter.name))
                .then(|| of_object(context, alter.kind, &alter.name, change.span))
        }
        _ => None,
    });
    of_clauses.chain(of_statement(context)).collect()
}

/// The finding about an ALTER … RENAME of an object that is not a relation.
fn of_statement(context: &Context<'_>) -> Option<Finding> {
    let (object, name) = match &context.statement.kind {
        Kind::Rename { object, name, .. } => (*object, name),
        Kind::Move { object, name, schema: Some(_) } => (*object, name),
        _ => return None,
    };
    (is_known_by_name(object) && is_old(context, object, name))
        .then(|| of_object(context, object, name, context.statement.span))
}

/// Whether queries name objects of this kind. None names an index, a trigger, a rule or a policy.
fn is_known_by_name(object: ObjectKind) -> bool {
    !matches!(object, ObjectKind::Index | ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy)
}

/// Whether a later statement creates a table of the same name, as in a rebuild on SQLite.
fn makes_room(context: &Context<'_>, table: &Name) -> bool {
    let table = context.schema.resolve(table);
    context.engine.rebuilds_tables()
        && later(context).any(|statement| {
            let Kind::CreateTable(created) = &statement.kind else { return false };
            context.schema.resolve(&created.name) == table
        })
}

/// The finding about a column.
fn of_column(table: &Name, column: &str, change: &Change) -> Finding {
    let message = format!("running code that uses `{table}.{column}` fails");
    let safer = "add a column with the new name, write both in one release, fill the new one in batches, read it in the next \
                 release, then drop the old one";
    Finding::new(Hazard::Rename, change.span, message, safer).breaking_older_binaries()
}

/// The finding about a constraint. `ON CONFLICT ON CONSTRAINT` uses its name, and so does code that reads it from an
/// error.
fn of_constraint(table: &Name, constraint: &str, change: &Change) -> Finding {
    let message =
        format!("running code that names the constraint `{constraint}` of `{table}` does not find it");
    let safer =
        "search the code for the name: in `ON CONFLICT ON CONSTRAINT`, and where code tells errors apart";
    Finding::new(Hazard::Rename, change.span, message, safer)
        .with_risk(Risk::Controlled)
        .breaking_older_binaries()
}

/// The finding about a relation or another object: controlled if something gets its old name in the same
/// transaction.
fn of_object(context: &Context<'_>, object: ObjectKind, name: &Name, span: Span) -> Finding {
    let noun = object.noun();
    if context.transaction && comes_back(context, object, name) {
        let message = format!(
            "running code that uses the {noun} `{name}` gets what the script creates under that name"
        );
        let safer = "a view of one table can be read and written like the table; keep every column that running code uses, \
                     and drop the view in a later release";
        return Finding::new(Hazard::Rename, span, message, safer).with_risk(Risk::Controlled);
    }
    let message = format!("running code that uses the {noun} `{name}` by this name fails");
    let safer = match object {
        ObjectKind::Table => format!(
            "keep the old name until no release uses it: `CREATE VIEW {name} AS SELECT * FROM …` in the same migration"
        ),
        _ => {
            format!("create a {noun} with the new name, use it in one release and drop `{name}` in the next")
        }
    };
    Finding::new(Hazard::Rename, span, message, safer).breaking_older_binaries()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, findings, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int CONSTRAINT t_positive CHECK (id > 0), b text); CREATE INDEX t_b ON t (b);
             CREATE VIEW v AS SELECT id FROM t; CREATE SEQUENCE s; CREATE TYPE mood AS ENUM ('good'); CREATE SCHEMA app;
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER t_note BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();",
        );
        case(&history, "ALTER TABLE t RENAME COLUMN b TO bb", &["rename high"]);
        case(&history, "ALTER TABLE t RENAME b TO bb", &["rename high"]);
        case(&history, "ALTER TABLE t RENAME TO tt", &["rename high"]);
        case(&history, "ALTER TABLE unknown RENAME TO known", &["rename high"]);
        case(&history, "ALTER TABLE t SET SCHEMA app", &["rename high"]);
        case(&history, "ALTER VIEW v RENAME TO w", &["rename high"]);
        case(&history, "ALTER SEQUENCE s RENAME TO n", &["rename high"]);
        case(&history, "ALTER TYPE mood RENAME TO tone", &["rename high"]);
        case(&history, "ALTER FUNCTION note() RENAME TO remark", &["rename high"]);
        case(&history, "ALTER FUNCTION note() SET SCHEMA app", &["rename high"]);
        case(&history, "ALTER SCHEMA app RENAME TO apps", &["rename high"]);
        case(&history, "ALTER ROLE app RENAME TO apps", &["rename high"]);
        case(&history, "ALTER TABLE t RENAME CONSTRAINT t_positive TO t_id_positive", &["rename controlled"]);
        // No query names them.
        case(&history, "ALTER INDEX t_b RENAME TO t_b_index", &[]);
        case(&history, "ALTER TRIGGER t_note ON t RENAME TO t_remark", &[]);
        // Made by the same script.
        case(
            &history,
            "CREATE TABLE new (a int); ALTER TABLE new RENAME a TO b; ALTER TABLE new RENAME TO newer",
            &[],
        );
        case(&history, "CREATE TYPE tone AS ENUM ('a'); ALTER TYPE tone RENAME TO tones", &[]);
    }

    #[test]
    fn a_name_that_comes_back_serves_running_code() {
        let history = history("CREATE TABLE t (id int); CREATE TABLE u (id int)");
        let view = "ALTER TABLE t RENAME TO tt; CREATE VIEW t AS SELECT * FROM tt";
        case(&history, view, &["rename controlled"]);
        assert!(!findings(&history, view)[0].breaks_older_binaries);
        // Another schema's view does not.
        case(&history, "ALTER TABLE t RENAME TO tt; CREATE VIEW app.t AS SELECT * FROM tt", &["rename high"]);
        // Two tables change places: `t` is there, `u` is not.
        case(
            &history,
            "ALTER TABLE t RENAME TO old_t; ALTER TABLE u RENAME TO t",
            &["rename controlled", "rename high"],
        );
        case(&history.without_transaction(), view, &["rename high"]);
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id INTEGER PRIMARY KEY, a)");
        case(&history, "ALTER TABLE t RENAME COLUMN a TO b", &["rename high"]);
        case(&history, "ALTER TABLE t RENAME TO u", &["rename high"]);
    }
}
