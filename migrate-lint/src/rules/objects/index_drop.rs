//! `index-drop`: DROP INDEX of an index that was there before.
//!
//! ```sql
//! DROP INDEX orders_customer;
//! ```
//!
//! It takes ACCESS EXCLUSIVE on the table for an instant; with CONCURRENTLY, SHARE UPDATE EXCLUSIVE
//! (<https://www.postgresql.org/docs/current/sql-dropindex.html>). On either engine the queries that used the index
//! read more rows. If the index is unique, `ON CONFLICT` that relies on it fails and duplicates are accepted, so
//! older code may break.
//!
//! Safer: see first that no query uses the index, and drop it CONCURRENTLY.
//!
//! If another index of the script begins with the same keys, the queries use that one: what is left is the lock, and on
//! SQLite nothing.
//!
//! Exempt: an index of a table that the same script creates, and of one that the same transaction drops afterwards
//! without making another of its name: what that loses is `drop-table`.

use migrate_core::{Engine, Finding, Hazard};

use super::object::{comes_back, later};
use crate::Context;
use crate::rules::replacement::replacement;
use crate::sql::{Kind, Name, ObjectKind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Drop(drop) = &context.statement.kind else { return Vec::new() };
    if drop.object != ObjectKind::Index {
        return Vec::new();
    }
    let is_there = |name: &Name| context.is_old(name) && !context.schema.was_there(name);
    let old = drop.names.iter().filter(|name| is_there(name) && !table_goes_too(context, name));
    old.filter_map(|name| finding(context, name, drop.concurrently)).collect()
}

/// The finding for one index. None if another takes its place and no one waits.
fn finding(context: &Context<'_>, name: &Name, concurrently: bool) -> Option<Finding> {
    let known = context.schema.index(name);
    let replacement = known.and_then(|index| replacement(context, index));
    let loses_rows =
        known.is_some_and(|index| index.unique) && !replacement.as_ref().is_some_and(|new| new.is_as_unique);
    let locks = context.engine.locks_tables() && !concurrently;
    let mut message = match &replacement {
        None => format!("queries that used `{name}` read more rows"),
        Some(new) => format!("queries that used `{name}` use `{}`", new.name),
    };
    if replacement.is_some() && !locks && !loses_rows {
        return None;
    }
    if locks {
        let and = if replacement.is_some() { "but" } else { "and" };
        message += &format!(", {and} no one can use {} for an instant", table(context, name));
    }
    if loses_rows {
        message += "; `ON CONFLICT` that relies on it fails, and the table accepts rows that it refused";
    }
    let safer = match context.engine {
        Engine::Postgres => {
            "see in pg_stat_user_indexes.idx_scan that no query uses it; `DROP INDEX CONCURRENTLY` in a migration with `-- migrate: no-transaction`"
        }
        Engine::Sqlite => "see in EXPLAIN QUERY PLAN that no query on its table uses it",
    };
    let finding = Finding::new(Hazard::IndexDrop, context.statement.span, message, safer);
    Some(if loses_rows { finding.breaking_older_binaries() } else { finding })
}

/// Whether the same transaction drops the table of the index afterwards, and makes no other of its name.
fn table_goes_too(context: &Context<'_>, index: &Name) -> bool {
    let Some(index) = context.schema.index(index).filter(|_| context.transaction) else { return false };
    let drops_it = |kind: &Kind| match kind {
        Kind::Drop(drop) => {
            drop.object == ObjectKind::Table
                && drop.names.iter().any(|name| context.schema.resolve(name) == index.table)
        }
        _ => false,
    };
    later(context).any(|statement| drops_it(&statement.kind))
        && !comes_back(context, ObjectKind::Table, &index.table)
}

/// The table of the index, as the message names it.
fn table(context: &Context<'_>, index: &Name) -> String {
    context.schema.index(index).map_or_else(|| "its table".to_owned(), |index| format!("`{}`", index.table))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, findings, history, messages, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int, a int); CREATE INDEX t_a ON t (a); CREATE UNIQUE INDEX t_id ON t (id)",
        );
        case(&history, "DROP INDEX t_a", &["index-drop controlled"]);
        case(&history, "DROP INDEX IF EXISTS t_a, t_id", &["index-drop controlled", "index-drop controlled"]);
        case(&history, "DROP INDEX unknown", &["index-drop controlled"]);
        case(&history, "CREATE TABLE new (id int); CREATE INDEX n ON new (id); DROP INDEX n", &[]);
        case(&history, "DROP INDEX t_a; DROP TABLE t", &["drop-table high"]);
        case(
            &history,
            "CREATE TABLE u (id int, a int); DROP INDEX t_a; DROP TABLE t; ALTER TABLE u RENAME TO t",
            &["index-drop controlled", "drop-table high"],
        );
        case(&history, "CREATE TABLE u (id int); DROP INDEX t_a; DROP TABLE u", &["index-drop controlled"]);
        let breaks = |sql| findings(&history, sql)[0].breaks_older_binaries;
        assert!(!breaks("DROP INDEX t_a"));
        assert!(breaks("DROP INDEX t_id"), "ON CONFLICT (id) finds no index");
        let history = history.without_transaction();
        case(&history, "DROP INDEX CONCURRENTLY t_a", &["index-drop controlled"]);
        // The next statement may never run.
        case(&history, "DROP INDEX t_a; DROP TABLE t", &["index-drop controlled", "drop-table high"]);
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id, a); CREATE INDEX t_a ON t (a)");
        case(&history, "DROP INDEX t_a", &["index-drop controlled"]);
    }

    #[test]
    fn another_index_may_take_its_place() {
        let tables = "CREATE TABLE t (a int, b int, c int); CREATE INDEX t_a ON t (a); CREATE UNIQUE INDEX t_b ON t (b)";
        let history_of_postgres = history(tables);
        let said = |sql: &str| messages(&history_of_postgres, sql).into_iter().next().unwrap();
        let instant = "but no one can use `public.t` for an instant";
        for new in [
            "CREATE INDEX n ON t (a)",
            "CREATE INDEX n ON t (a, b)",
            "ALTER TABLE t ADD CONSTRAINT n UNIQUE (a)",
        ] {
            let message = said(&format!("DROP INDEX t_a; {new}"));
            assert_eq!(message, format!("queries that used `t_a` use `public.n`, {instant}"), "{new}");
        }
        for other in [
            "CREATE INDEX n ON t (b, a)",
            "CREATE INDEX n ON t (a) WHERE b > 0",
            "CREATE INDEX n ON t USING hash (a)",
            "CREATE INDEX n ON t (abs(a))",
        ] {
            let message = said(&format!("DROP INDEX t_a; {other}"));
            assert!(
                message.starts_with("queries that used `t_a` read more rows, and no one"),
                "{other}: {message}"
            );
        }
        let unique = said("DROP INDEX t_b; CREATE UNIQUE INDEX n ON t (b)");
        assert_eq!(unique, format!("queries that used `t_b` use `public.n`, {instant}"));
        for other in ["CREATE INDEX n ON t (b)", "CREATE UNIQUE INDEX n ON t (b, c)"] {
            let message = said(&format!("DROP INDEX t_b; {other}"));
            assert!(
                message.contains("use `public.n`") && message.contains("`ON CONFLICT` that relies on it"),
                "{message}"
            );
        }
        case(&sqlite_history(tables), "DROP INDEX t_a; CREATE INDEX n ON t (a, b)", &[]);
        case(&sqlite_history(tables), "DROP INDEX t_b; CREATE INDEX n ON t (b)", &["index-drop controlled"]);
    }
}
