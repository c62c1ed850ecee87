//! `unanalyzed`: a statement, action or call that no rule knows. Unknown is never safe.
//!
//! ```sql
//! SELECT app.rebuild_totals();
//! ```
//!
//! A function in a query may change anything, so a query is flagged if it calls a volatile function of the folder, a
//! function of another schema, or, if it reads no table and so exists only for its calls, any function outside the
//! list of harmless ones. Unknown statements, CALL, and writes to SQLite's schema table are flagged too.
//!
//! Safer: read the manual, and allow the statement with the reason.
//!
//! Exempt: functions that are declared STABLE or IMMUTABLE, and an expression inside a DO block, which the parser
//! shows as a query but which is not there for its effect.

use migrate_core::{Finding, Hazard};

use super::old_changes;
use crate::Context;
use crate::sql::{AlterType, ChangeAction, ColumnChange, Kind, Name};

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
    statement.calls.iter().find(|call| match context.schema.function(call) {
        Some(function) => function.is_volatile,
        None if call.schema.as_deref().is_some_and(|schema| schema != "pg_catalog") => true,
        None => is_for_its_effect && !HARMLESS.contains(&call.name.as_str()),
    })
}

/// Built-in functions that change no schema and that migrations call in queries without a table. `setval` has its own
/// rule.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "clock_timestamp", "coalesce", "concat", "count", "current_database", "current_schema", "current_setting",
    "currval", "exists", "format", "gen_random_uuid", "generate_series", "has_schema_privilege",
    "has_table_privilege", "lastval", "length", "lower", "md5", "nextval", "now", "nullif", "pg_advisory_lock",
    "pg_advisory_unlock", "pg_advisory_xact_lock", "pg_backend_pid", "pg_get_serial_sequence", "pg_notify", "pg_sleep",
    "pg_try_advisory_lock", "pg_try_advisory_xact_lock", "quote_ident", "quote_literal", "random", "set_config", "setval",
    "statement_timestamp", "to_char", "to_regclass", "to_timestamp", "transaction_timestamp", "txid_current", "upper",
    "version",
];

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, b text);
             CREATE FUNCTION anything() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
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
