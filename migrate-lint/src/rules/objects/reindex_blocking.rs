//! `reindex-blocking`: REINDEX without CONCURRENTLY.
//!
//! ```sql
//! REINDEX TABLE orders;
//! ```
//!
//! It takes SHARE on the table, so no one writes, and ACCESS EXCLUSIVE on each index, so every query that plans with
//! that index waits, and the planner looks at all indexes of a table
//! (<https://www.postgresql.org/docs/current/sql-reindex.html>).
//!
//! Safer: REINDEX … CONCURRENTLY in a migration without a transaction.
//!
//! Exempt: SQLite, and a table or index that the same script creates.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{Kind, Reference};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Reindex(reindex) = &context.statement.kind else { return Vec::new() };
    // SQLite has one writer at a time anyway.
    if !context.engine.locks_tables() || reindex.concurrently {
        return Vec::new();
    }
    let (what, safer) = match &reindex.target {
        Reference::Table(name) if context.is_old(name) => {
            (format!("`{name}`"), format!("REINDEX TABLE CONCURRENTLY {name}"))
        }
        Reference::Index(name) if context.is_old(name) => {
            let table = context.schema.index(name).map(|index| format!("`{}`", index.table));
            let table = table.unwrap_or_else(|| format!("the table of `{name}`"));
            (table, format!("REINDEX INDEX CONCURRENTLY {name}"))
        }
        Reference::Many => {
            ("every table in it".to_owned(), "REINDEX TABLE CONCURRENTLY … for each table".to_owned())
        }
        Reference::Table(_) | Reference::Index(_) => return Vec::new(),
    };
    let message = format!(
        "no one can write to {what}, and nearly every query on it waits, while its indexes are rebuilt"
    );
    let safer = format!("`{safer}`, in a migration with `-- migrate: no-transaction`");
    vec![Finding::new(Hazard::ReindexBlocking, context.statement.span, message, safer)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int, a int); CREATE INDEX t_a ON t (a)");
        case(&history, "REINDEX TABLE t", &["reindex-blocking high"]);
        case(&history, "REINDEX INDEX t_a", &["reindex-blocking high"]);
        case(&history, "REINDEX INDEX unknown", &["reindex-blocking high"]);
        case(&history, "REINDEX SCHEMA public", &["reindex-blocking high"]);
        case(&history, "CREATE TABLE new (id int PRIMARY KEY); REINDEX TABLE new", &[]);
    }

    #[test]
    fn sqlite_has_one_writer_anyhow() {
        let history = sqlite_history("CREATE TABLE t (id, a); CREATE INDEX t_a ON t (a)");
        case(&history, "REINDEX t_a", &[]);
    }
}
