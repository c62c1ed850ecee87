//! `table-rewrite`: a statement whose purpose is to rewrite a table: VACUUM FULL, CLUSTER, and in ALTER TABLE SET
//! LOGGED, SET UNLOGGED, SET TABLESPACE, SET ACCESS METHOD.
//!
//! ```sql
//! CLUSTER orders USING orders_created_at;
//! ```
//!
//! Each holds ACCESS EXCLUSIVE until the copy is done
//! (<https://www.postgresql.org/docs/current/explicit-locking.html>), and needs as much disk again as the table has.
//!
//! Safer: outside of migrations, by a tool that copies while the table is in use.
//!
//! Exempt: SQLite, a table that the same script creates, a sequence, which is one row, and a partitioned table,
//! which has no rows of its own.

use migrate_core::{Finding, Hazard};

use super::index_partitioned::is_partitioned;
use super::old_changes;
use crate::Context;
use crate::sql::{ChangeAction, Kind, ObjectKind};

const SAFER: &str = "leave it out of migrations: pg_repack, or a copy kept up to date by triggers, does it while the table is in \
                     use; or do it in a maintenance window and allow it with the reason";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.engine.locks_tables() {
        return Vec::new();
    }
    let of_statement = match &context.statement.kind {
        Kind::Vacuum { full: true } => {
            Some("no one can read or write a table while VACUUM FULL rewrites it".to_owned())
        }
        Kind::Cluster { table: None } => {
            Some("no one can read or write a table while CLUSTER rewrites it".to_owned())
        }
        Kind::Cluster { table: Some(table) } if context.is_old(table) => {
            Some(format!("no one can read or write `{table}` while CLUSTER rewrites it"))
        }
        _ => None,
    };
    let of_statement = of_statement
        .map(|message| Finding::new(Hazard::TableRewrite, context.statement.span, message, SAFER));
    let of_clauses = old_changes(context).filter_map(|(alter, change)| {
        let words = match &change.action {
            ChangeAction::SetLogged => "SET LOGGED",
            ChangeAction::SetUnlogged => "SET UNLOGGED",
            ChangeAction::SetTablespace => "SET TABLESPACE",
            ChangeAction::SetAccessMethod => "SET ACCESS METHOD",
            _ => return None,
        };
        // A sequence is one row, and a partitioned table has none of its own.
        if alter.kind == ObjectKind::Sequence || is_partitioned(context, &alter.name) {
            return None;
        }
        let message = format!("no one can read or write `{}` while {words} rewrites it", alter.name);
        Some(Finding::new(Hazard::TableRewrite, change.span, message, SAFER))
    });
    of_statement.into_iter().chain(of_clauses).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX t_a ON t (a); CREATE SEQUENCE s;
             CREATE TABLE p (id int) PARTITION BY RANGE (id)",
        );
        case(&history, "CLUSTER t USING t_pkey", &["table-rewrite high"]);
        case(&history, "ALTER TABLE t SET UNLOGGED", &["table-rewrite high"]);
        case(&history, "ALTER TABLE t SET LOGGED", &["table-rewrite high"]);
        case(&history, "ALTER TABLE t SET TABLESPACE fast", &["table-rewrite high"]);
        case(&history, "ALTER TABLE t SET ACCESS METHOD heap", &["table-rewrite high"]);
        case(&history, "ALTER INDEX t_a SET TABLESPACE fast", &["table-rewrite high"]);
        case(&history, "ALTER SEQUENCE s SET UNLOGGED", &[]);
        case(&history, "ALTER TABLE p SET TABLESPACE fast", &[]); // of the partitions to come
        case(&history, "ALTER TABLE t CLUSTER ON t_a", &[]); // for the CLUSTER to come
        case(
            &history,
            "CREATE TABLE new (id int); ALTER TABLE new SET UNLOGGED; ALTER TABLE new SET LOGGED",
            &[],
        );
        let history = history.without_transaction();
        case(&history, "VACUUM FULL t", &["table-rewrite high"]);
        case(&history, "VACUUM (FULL, ANALYZE) t", &["table-rewrite high"]);
        case(&history, "CLUSTER", &["table-rewrite high"]);
        case(&history, "VACUUM t", &[]);
        case(&history, "VACUUM (ANALYZE) t", &[]);
    }

    #[test]
    fn sqlite_has_one_writer_anyhow() {
        let history = sqlite_history("CREATE TABLE t (id)").without_transaction();
        case(&history, "VACUUM", &[]);
    }
}
