//! `drop-default`: DROP DEFAULT, DROP IDENTITY, DROP EXPRESSION, and SET DEFAULT NULL.
//!
//! ```sql
//! ALTER TABLE orders ALTER COLUMN state DROP DEFAULT;
//! ```
//!
//! The change is instant (<https://www.postgresql.org/docs/current/sql-altertable.html>, "SET/DROP DEFAULT"). The
//! harm is in running code that leaves the column out of its INSERT: it now writes NULL, or fails if the column is
//! NOT NULL.
//!
//! Safer: first release code that writes the value itself.
//!
//! Exempt: a column that is known to have no default, and one that the same script gives another default or
//! identity.

use migrate_core::{Finding, Hazard};

use super::changes;
use crate::Context;
use crate::sql::{AlterTable, ChangeAction, ColumnChange, Kind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change) in changes(context) {
        let ChangeAction::AlterColumn { column, change: dropped } = &change.action else { continue };
        let known = context.schema.table(table).and_then(|table| table.column(column));
        let what = match dropped {
            // If the column is known to have no default, nothing changes.
            ColumnChange::DropDefault if known.is_none_or(|column| column.has_default) => "default",
            ColumnChange::SetDefault(value)
                if value.is_null && known.is_none_or(|column| column.has_default) =>
            {
                "default"
            }
            ColumnChange::DropIdentity => "number",
            ColumnChange::DropExpression => "computed value",
            _ => continue,
        };
        // In a transaction no write happens between the two: the lock of the first is still held.
        if gets_another(context, table, column) {
            continue;
        }
        let outcome =
            if known.is_some_and(|column| !column.not_null) { "now writes NULL" } else { "may now fail" };
        let message =
            format!("running code that leaves the {what} of `{table}.{column}` to the server {outcome}");
        let safer = format!("first deploy code that writes `{column}` itself");
        findings
            .push(Finding::new(Hazard::DropDefault, change.span, message, safer).breaking_older_binaries());
    }
    findings
}

/// Whether a later statement of the script gives the column another default or an identity.
fn gets_another(context: &Context<'_>, table: &Name, column: &str) -> bool {
    let of_table = |alter: &AlterTable| context.schema.resolve(&alter.name) == context.schema.resolve(table);
    let gives = |action: &ChangeAction| match action {
        ChangeAction::AlterColumn { column: name, change: ColumnChange::SetDefault(value) } => {
            name == column && !value.is_null
        }
        ChangeAction::AlterColumn { column: name, change: ColumnChange::AddIdentity } => name == column,
        _ => false,
    };
    context.script[context.index..].iter().any(|statement| match &statement.kind {
        Kind::AlterTable(alter) => {
            of_table(alter) && alter.changes.iter().any(|change| gives(&change.action))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (
                a int DEFAULT 1, b int, k int NOT NULL DEFAULT 1, n int GENERATED ALWAYS AS IDENTITY,
                s int GENERATED ALWAYS AS (a) STORED
             )",
        );
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        let controlled: &[&str] = &["drop-default controlled"];
        case("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", controlled);
        case("ALTER TABLE elsewhere ALTER COLUMN a DROP DEFAULT", controlled);
        case("ALTER TABLE t ALTER COLUMN a SET DEFAULT NULL", controlled); // the same
        case("ALTER TABLE t ALTER COLUMN n DROP IDENTITY", controlled);
        case("ALTER TABLE t ALTER COLUMN s DROP EXPRESSION", controlled);
        case("ALTER TABLE t ALTER COLUMN b DROP DEFAULT", &[]); // it has none
        case("ALTER TABLE t ALTER COLUMN a SET DEFAULT 2", &[]);
        case("ALTER TABLE t ALTER COLUMN a DROP DEFAULT, ALTER COLUMN a SET DEFAULT 2", &[]);
        case("ALTER TABLE t ALTER COLUMN a DROP DEFAULT; ALTER TABLE t ALTER COLUMN a SET DEFAULT 2", &[]);
        case(
            "ALTER TABLE t ALTER COLUMN a DROP DEFAULT; ALTER TABLE t ALTER COLUMN b SET DEFAULT 2",
            controlled,
        );
        // Code that does not know the column leaves it out.
        case(
            "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 1; ALTER TABLE t ALTER COLUMN c DROP DEFAULT",
            controlled,
        );
        case("CREATE TABLE new (a int DEFAULT 1); ALTER TABLE new ALTER COLUMN a DROP DEFAULT", &[]);
    }

    #[test]
    fn what_happens_to_the_code_depends_on_the_column() {
        let history = history("CREATE TABLE t (a int DEFAULT 1, k int NOT NULL DEFAULT 1)");
        let found = messages(&history, "ALTER TABLE t ALTER a DROP DEFAULT, ALTER k DROP DEFAULT");
        assert!(found[0].ends_with("now writes NULL") && found[1].ends_with("may now fail"), "{found:?}");
    }
}
