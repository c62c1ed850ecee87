//! `drop-not-null`: a column may be NULL from now on.
//!
//! ```sql
//! ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
//! ```
//!
//! The change is instant (<https://www.postgresql.org/docs/current/sql-altertable.html>, "SET/DROP NOT NULL").
//! Running code that decodes the column as a value that is always there fails at the first NULL that a newer release
//! writes.
//!
//! Safer: first release code that can read NULL.
//!
//! Exempt: a column that is known to be nullable already.

use migrate_core::{Finding, Hazard};

use super::changes;
use crate::Context;
use crate::sql::{ChangeAction, ColumnChange};

const SAFER: &str = "first deploy code that can read NULL there";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change) in changes(context) {
        let ChangeAction::AlterColumn { column, change: ColumnChange::DropNotNull } = &change.action else {
            continue;
        };
        let known = context.schema.table(table).and_then(|table| table.column(column));
        if known.is_some_and(|column| !column.not_null) {
            continue; // nothing changes
        }
        let message = format!("running code may fail when it reads NULL from `{table}.{column}`");
        findings
            .push(Finding::new(Hazard::DropNotNull, change.span, message, SAFER).breaking_older_binaries());
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (k int NOT NULL, a int)");
        case(&history, "ALTER TABLE t ALTER COLUMN k DROP NOT NULL", &["drop-not-null controlled"]);
        case(&history, "ALTER TABLE elsewhere ALTER COLUMN k DROP NOT NULL", &["drop-not-null controlled"]);
        case(&history, "ALTER TABLE t ALTER COLUMN a DROP NOT NULL", &[]); // it has none
        case(
            &history,
            "CREATE TABLE new (k int NOT NULL); ALTER TABLE new ALTER COLUMN k DROP NOT NULL",
            &[],
        );
    }
}
