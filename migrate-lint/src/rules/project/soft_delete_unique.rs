//! `soft-delete-unique`: a unique constraint or index over both the live and the deleted rows of a table.
//!
//! ```sql
//! CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, deleted_at timestamptz);
//! ```
//!
//! A deleted user keeps the address, so no new one can have it, and the row that is in the way is one that no query
//! shows.
//!
//! Safer: a unique index `WHERE deleted_at IS NULL`; a constraint cannot be partial, an index can
//! (<https://www.postgresql.org/docs/current/indexes-partial.html>).
//!
//! Exempt: the primary key, a key that contains it, and a key that foreign keys refer to, because these have to
//! cover all rows.

use migrate_core::{Finding, Hazard, Span};

use super::{constraint, deletion_mark_of, shown, tenant_of};
use crate::WholeScript;
use crate::schema::{Table, TableConstraintKind};
use crate::sql::{ConstraintKind, Expression, Kind};

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let keys = added(whole).into_iter().filter_map(|key| {
        let mark = deletion_mark_of(whole, key.table)?;
        (keeps_values(mark, &key) && !is_needed(whole, &key)).then_some((key, mark))
    });
    keys.map(|(key, mark)| {
        let (table, columns) = (shown(&key.table.name), key.columns.join(", "));
        let message = format!("no row of `{table}` can use the `{columns}` of a deleted row again");
        let safer = format!("`CREATE UNIQUE INDEX … ON {table} ({columns}) WHERE {mark} IS NULL`");
        Finding::new(Hazard::SoftDeleteUnique, key.span, message, safer)
    })
    .collect()
}

/// A unique constraint or index that a script adds, other than the primary key.
struct UniqueKey<'a> {
    table: &'a Table,
    columns: Vec<&'a str>,
    filter: Option<&'a Expression>,
    span: Span,
}

/// The unique keys that a script adds.
fn added<'a>(whole: &WholeScript<'a>) -> Vec<UniqueKey<'a>> {
    let constraints = constraint::added(whole).into_iter().filter_map(|added| {
        let ConstraintKind::Unique { columns, .. } = &added.constraint.kind else { return None };
        let columns = added.columns(columns)?;
        Some(UniqueKey { table: added.table, columns, filter: None, span: added.span })
    });
    let indexes = whole.statements().filter_map(|statement| match &statement.kind {
        Kind::CreateIndex(create) if create.unique => {
            let table = whole.schema.table(&create.table)?;
            let columns = create.keys.iter().map(|key| key.column.as_deref().unwrap_or(&key.value.text));
            let (columns, filter) = (columns.collect(), create.filter.as_ref());
            Some(UniqueKey { table, columns, filter, span: statement.span })
        }
        _ => None,
    });
    constraints.chain(indexes).collect()
}

/// Whether deleted rows keep their values: neither the condition nor the columns of the key contain the mark.
fn keeps_values(mark: &str, key: &UniqueKey<'_>) -> bool {
    let in_filter = key.filter.is_some_and(|filter| filter.columns.iter().any(|column| column == mark));
    let in_columns = key.columns.iter().any(|column| column.contains(mark));
    !in_filter && !in_columns
}

/// Whether the key has to cover all rows: it contains the primary key, or foreign keys refer to it.
fn is_needed(whole: &WholeScript<'_>, key: &UniqueKey<'_>) -> bool {
    let tenant = tenant_of(whole, key.table);
    let number =
        key.table.primary_key().into_iter().flatten().filter(|column| Some(column.as_str()) != tenant);
    let mut number = number.peekable();
    let has_number = number.peek().is_some();
    let holds_number = has_number && number.all(|column| key.columns.contains(&column.as_str()));
    let is_referenced = || {
        whole.schema.foreign_keys_to(&key.table.name).any(|(_, constraint)| match &constraint.kind {
            TableConstraintKind::ForeignKey { referenced, .. } => {
                let referenced: Vec<&str> = referenced.iter().map(String::as_str).collect();
                super::is_same_set(&referenced, &key.columns)
            }
            _ => false,
        })
    };
    holds_number || is_referenced()
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::SoftDeleteUnique;
    use migrate_core::Project;

    use crate::testing::{history, places, sqlite_history};

    fn soft() -> Project {
        let (tenant, deleted) = (Some("business_id".to_owned()), Some("deleted_at".to_owned()));
        Project { tenant, deleted, ..Project::default() }
    }

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY, business_id int, email text, code text, deleted_at timestamptz);
             CREATE TABLE u (id int, email text)",
        )
        .project(soft());
        let flagged = |sql: &str| assert_eq!(places(&history, SoftDeleteUnique, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, SoftDeleteUnique, sql), [""; 0], "{sql}");
        flagged("ALTER TABLE t ADD UNIQUE (business_id, email)");
        flagged("CREATE UNIQUE INDEX ON t (email)");
        flagged("CREATE UNIQUE INDEX ON t (lower(email))");
        flagged("CREATE UNIQUE INDEX ON t (email) WHERE business_id > 1");
        flagged("ALTER TABLE t ADD slug text UNIQUE");
        flagged("CREATE TABLE n (id int PRIMARY KEY, email text UNIQUE, deleted_at timestamptz)");
        flagged("CREATE TABLE n (email text UNIQUE); ALTER TABLE n ADD deleted_at timestamptz");
        fine("CREATE UNIQUE INDEX ON t (business_id, email) WHERE deleted_at IS NULL");
        fine("CREATE UNIQUE INDEX ON t (email) WHERE code <> '' AND deleted_at IS NULL");
        fine("ALTER TABLE t ADD UNIQUE (business_id, id)"); // for foreign keys to refer to
        fine("CREATE UNIQUE INDEX ON t (id, email)");
        fine("CREATE TABLE n (id int PRIMARY KEY, deleted_at timestamptz)");
        fine("CREATE UNIQUE INDEX ON t (email, deleted_at)");
        fine("CREATE UNIQUE INDEX ON t (email, coalesce(deleted_at, 'infinity'))");
        fine("CREATE INDEX ON t (email)");
        fine("CREATE UNIQUE INDEX ON u (email)"); // no row of it is only marked
        // A foreign key cannot refer to a partial index.
        fine(
            "ALTER TABLE t ADD CONSTRAINT t_code UNIQUE (code);
             CREATE TABLE n (code text REFERENCES t (code))",
        );
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id INTEGER PRIMARY KEY, email text, deleted_at text)")
            .project(soft());
        assert_eq!(places(&history, SoftDeleteUnique, "CREATE UNIQUE INDEX i ON t (email)").len(), 1);
        let partial = "CREATE UNIQUE INDEX i ON t (email) WHERE deleted_at IS NULL";
        assert_eq!(places(&history, SoftDeleteUnique, partial), [""; 0]);
    }
}
