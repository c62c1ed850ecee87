//! `sequence-reset`: a sequence that was there before gets another number: ALTER SEQUENCE … RESTART, RESTART of an
//! identity column, `setval`.
//!
//! ```sql
//! ALTER SEQUENCE orders_id_seq RESTART WITH 1;
//! ```
//!
//! The sequence may return numbers that rows already have, so inserts fail on the primary key. RESTART "is
//! transactional and blocks concurrent transactions from obtaining numbers"; `setval` is neither, and no rollback
//! undoes it (<https://www.postgresql.org/docs/current/sql-altersequence.html>).
//!
//! Safer: a number above every one in use.
//!
//! Exempt: a sequence or table that the same script creates. For `setval` the name is in a string, so a literal that
//! names something new is enough.

use migrate_core::{Finding, Hazard};

use super::old_changes;
use crate::Context;
use crate::sql::{ChangeAction, ColumnChange, Kind, Name};

const SAFER: &str = "choose a number above every one in use; while others write, the `max(id)` given to `setval` may already be \
                     too low";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let of_statement = match &context.statement.kind {
        Kind::RestartSequence { name } if context.is_old(name) => Some(restarted(&name.to_string())),
        Kind::Query(_) if sets_old_sequence(context) => Some(
            "the sequence may return numbers that are in use, and it keeps its new value after a rollback"
                .to_owned(),
        ),
        _ => None,
    };
    let of_statement = of_statement
        .map(|message| Finding::new(Hazard::SequenceReset, context.statement.span, message, SAFER));
    let of_clauses = old_changes(context).filter_map(|(alter, change)| match &change.action {
        ChangeAction::AlterColumn { column, change: ColumnChange::RestartIdentity } => {
            let message = restarted(&format!("{}.{column}", alter.name));
            Some(Finding::new(Hazard::SequenceReset, change.span, message, SAFER))
        }
        _ => None,
    });
    of_statement.into_iter().chain(of_clauses).collect()
}

fn restarted(what: &str) -> String {
    format!(
        "`{what}` may return numbers that are in use, and returns none to others until the migration has ended"
    )
}

/// Whether the query calls `setval` on something that was there before. A literal may name what the script has created:
/// the sequence, or the table in `pg_get_serial_sequence`.
fn sets_old_sequence(context: &Context<'_>) -> bool {
    let statement = context.statement;
    statement.calls.iter().any(|call| call.is_builtin("setval"))
        && !statement.literals.iter().any(|literal| context.schema.is_new(&Name::of_regclass(literal)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE SEQUENCE s; CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY); CREATE TABLE u (id serial)",
        );
        case(&history, "ALTER SEQUENCE s RESTART", &["sequence-reset controlled"]);
        case(&history, "ALTER SEQUENCE s RESTART WITH 1000", &["sequence-reset controlled"]);
        case(&history, "ALTER TABLE t ALTER COLUMN id RESTART WITH 1000", &["sequence-reset controlled"]);
        case(&history, "SELECT setval('s', 1000)", &["sequence-reset controlled"]);
        case(
            &history,
            "SELECT pg_catalog.setval(pg_get_serial_sequence('u', 'id'), (SELECT max(id) FROM u))",
            &["sequence-reset controlled"],
        );
        case(&history, "ALTER SEQUENCE s INCREMENT BY 2", &[]);
        case(&history, "SELECT nextval('s')", &[]);
        // What this script creates and fills.
        case(&history, "CREATE SEQUENCE n; ALTER SEQUENCE n RESTART WITH 5", &[]);
        case(
            &history,
            "CREATE TABLE new (id serial); INSERT INTO new VALUES (1); SELECT setval('public.new_id_seq', 1);
             SELECT setval(pg_get_serial_sequence('new', 'id'), 1)",
            &[],
        );
    }
}
