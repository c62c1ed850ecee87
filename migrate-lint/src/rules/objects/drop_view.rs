//! `drop-view`: a view, function, type, sequence, extension, … that was there before and that code uses by its name.
//!
//! ```sql
//! DROP VIEW open_orders;
//! ```
//!
//! No rows are lost, but running code that names the object fails.
//!
//! Safer: stop using it in one release, drop it in the next. If the same transaction creates the object again, no
//! one ever sees it missing, and that is the only way to change the columns of a view or the result type of a
//! function (<https://www.postgresql.org/docs/current/sql-createview.html>, OR REPLACE): controlled, because the new
//! form has to serve running code.
//!
//! Exempt: an object that the same script creates or has renamed, the sequence of a serial column, and a function
//! that only triggers call.

use migrate_core::{Finding, Hazard, Risk};

use super::object::{comes_back, is_old, was_renamed};
use crate::Context;
use crate::sql::{Kind, Name, ObjectKind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Drop(drop) = &context.statement.kind else { return Vec::new() };
    if !is_used_by_name(drop.object) {
        return Vec::new();
    }
    let in_use = drop.names.iter().filter(|name| is_in_use(context, drop.object, name));
    in_use
        .map(|name| {
            let noun = drop.object.noun();
            let finding = if context.transaction && comes_back(context, drop.object, name) {
                let message = format!("from now on running code uses the new form of the {noun} `{name}`");
                let safer =
                    "keep everything that running code uses: the names, order and types of its columns and arguments";
                Finding::new(Hazard::DropView, context.statement.span, message, safer)
                    .with_risk(Risk::Controlled)
            } else {
                let message = format!("running code that uses the {noun} `{name}` fails");
                let safer = format!("stop using the {noun} in one release and drop it in the next");
                Finding::new(Hazard::DropView, context.statement.span, message, safer)
            };
            finding.breaking_older_binaries()
        })
        .collect()
}

/// Whether running code may use the object by its name.
fn is_in_use(context: &Context<'_>, object: ObjectKind, name: &Name) -> bool {
    is_old(context, object, name)
        && !was_renamed(context, object, name)
        && !only_triggers_call(context, object, name)
        && !is_owned_sequence(context, object, name)
}

/// Whether it is the sequence of a serial column. Only the default of that column uses it, and the server drops it only
/// with CASCADE, which is `drop-cascade`.
fn is_owned_sequence(context: &Context<'_>, object: ObjectKind, name: &Name) -> bool {
    object == ObjectKind::Sequence
        && context.schema.sequence(name).is_some_and(|sequence| sequence.owner.is_some())
}

/// Whether it is a trigger function. The server refuses to drop it while a trigger calls it.
fn only_triggers_call(context: &Context<'_>, object: ObjectKind, name: &Name) -> bool {
    object == ObjectKind::Function
        && context.schema.function(name).is_some_and(|function| function.is_trigger)
}

/// Whether this rule is about objects of this kind.
fn is_used_by_name(object: ObjectKind) -> bool {
    match object {
        ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::ForeignTable
        | ObjectKind::Sequence
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Function
        | ObjectKind::Procedure
        | ObjectKind::Aggregate
        | ObjectKind::Extension
        | ObjectKind::Other => true,
        // Each has its own rule.
        ObjectKind::Table
        | ObjectKind::Index
        | ObjectKind::Schema
        | ObjectKind::Trigger
        | ObjectKind::Rule
        | ObjectKind::Policy
        | ObjectKind::Role => false,
        // These have no DROP statement of their own.
        ObjectKind::Constraint | ObjectKind::Column => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int); CREATE VIEW v AS SELECT id FROM t; CREATE MATERIALIZED VIEW mv AS SELECT id FROM t;
             CREATE SEQUENCE s; CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN score AS int;
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE EXTENSION citext;
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TABLE counted (id serial)",
        );
        case(&history, "DROP VIEW v", &["drop-view high"]);
        case(&history, "DROP VIEW IF EXISTS v, w", &["drop-view high", "drop-view high"]);
        case(&history, "DROP MATERIALIZED VIEW mv", &["drop-view high"]); // its rows are those of `t`
        case(&history, "DROP SEQUENCE s", &["drop-view high"]);
        case(&history, "DROP TYPE mood", &["drop-view high"]);
        case(&history, "DROP DOMAIN score", &["drop-view high"]);
        case(&history, "DROP FUNCTION f()", &["drop-view high"]);
        case(&history, "DROP EXTENSION citext", &["drop-view high"]);
        case(&history, "DROP PUBLICATION changes", &["drop-view high"]);
        // Code cannot call it, and the server keeps it while a trigger does.
        case(&history, "DROP FUNCTION note()", &[]);
        // The loss of the column's default is reported once.
        case(&history, "DROP SEQUENCE counted_id_seq CASCADE", &["drop-cascade high"]);
        // Made by the same script.
        case(&history, "CREATE VIEW w AS SELECT 1; DROP VIEW w", &[]);
        case(&history, "CREATE TYPE tone AS ENUM ('a'); DROP TYPE tone", &[]);
        case(&history, "CREATE SEQUENCE n; DROP SEQUENCE n", &[]);
        // Renamed by the same script. The rename is reported; no running code knows the new name.
        case(
            &history,
            "ALTER VIEW v RENAME TO old_v; CREATE VIEW v AS SELECT id FROM t; DROP VIEW old_v",
            &["rename controlled"],
        );
        case(
            &history,
            "ALTER TYPE mood RENAME TO old_mood; CREATE TYPE mood AS ENUM ('fine'); DROP TYPE old_mood",
            &["rename controlled"],
        );
        case(
            &history,
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'; DROP FUNCTION f()",
            &["drop-view high"],
        );
        // Replaced in one transaction.
        case(&history, "DROP VIEW v; CREATE VIEW v AS SELECT id, 1 AS a FROM t", &["drop-view controlled"]);
        case(
            &history,
            "DROP FUNCTION f(); CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
            &["drop-view controlled"],
        );
        case(
            &history.without_transaction(),
            "DROP VIEW v; CREATE VIEW v AS SELECT id FROM t",
            &["drop-view high"],
        );
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id); CREATE VIEW v AS SELECT id FROM t");
        case(&history, "DROP VIEW v", &["drop-view high"]);
    }
}
