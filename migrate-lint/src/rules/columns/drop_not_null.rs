use migrate_core::{Finding, Hazard};

use super::changes;
use crate::Context;
use crate::sql::{ChangeAction, ColumnChange};

const SAFER: &str = "deploy code first that can read NULL there";

/// `DROP NOT NULL`: code that was written for a column that always has a value meets NULL.
///
/// <https://www.postgresql.org/docs/current/sql-altertable.html>, "SET/DROP NOT NULL"
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
        let message = format!("running code may not expect NULL in `{table}.{column}`");
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
