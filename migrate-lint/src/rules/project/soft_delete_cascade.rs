//! `soft-delete-cascade`: ON DELETE CASCADE into a table whose rows are only marked as deleted.
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY, order_id bigint REFERENCES orders ON DELETE CASCADE, deleted_at timestamptz);
//! ```
//!
//! A DELETE of the order deletes its notes for good, both the live ones and those that could be restored
//! (<https://www.postgresql.org/docs/current/ddl-constraints.html>, "Foreign Keys").
//!
//! Safer: ON DELETE RESTRICT, and an application that marks both.
//!
//! Exempt: a table without the column that `deleted` in `migrate.toml` names, and NOT ENFORCED.

use migrate_core::{Finding, Hazard};

use super::foreign_key::added;
use super::{deletion_mark_of, shown};
use crate::WholeScript;
use crate::sql::OnDelete;

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let cascading = added(whole)
        .into_iter()
        .filter(|added| added.key.on_delete == OnDelete::Cascade && added.is_enforced);
    let marked = cascading.filter_map(|added| deletion_mark_of(whole, added.table).map(|mark| (added, mark)));
    marked
        .map(|(added, mark)| {
            let (table, other) = (shown(&added.table.name), &added.key.table);
            let message = format!("a DELETE of a row of `{other}` deletes rows of `{table}` for good, and `{mark}` does not protect them");
            let safer = "write `ON DELETE RESTRICT` and let the application mark both; or keep it for a purge that deletes both on purpose";
            Finding::new(Hazard::SoftDeleteCascade, added.span, message, safer)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::SoftDeleteCascade;
    use migrate_core::Project;

    use crate::testing::{history, places};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE r (id int PRIMARY KEY, deleted_at timestamptz); CREATE TABLE hard (id int PRIMARY KEY);
             CREATE TABLE t (id int PRIMARY KEY, deleted_at timestamptz, r_id int)",
        )
        .project(Project { deleted: Some("deleted_at".to_owned()), ..Project::default() });
        let flagged = |sql: &str| assert_eq!(places(&history, SoftDeleteCascade, sql).len(), 1, "{sql}");
        let fine = |sql: &str| assert_eq!(places(&history, SoftDeleteCascade, sql), [""; 0], "{sql}");
        flagged("ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r ON DELETE CASCADE");
        flagged("ALTER TABLE t ADD hard_id int REFERENCES hard ON DELETE CASCADE");
        flagged("CREATE TABLE n (r_id int REFERENCES r ON DELETE CASCADE, deleted_at timestamptz)");
        fine("ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r");
        fine("ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r ON DELETE SET NULL");
        fine("ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r ON UPDATE CASCADE");
        fine("CREATE TABLE n (r_id int REFERENCES r ON DELETE CASCADE)"); // its rows are deleted for good anyway
    }
}
