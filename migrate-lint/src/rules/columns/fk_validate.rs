//! `fk-validate`: a foreign key that looks up every row: ADD FOREIGN KEY, and ADD COLUMN … DEFAULT … REFERENCES.
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES customers;
//! ```
//!
//! The server holds SHARE ROW EXCLUSIVE on both tables while it looks up each row, so no one writes to either
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, "Notes" for NOT VALID).
//!
//! Safer: NOT VALID, and VALIDATE CONSTRAINT in a later migration.
//!
//! Exempt: NOT VALID and NOT ENFORCED, a table that the same script creates, and a new column without a default,
//! whose rows are all NULL: these are `fk-two-tables`. On SQLite only a new column with a default is flagged, which
//! it refuses once the table has rows (<https://www.sqlite.org/lang_altertable.html>).

use migrate_core::{Engine, Finding, Hazard};

use super::constraint_name;
use super::foreign_key::{AddedForeignKey, added_foreign_keys};
use crate::Context;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let keys = added_foreign_keys(context).into_iter().filter(AddedForeignKey::reads_rows);
    keys.filter_map(|key| match context.engine {
        Engine::Postgres => Some(on_postgres(context, &key)),
        Engine::Sqlite => on_sqlite(&key),
    })
    .collect()
}

/// The finding on PostgreSQL, with the statements to write for a new column or an old one.
fn on_postgres(context: &Context<'_>, key: &AddedForeignKey<'_>) -> Finding {
    let table = key.table;
    let name =
        constraint_name(key.constraint, || format!("{}_{}_fkey", table.name, key.key.columns.join("_")));
    let tables = match key.other_old_table(context) {
        Some(other) => format!("`{table}` or `{other}`"),
        None => format!("`{table}`"),
    };
    let message = format!(
        "the server looks up all rows of `{table}` in `{}`, and no one can write to {tables} until that is done",
        key.key.table
    );
    let add = match key.new_column() {
        None => "add NOT VALID".to_owned(),
        Some(column) => format!(
            "add `{column}` without REFERENCES, then `ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) \
             REFERENCES {} … NOT VALID`",
            key.key.table
        ),
    };
    let safer = format!("{add}, and in a later migration `ALTER TABLE {table} VALIDATE CONSTRAINT {name}`");
    let finding = Finding::new(Hazard::FkValidate, key.span, message, safer);
    if key.limits_writes() { finding.breaking_older_binaries() } else { finding }
}

/// The finding on SQLite, which only concerns a new column with a default.
fn on_sqlite(key: &AddedForeignKey<'_>) -> Option<Finding> {
    if !key.has_default() {
        return None;
    }
    let message = format!(
        "if foreign keys are on, SQLite refuses a column with both REFERENCES and a default once `{}` has a row",
        key.table
    );
    let safer = "leave the default out, and set the values with an UPDATE";
    Some(Finding::new(Hazard::FkValidate, key.span, message, safer))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, findings, history, messages, sqlite_history};

    const TABLES: &str = "CREATE TABLE r (id bigint PRIMARY KEY);
        CREATE TABLE t (id bigint PRIMARY KEY, r_id bigint, parent bigint, at int);
        CREATE INDEX t_r ON t (r_id);
        CREATE INDEX t_parent ON t (parent);";

    #[test]
    fn cases() {
        let history = history(TABLES);
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        let high: &[&str] = &["fk-validate high"];
        case("ALTER TABLE t ADD CONSTRAINT t_r_fk FOREIGN KEY (r_id) REFERENCES r", high);
        case("ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t", high); // one table, but all its rows
        case(
            "CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES new",
            high,
        );
        case(
            "CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE new ADD FOREIGN KEY (id) REFERENCES new",
            &[],
        );
    }

    #[test]
    fn a_new_column_is_looked_up_if_it_has_a_default() {
        let history = history(TABLES);
        let column = |definition: &str, want: &[&str]| {
            let sql = format!("ALTER TABLE t ADD COLUMN n bigint {definition}; CREATE INDEX t_n ON t (n)");
            let found = findings(&history, &sql);
            let found: Vec<&str> = found.iter().map(|finding| finding.hazard.name()).collect();
            assert_eq!(found[..found.len() - 2], *want, "{sql}: {found:?}"); // but for those of the index
        };
        column("DEFAULT 1 REFERENCES r", &["fk-validate"]);
        column("DEFAULT NULL REFERENCES r", &["fk-validate"]); // so it was measured
        column("DEFAULT nextval('numbers') REFERENCES r", &["volatile-default", "fk-validate"]); // r is locked as well
        column("REFERENCES r", &["fk-two-tables"]);
    }

    #[test]
    fn the_locked_tables_are_named() {
        let history = history(TABLES);
        let found = messages(&history, "ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r");
        assert!(found[0].contains("write to `t` or `r`"), "{found:?}");
        let found = messages(&history, "ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t");
        assert!(found[0].contains("write to `t` until that is done"), "{found:?}");
    }

    #[test]
    fn sqlite_refuses_a_default_beside_it() {
        let history = sqlite_history("CREATE TABLE r (id int PRIMARY KEY); CREATE TABLE t (id int)");
        let hazards = |sql: &str| -> Vec<&str> {
            findings(&history, sql)
                .iter()
                .map(|finding| finding.hazard.name())
                .filter(|name| *name != "fk-index")
                .collect()
        };
        assert_eq!(hazards("ALTER TABLE t ADD COLUMN n int DEFAULT 1 REFERENCES r"), ["fk-validate"]);
        assert!(hazards("ALTER TABLE t ADD COLUMN n int REFERENCES r").is_empty());
        assert!(hazards("ALTER TABLE t ADD COLUMN n int DEFAULT NULL REFERENCES r").is_empty());
    }
}
