//! `unanalyzed`: a statement, action or call that no rule knows. Unknown is never safe.
//!
//! ```sql
//! SELECT app.rebuild_totals();
//! ```
//!
//! A function in a query may change anything, so a query is flagged if it calls a volatile function of the folder, a
//! function of another schema, or, if it reads no table and so exists only for its calls, any function outside the
//! lists of harmless ones. Unknown statements, CALL, and writes to SQLite's schema table are flagged too.
//!
//! Safer: read the manual, and allow the statement with the reason.
//!
//! Exempt: functions that are declared STABLE or IMMUTABLE; a function of the folder whose body only writes rows of tables
//! that this script has created; a function such as `create_hypertable` on such a table; and an expression inside a DO
//! block, which the parser shows as a query but which is not there for its effect.

use migrate_core::{Finding, Hazard};

use super::old_changes;
use crate::Context;
use crate::rules::volatility::CONSTANT;
use crate::sql::{AlterType, Block, ChangeAction, ColumnChange, Kind, Name};

const SAFER: &str =
    "read in the manual which locks it takes and what it changes, then allow it with the reason";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let of_statement = match &context.statement.kind {
        Kind::Unknown(words) => Some(format!("no rule knows what `{words}` does to a database in use")),
        Kind::Call { procedure } => Some(format!("the effect of the procedure `{procedure}` cannot be seen")),
        Kind::AlterType(AlterType::Attributes { name }) => Some(format!(
            "the effect of other attributes of `{name}` on the columns and code that use it cannot be seen"
        )),
        Kind::Pragma { name, .. } if name == "writable_schema" => {
            Some("the effect of writes to the schema table cannot be seen".to_owned())
        }
        Kind::Query(_) => {
            unknown_call(context).map(|name| format!("the effect of the function `{name}` cannot be seen"))
        }
        _ => None,
    };
    let of_statement =
        of_statement.map(|message| Finding::new(Hazard::Unanalyzed, context.statement.span, message, SAFER));
    let of_clauses = old_changes(context).filter_map(|(_, change)| match &change.action {
        ChangeAction::Other(words) | ChangeAction::AlterColumn { change: ColumnChange::Other(words), .. } => {
            let message = format!("no rule knows what `{words}` does to a table in use");
            Some(Finding::new(Hazard::Unanalyzed, change.span, message, SAFER))
        }
        _ => None,
    });
    of_statement.into_iter().chain(of_clauses).collect()
}

/// The first function of a query that may change anything.
fn unknown_call<'a>(context: &Context<'a>) -> Option<&'a Name> {
    let statement = context.statement;
    // Inside a block the parser makes an expression a query too.
    let is_statement = context.script.get(context.index).is_some_and(|outer| std::ptr::eq(outer, statement));
    let is_for_its_effect = is_statement && statement.reads.is_empty();
    let is_of_new_table = is_of_new_table(context);
    statement.calls.iter().find(|call| match effect(context, call, MOST_CALLS) {
        Effect::None => false,
        Effect::OfItsTable => !is_of_new_table,
        Effect::Unknown => true,
        Effect::Unlisted => is_for_its_effect,
    })
}

/// What a call may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// No table that was there before.
    None,
    /// The table that its first argument names.
    OfItsTable,
    Unknown,
    /// It is neither of the folder nor in a list: most likely a built-in function or one of an extension.
    Unlisted,
}

/// How deep the bodies of functions are followed that call each other.
const MOST_CALLS: usize = 8;

fn effect(context: &Context<'_>, call: &Name, depth: usize) -> Effect {
    if OF_EXTENSIONS.contains(&call.name.as_str()) && context.schema.function(call).is_none() {
        return Effect::OfItsTable;
    }
    if is_builtin(call) {
        return Effect::None;
    }
    match context.schema.function(call) {
        Some(function) if !function.is_volatile => Effect::None,
        Some(function) => {
            let is_known = function.bodies.as_ref().is_some_and(|bodies| {
                bodies.iter().all(|body| touches_nothing_old(context, &body.block(), depth))
            });
            if is_known { Effect::None } else { Effect::Unknown }
        }
        None if call.schema.is_some() => Effect::Unknown,
        None => Effect::Unlisted,
    }
}

/// Whether a name certainly means a harmless built-in function: `pg_catalog` comes first in the search path.
fn is_builtin(call: &Name) -> bool {
    HARMLESS.iter().chain(CONSTANT).any(|known| call.is_builtin(known))
}

/// Whether the body of a function changes only what the script itself has created: it writes rows of new tables, and calls
/// only functions that do no more. Anything else in it counts as unknown.
fn touches_nothing_old(context: &Context<'_>, body: &Block, depth: usize) -> bool {
    let is_known = |call: &Name| depth > 0 && effect(context, call, depth - 1) == Effect::None;
    let is_new = |table: &Name| !context.is_old(table);
    !body.is_opaque
        && body.statements.iter().all(|statement| {
            statement.row_locks.is_empty()
                && statement.calls.iter().all(is_known)
                && match &statement.kind {
                    Kind::Query(query) => query.writes.is_empty(),
                    Kind::Insert(insert) => is_new(&insert.table),
                    Kind::Update(update) => is_new(&update.table),
                    Kind::Delete(delete) => is_new(&delete.table),
                    _ => false,
                }
        })
}

/// Whether the first string of a query names a table that the script creates, and none of the others names an older one.
fn is_of_new_table(context: &Context<'_>) -> bool {
    let mut named = context.statement.literals.iter().map(|literal| Name::of_regclass(literal));
    named.next().is_some_and(|first| context.schema.is_new(&first))
        && named.all(|other| context.schema.table(&other).is_none() || context.schema.is_new(&other))
}

/// Functions of extensions and tools that change the one table that their first argument names: of TimescaleDB, Citus,
/// PostGIS and Diesel.
const OF_EXTENSIONS: &[&str] = &[
    "add_compression_policy",
    "add_dimension",
    "add_retention_policy",
    "addgeometrycolumn",
    "create_distributed_table",
    "create_hypertable",
    "create_reference_table",
    "set_chunk_time_interval",
    "set_integer_now_func",
];

/// Built-in functions that change no schema, besides those that only compute. `setval` has its own rule.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "clock_timestamp", "coalesce", "count", "currval", "exists", "gen_random_uuid", "generate_series", "has_schema_privilege",
    "has_table_privilege", "lastval", "max", "min", "nextval", "nullif", "pg_advisory_lock", "pg_advisory_unlock",
    "pg_advisory_xact_lock", "pg_backend_pid", "pg_get_serial_sequence", "pg_notify", "pg_sleep", "pg_try_advisory_lock",
    "pg_try_advisory_xact_lock", "random", "set_config", "setval", "sum", "to_regclass",
];

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, b text);
             CREATE FUNCTION anything() RETURNS int LANGUAGE plpgsql AS 'BEGIN EXECUTE ''DROP TABLE t''; RETURN 1; END';
             CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
             CREATE FUNCTION fill(n int) RETURNS void LANGUAGE sql AS 'INSERT INTO new SELECT n FROM t; UPDATE new SET id = one()';
             CREATE FUNCTION change() RETURNS void LANGUAGE sql AS 'UPDATE t SET id = 1';
             CREATE FUNCTION deep() RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM change(); RETURN 1; END';
             CREATE FUNCTION loops() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN loops(); END';
             CREATE FUNCTION elsewhere() RETURNS void LANGUAGE sql SET search_path = app AS 'DELETE FROM new';
             CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2';
             CREATE FUNCTION two(n int) RETURNS int LANGUAGE c AS 'two';
             CREATE FUNCTION pure() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'",
        );
        case(&history, "CALL tidy()", &["unanalyzed high"]);
        case(&history, "ALTER SYSTEM SET work_mem = '1GB'", &["unanalyzed high"]);
        case(&history, "CREATE PUBLICATION changes FOR TABLE t", &["unanalyzed high"]);
        case(&history, "ALTER TABLE t OF row_type", &["unanalyzed high"]);
        case(&history, "CREATE TABLE new (id int); ALTER TABLE new OF row_type", &[]);
        case(&history, "ALTER TYPE address ADD ATTRIBUTE zip text", &["unanalyzed high"]);
        // Functions for their effect.
        case(&history, "SELECT anything()", &["unanalyzed high"]);
        case(&history, "SELECT anything() FROM t", &["unanalyzed high"]);
        case(&history, "SELECT cron.schedule('* * * * *', 'DELETE FROM t')", &["unanalyzed high"]);
        case(&history, "SELECT create_hypertable('t', 'at')", &["unanalyzed high"]); // an extension's
        case(&history, "DO $$ BEGIN PERFORM anything(); END $$", &["unanalyzed high"]);
        case(&history, "SELECT pure()", &[]); // what is not volatile cannot write
        case(&history, "SELECT initcap('x'), to_tsvector('simple', 'x')", &[]);
        // What a function of the folder does is in its body.
        case(&history, "SELECT one()", &[]);
        case(&history, "CREATE TABLE new (id int); SELECT fill(2)", &[]);
        case(&history, "SELECT fill(2)", &["unanalyzed high"]); // `new` would be an older table
        for call in ["change()", "deep()", "loops()", "elsewhere()", "two()"] {
            let sql = format!("CREATE TABLE new (id int); SELECT {call}");
            case(&history, &sql, &["unanalyzed high"]);
        }
        // A function of an extension changes the table that it is given.
        case(&history, "CREATE TABLE new (at date); SELECT create_hypertable('new', 'at')", &[]);
        case(
            &history,
            "CREATE TABLE new (at date); SELECT public.create_hypertable('public.new', 'at')",
            &[],
        );
        case(
            &history,
            "CREATE TABLE new (at date); SELECT create_hypertable('t', 'new')",
            &["unanalyzed high"],
        );
        case(
            &history,
            "CREATE TABLE new (at date); SELECT create_hypertable('new', 't')",
            &["unanalyzed high"],
        );
        case(&history, "CREATE TABLE new (at date); SELECT other('new')", &["unanalyzed high"]);
        case(&history, "SELECT pg_catalog.set_config('search_path', '', false)", &[]);
        case(&history, "SELECT pg_advisory_xact_lock(1), now()", &[]);
        case(&history, "SELECT similarity(b, 'x') FROM t", &[]);
        case(&history, "DO $$ DECLARE n text; BEGIN n := initcap('x'); END $$", &[]);
        // Known to be harmless.
        case(&history, "COMMENT ON TABLE t IS 'x'; ANALYZE t; GRANT SELECT ON t TO app; SAVEPOINT a", &[]);
        case(
            &history,
            "CREATE EXTENSION IF NOT EXISTS citext; CREATE SCHEMA IF NOT EXISTS app; CREATE ROLE app",
            &[],
        );
        case(&history, "CREATE TYPE tone AS ENUM ('a'); CREATE DOMAIN score AS int CHECK (VALUE > 0)", &[]);
        case(&history, "CREATE OR REPLACE VIEW v AS SELECT id FROM t; INSERT INTO t VALUES (1, 'x')", &[]);
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id, a)");
        case(&history, "PRAGMA user_version = 3; ANALYZE; INSERT INTO t VALUES (1, 2)", &[]);
        case(&history, "PRAGMA writable_schema = ON", &["unanalyzed high"]);
        case(&history, "ATTACH 'other.db' AS other", &["unanalyzed high"]);
    }
}
