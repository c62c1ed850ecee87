//! `fk-index`: a foreign key whose columns no index of its own table begins with.
//!
//! ```sql
//! CREATE TABLE payments (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders);
//! ```
//!
//! "Since a DELETE of a row from the referenced table or an UPDATE of a referenced column will require a scan of the
//! referencing table for rows matching the old value, it is often a good idea to index the referencing columns too"
//! (<https://www.postgresql.org/docs/current/ddl-constraints.html>, "Foreign Keys"). SQLite says the same
//! (<https://www.sqlite.org/foreignkeys.html>, section 3).
//!
//! Safer: `CREATE INDEX ON payments (order_id)`, which may follow anywhere in the script.
//!
//! Exempt: NOT ENFORCED. A partial index counts if every row that refers to something is in it.

use migrate_core::{Finding, Hazard};

use super::foreign_key::{Added, added};
use super::shown;
use crate::WholeScript;
use crate::schema::Index;

pub(super) fn check(whole: &WholeScript<'_>) -> Vec<Finding> {
    let bare = added(whole).into_iter().filter(|added| added.is_enforced && !is_indexed(whole, added));
    bare.map(|added| {
        let (table, columns) = (shown(&added.table.name), added.columns.join(", "));
        let message = format!(
            "no index of `{table}` begins with `{columns}`: each DELETE of a row of `{}` reads all of `{table}`",
            added.key.table
        );
        let safer = if whole.schema.is_current(added.table.created_in) {
            format!("`CREATE INDEX ON {table} ({columns})` in the same migration")
        } else {
            format!("`CREATE INDEX CONCURRENTLY … ON {table} ({columns})` in a migration of its own, before this one")
        };
        Finding::new(Hazard::FkIndex, added.span, message, safer)
    })
    .collect()
}

/// Whether an index finds the rows of one key.
fn is_indexed(whole: &WholeScript<'_>, added: &Added<'_>) -> bool {
    // On SQLite an INTEGER PRIMARY KEY is the row number itself, so it finds rows without an index.
    let is_row_number = |key: &[String]| matches!(key, [key] if added.columns.contains(&key.as_str()));
    added.table.primary_key().is_some_and(is_row_number)
        || whole.schema.indexes_of(&added.table.name).any(|index| helps(whole, index, &added.columns))
}

/// Whether the index finds the rows of one key. If the key has several columns, an index on one of them is enough, unless
/// that is the tenant: one tenant has many rows.
fn helps(whole: &WholeScript<'_>, index: &Index, columns: &[&str]) -> bool {
    let covers = index.filter.as_ref().is_none_or(|filter| {
        // The server searches for a value and never for NULL, so rows that are NULL need not be in the index.
        !filter.not_null.is_empty()
            && filter.columns.iter().chain(&filter.not_null).all(|column| columns.contains(&column.as_str()))
    });
    let leading = index.leading_columns().take_while(|column| columns.contains(column));
    let tenant = whole.project.tenant.as_deref().filter(|_| columns.len() > 1);
    covers && leading.into_iter().any(|column| Some(column) != tenant)
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::FkIndex;
    use migrate_core::Project;

    use crate::testing::{History, history, places, sqlite_history};

    const HISTORY: &str = "CREATE TABLE r (id int PRIMARY KEY, k int, UNIQUE (id, k));
        CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int, lower text);
        CREATE INDEX ON t (a, b); CREATE INDEX ON t (c) WHERE b > 1; CREATE INDEX ON t (d) WHERE d IS NOT NULL;
        CREATE INDEX ON t (lower(lower));";

    #[track_caller]
    fn flagged(history: &History, sql: &str) {
        assert_eq!(places(history, FkIndex, sql).len(), 1, "{sql}");
    }

    #[track_caller]
    fn fine(history: &History, sql: &str) {
        assert_eq!(places(history, FkIndex, sql), [""; 0], "{sql}");
    }

    #[test]
    fn cases() {
        let history = history(HISTORY);
        flagged(&history, "CREATE TABLE n (r_id int REFERENCES r)");
        flagged(&history, "CREATE TABLE n (r_id int, FOREIGN KEY (r_id) REFERENCES r)");
        flagged(&history, "ALTER TABLE t ADD r_id int REFERENCES r");
        flagged(&history, "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES r NOT VALID"); // `b` is second in the index
        flagged(&history, "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES r"); // some rows are not in the index
        flagged(&history, "CREATE TABLE n (r_id int REFERENCES r, x int, UNIQUE (x, r_id))");
        flagged(&history, "CREATE TABLE n (up int REFERENCES n, id int PRIMARY KEY)"); // itself
        flagged(&history, "CREATE TABLE n (r_id int REFERENCES r); CREATE INDEX ON n ((r_id + 1))");
        fine(&history, "CREATE TABLE n (r_id int REFERENCES r); CREATE INDEX ON n (r_id)");
        fine(&history, "CREATE TABLE n (r_id int REFERENCES r); CREATE INDEX ON n (r_id, lower('a'))");
        fine(&history, "CREATE TABLE n (r_id int PRIMARY KEY REFERENCES r)");
        fine(&history, "CREATE TABLE n (r_id int REFERENCES r, x int, UNIQUE (r_id, x))");
        fine(&history, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES r");
        fine(&history, "ALTER TABLE t ADD FOREIGN KEY (d) REFERENCES r"); // NULL refers to nothing
        fine(&history, "ALTER TABLE t ADD FOREIGN KEY (b, a) REFERENCES r (id, k)"); // in another order
        fine(&history, "CREATE INDEX i ON t (b); ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES r");
        fine(&history, "CREATE TABLE n (r_id int REFERENCES r); DROP TABLE n");
        fine(&history, "CREATE TEMP TABLE n (r_id int REFERENCES n)");
        fine(&history, "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES r NOT ENFORCED");
        // Its indexes are not known.
        fine(&history, "ALTER TABLE unknown ADD FOREIGN KEY (b) REFERENCES r");
        // Of two columns one finds the rows,
        fine(&history, "ALTER TABLE t ADD FOREIGN KEY (a, c) REFERENCES r (id, k)");
        // but the tenant's finds all of a tenant.
        let tenants = history.project(Project { tenant: Some("a".to_owned()), ..Project::default() });
        flagged(&tenants, "ALTER TABLE t ADD FOREIGN KEY (a, c) REFERENCES r (id, k)");
        flagged(
            &tenants,
            "CREATE TABLE n (a int, id int, c int, PRIMARY KEY (a, id), FOREIGN KEY (a, c) REFERENCES r (id, k))",
        );
        fine(&tenants, "ALTER TABLE t ADD FOREIGN KEY (a, b) REFERENCES r (id, k)");
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE r (id INTEGER PRIMARY KEY)");
        flagged(&history, "CREATE TABLE n (r_id int REFERENCES r)");
        fine(&history, "CREATE TABLE n (r_id INTEGER PRIMARY KEY REFERENCES r)"); // the row's own number
        fine(&history, "CREATE TABLE n (r_id int REFERENCES r); CREATE INDEX n_r ON n (r_id)");
    }
}
