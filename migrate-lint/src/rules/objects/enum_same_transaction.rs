//! `enum-same-tx`: a statement uses an enum value that an earlier statement of the same transaction added.
//!
//! ```sql
//! ALTER TYPE status ADD VALUE 'archived';
//! UPDATE orders SET status = 'archived' WHERE closed_at < '2020-01-01';
//! ```
//!
//! The migration fails: "the new value cannot be used until after the transaction has been committed"
//! (<https://www.postgresql.org/docs/current/sql-altertype.html>). Measured: PostgreSQL 15 answers 55P04, also for a
//! type that was created in the same transaction.
//!
//! Safer: a migration of its own for ADD VALUE.
//!
//! Exempt: a statement that does not evaluate its literals, such as CREATE FUNCTION; a literal that is text, as in `s::text
//! IN ('archived')`, or next to a column of another type; and a statement on a table whose columns are all known and of
//! other types.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::schema::Table;
use crate::sql::{FreeLiteral, Kind, Name, Statement, Type};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.engine.has_enums() || !context.transaction || !evaluates(context.statement) {
        return Vec::new();
    }
    let used = context.schema.added_labels().find(|(name, value)| uses(context, name, value));
    let finding = used.map(|(name, value)| {
        let message = format!(
            "this fails: the value `{value}` of `{name}` cannot be used in the transaction that adds it"
        );
        let safer = "put ADD VALUE into a migration of its own, before this one";
        Finding::new(Hazard::EnumSameTransaction, context.statement.span, message, safer)
    });
    finding.into_iter().collect()
}

/// Whether the server evaluates the statement's literals, which is when it looks the value up.
fn evaluates(statement: &Statement) -> bool {
    matches!(
        statement.kind,
        Kind::CreateTable(_)
            | Kind::AlterTable(_)
            | Kind::CreateIndex(_)
            | Kind::CreateView(_)
            | Kind::CreatePolicy(_)
            | Kind::AlterPolicy(_)
            | Kind::CreateDomain(_)
            | Kind::Insert(_)
            | Kind::Update(_)
            | Kind::Delete(_)
            | Kind::Merge { .. }
            | Kind::Query(_)
    )
}

/// Whether the statement has the value as a literal that may be of the enum. If all columns of its table are known, one
/// of them must have that type.
fn uses(context: &Context<'_>, name: &Name, value: &str) -> bool {
    let statement = context.statement;
    let may_be_of_enum =
        |literal: &FreeLiteral| literal.text == value && !is_beside_another_type(context, name, literal);
    if !statement.free_literals.iter().any(may_be_of_enum) {
        return false;
    }
    known_table(context, written(statement)).is_none_or(|table| {
        context.schema.enum_type(name).is_none()
            || context.schema.columns_of_type(name).any(|(owner, _)| owner.name == table.name)
    })
}

/// The table whose rows a statement writes.
fn written(statement: &Statement) -> Option<&Name> {
    match &statement.kind {
        Kind::Insert(insert) => Some(&insert.table),
        Kind::Update(update) => Some(&update.table),
        Kind::Delete(delete) => Some(&delete.table),
        _ => None,
    }
}

/// A table of which all columns are known.
fn known_table<'a>(context: &Context<'a>, table: Option<&Name>) -> Option<&'a Table> {
    context.schema.table(table?).filter(|table| table.columns_are_complete)
}

/// Whether a literal is next to a column that is certainly not of the enum: all columns of that name are known.
fn is_beside_another_type(context: &Context<'_>, name: &Name, literal: &FreeLiteral) -> bool {
    let Some(column) = &literal.beside else { return false };
    let statement = context.statement;
    let altered = match &statement.kind {
        Kind::AlterTable(alter) => Some(&alter.name),
        Kind::CreateIndex(index) => Some(&index.table),
        Kind::CreatePolicy(policy) => Some(&policy.table),
        Kind::AlterPolicy(policy) => Some(&policy.table),
        _ => written(statement),
    };
    let mut named = altered.into_iter().chain(&statement.reads);
    let types: Option<Vec<&Type>> = named.try_fold(Vec::new(), |mut types, table| {
        let found = known_table(context, Some(table))?.column(column);
        if let Some(found) = found {
            types.push(found.data_type.as_ref()?);
        }
        Some(types)
    });
    let is_other = |data_type: &&Type| {
        context.schema.domain(&data_type.name).is_none()
            && !context
                .schema
                .columns_of_type(name)
                .any(|(_, other)| other.data_type.as_ref() == Some(*data_type))
    };
    context.schema.enum_type(name).is_some()
        && types.is_some_and(|types| !types.is_empty() && types.iter().all(is_other))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TYPE mood AS ENUM ('good'); CREATE TABLE t (id int, m mood, b text);
             CREATE TABLE notes (id int, b text)",
        );
        let add = "ALTER TYPE mood ADD VALUE 'bad'";
        let used = |sql: &str| format!("{add}; {sql}");
        let found: &[&str] = &["enum-add controlled", "enum-same-tx high"];
        case(&history, &used("ALTER TABLE t ADD COLUMN n mood DEFAULT 'bad'"), found);
        case(&history, &used("INSERT INTO t (m) VALUES ('bad')"), found);
        case(&history, &used("CREATE VIEW v AS SELECT id FROM t WHERE m = 'bad'"), found);
        case(
            &history,
            &used("UPDATE t SET m = 'bad' WHERE id = 1"),
            &["enum-add controlled", "enum-same-tx high", "unbounded-dml controlled"],
        );
        case(
            &history,
            &used("ALTER TABLE t ADD CHECK (m::text IN ('bad'))"),
            &["enum-add controlled", "check-validate high"],
        );
        case(
            &history,
            &used("UPDATE t SET m = 'good' WHERE b = 'bad'"),
            &["enum-add controlled", "unbounded-dml controlled"],
        );
        case(&history, &used("CREATE VIEW v AS SELECT id FROM t WHERE b = 'bad' OR m IN ('bad')"), found);
        // Not that value, not that type, not before the next transaction.
        case(&history, &used("INSERT INTO t (m) VALUES ('good')"), &["enum-add controlled"]);
        case(&history, &used("INSERT INTO notes (b) VALUES ('bad')"), &["enum-add controlled"]);
        case(&history, &used("COMMENT ON TYPE mood IS 'bad'"), &["enum-add controlled"]);
        case(
            &history,
            &used("ALTER TYPE mood ADD VALUE 'worse' AFTER 'bad'"),
            &["enum-add controlled", "enum-add controlled"],
        );
        case(
            &history,
            "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'good'; INSERT INTO t (m) VALUES ('good')",
            &[],
        );
        // PostgreSQL 15 refuses it for a new type as well.
        case(
            &history,
            "CREATE TYPE tone AS ENUM ('a'); ALTER TYPE tone ADD VALUE 'b'; CREATE TABLE n (t tone DEFAULT 'b')",
            &["enum-same-tx high"],
        );
        let history = history.without_transaction();
        case(&history, &used("INSERT INTO t (m) VALUES ('bad')"), &["enum-add controlled"]);
    }
}
