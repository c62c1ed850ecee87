//! `identifier-too-long`: a statement gives a new object a name of more than 63 bytes.
//!
//! ```sql
//! CREATE INDEX orders_by_customer_and_delivery_address_and_payment_method_and_day ON orders (day);
//! ```
//!
//! PostgreSQL keeps 63 bytes (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html>, NAMEDATALEN) and
//! cuts the rest with a notice that no one reads. Two names that differ only after byte 63 become one, and later
//! queries do not find the object under the name that the script shows.
//!
//! Safer: a name of at most 63 bytes. The limit counts bytes and not characters.
//!
//! Exempt: SQLite, which has no such limit.

use migrate_core::{Finding, Hazard, Span};

use crate::Context;
use crate::sql::{ChangeAction, Column, Constraint, Kind, Statement, TableBody};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(limit) = context.engine.name_limit() else { return Vec::new() };
    let long = given(context.statement).into_iter().filter(move |(name, _)| name.len() > limit);
    long.map(|(name, span)| {
        let end = (0..=limit).rfind(|end| name.is_char_boundary(*end)).unwrap_or(0);
        let kept = &name[..end];
        let message = format!(
            "the name `{name}` has {} bytes, and the server keeps only {limit} of them: `{kept}`",
            name.len()
        );
        let safer = format!("choose a name of at most {limit} bytes");
        Finding::new(Hazard::IdentifierTooLong, span, message, safer)
    })
    .collect()
}

/// The names that a statement gives to new objects, each with its place.
fn given(statement: &Statement) -> Vec<(&str, Span)> {
    let whole = |name| vec![(name, statement.span)];
    match &statement.kind {
        Kind::CreateTable(table) => {
            let columns = match &table.body {
                TableBody::Columns(columns) => columns.as_slice(),
                TableBody::Query | TableBody::PartitionOf(..) => &[],
            };
            let own = whole(table.name.name.as_str()).into_iter();
            own.chain(columns.iter().flat_map(of_column))
                .chain(table.constraints.iter().filter_map(of_constraint))
                .collect()
        }
        Kind::AlterTable(alter) => alter
            .changes
            .iter()
            .flat_map(|change| match &change.action {
                ChangeAction::AddColumn { column, .. } => of_column(column),
                ChangeAction::AddConstraint(constraint) => of_constraint(constraint).into_iter().collect(),
                ChangeAction::RenameColumn { to, .. }
                | ChangeAction::RenameConstraint { to, .. }
                | ChangeAction::RenameTo(to) => vec![(to.name.as_str(), to.span)],
                _ => Vec::new(),
            })
            .collect(),
        Kind::CreateIndex(index) => index.name.iter().map(|name| (name.name.as_str(), name.span)).collect(),
        Kind::Rename { to, .. } => vec![(&to.name, to.span)],
        Kind::CreateView(view) => whole(&view.name.name),
        Kind::CreateTrigger(trigger) => whole(&trigger.name),
        Kind::CreatePolicy(policy) => whole(&policy.name),
        Kind::CreateFunction(function) => whole(&function.name.name),
        Kind::CreateType(created) => whole(&created.name.name),
        Kind::CreateDomain(domain) => whole(&domain.name.name),
        Kind::CreateSchema { name } => whole(name),
        Kind::CreateSequence { name, .. } => whole(&name.name),
        _ => Vec::new(),
    }
}

fn of_column(column: &Column) -> Vec<(&str, Span)> {
    let own = std::iter::once((column.name.name.as_str(), column.name.span));
    own.chain(column.constraints.iter().filter_map(of_constraint)).collect()
}

fn of_constraint(constraint: &Constraint) -> Option<(&str, Span)> {
    constraint.name.as_deref().map(|name| (name, constraint.span))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages, sqlite_history};

    const FOUND: &[&str] = &["identifier-too-long controlled"];

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int)");
        let kept = "n".repeat(63);
        let long = "n".repeat(64);
        case(&history, &format!("CREATE TABLE {kept} ({kept} int)"), &[]);
        case(&history, &format!("CREATE TABLE {long} (id int)"), FOUND); // of a new table too
        case(&history, &format!("CREATE TABLE new ({long} int)"), FOUND);
        case(&history, &format!("CREATE TABLE new (id int CONSTRAINT {long} CHECK (id > 0))"), FOUND);
        case(&history, &format!("CREATE TABLE new (id int, CONSTRAINT {long} PRIMARY KEY (id))"), FOUND);
        case(&history, &format!("CREATE TABLE new (id int); CREATE INDEX {long} ON new (id)"), FOUND);
        case(&history, &format!("ALTER TABLE t ADD COLUMN {long} int"), FOUND);
        case(&history, &format!("CREATE VIEW {long} AS SELECT 1"), FOUND);
        case(&history, &format!("CREATE TYPE {long} AS ENUM ('a')"), FOUND);
        // Bytes, not characters.
        case(&history, &format!("CREATE TABLE new (\"{}\" int)", "é".repeat(32)), FOUND);
        case(&history, &format!("CREATE TABLE new (\"{}\" int)", "é".repeat(31)), &[]);
        let message = &messages(&history, &format!("CREATE TABLE new (\"{}\" int)", "é".repeat(32)))[0];
        assert!(message.ends_with(&format!("keeps only 63 of them: `{}`", "é".repeat(31))), "{message}");
    }

    #[test]
    fn sqlite_keeps_every_name() {
        let history = sqlite_history("CREATE TABLE t (id)");
        case(&history, &format!("ALTER TABLE t ADD COLUMN {} int", "n".repeat(64)), &[]);
    }
}
