//! `pk-nullable` and `short-ael`: ADD UNIQUE or PRIMARY KEY … USING INDEX, the second half of a safe unique
//! constraint.
//!
//! ```sql
//! ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_id;
//! ```
//!
//! It is instant (<https://www.postgresql.org/docs/current/sql-altertable.html>, "ADD
//! table_constraint_using_index"), so it is `short-ael`, with one exception: a primary key makes its columns NOT
//! NULL, and if one may be NULL, the server reads all rows under ACCESS EXCLUSIVE to check.
//!
//! Safer: SET NOT NULL first, after a validated CHECK. The columns of an index that no migration creates are not
//! known, so it counts as nullable.

use migrate_core::{Finding, Hazard};

use super::added_constraints;
use crate::Context;
use crate::sql::{ConstraintKind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change, constraint) in added_constraints(context) {
        let ConstraintKind::UsingIndex { index, primary } = &constraint.kind else { continue };
        let finding = match nullable(context, table, index) {
            Some(columns) if *primary => {
                let message = format!(
                    "a primary key makes {columns} NOT NULL: the server reads all rows of `{table}`, and no one can read \
                     or write it until that is done"
                );
                let safer = "first prove it with a validated CHECK (… IS NOT NULL) and SET NOT NULL, in earlier migrations";
                Finding::new(Hazard::PkNullable, change.span, message, safer).breaking_older_binaries()
            }
            _ => {
                let message = format!(
                    "this is instant, but no one can use `{table}` while it waits for the longest query on it"
                );
                let safer =
                    "keep it alone in its migration, with a small lock_timeout; the runner tries again";
                Finding::new(Hazard::ShortExclusive, change.span, message, safer)
                    .in_recommended_form(context.is_alone())
            }
        };
        findings.push(finding);
    }
    findings
}

/// The columns of the index that may be NULL, as the message names them. `None` if all are known to be NOT NULL.
fn nullable(context: &Context<'_>, table: &Name, index: &str) -> Option<String> {
    let Some(index) = context.schema.indexes_of(table).find(|known| known.name.name == index) else {
        return Some(format!("the columns of `{index}`, which no migration creates,"));
    };
    let columns = index.keys.iter().filter_map(|key| key.column.as_deref());
    let columns = columns.filter(|column| !context.schema.proves_not_null(table, column));
    let columns: Vec<String> = columns.map(|column| format!("`{column}`")).collect();
    (!columns.is_empty()).then(|| columns.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages};

    const TABLES: &str = "
        CREATE TABLE t (id int NOT NULL, a int, b int CHECK (b IS NOT NULL));
        CREATE UNIQUE INDEX t_id ON t (id);
        CREATE UNIQUE INDEX t_a ON t (a);
        CREATE UNIQUE INDEX t_b ON t (b);
        CREATE UNIQUE INDEX t_id_a ON t (id, a);";

    #[test]
    fn cases() {
        let history = history(TABLES);
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        case("ALTER TABLE t ADD CONSTRAINT x UNIQUE USING INDEX t_id", &["short-ael controlled"]);
        case("ALTER TABLE t ADD CONSTRAINT x UNIQUE USING INDEX t_a", &["short-ael controlled"]); // NULL is welcome there
        case("ALTER TABLE t ADD CONSTRAINT x PRIMARY KEY USING INDEX t_id", &["short-ael controlled"]);
        case("ALTER TABLE t ADD PRIMARY KEY USING INDEX t_b", &["short-ael controlled"]); // the CHECK proves it
        case("ALTER TABLE t ADD PRIMARY KEY USING INDEX t_a", &["pk-nullable high"]);
        case("ALTER TABLE t ADD PRIMARY KEY USING INDEX t_id_a", &["pk-nullable high"]);
        case("ALTER TABLE t ADD PRIMARY KEY USING INDEX unknown", &["pk-nullable high"]);
        case("ALTER TABLE elsewhere ADD PRIMARY KEY USING INDEX t_id", &["pk-nullable high"]);
        case(
            "CREATE TABLE new (a int); CREATE UNIQUE INDEX new_a ON new (a);
             ALTER TABLE new ADD PRIMARY KEY USING INDEX new_a",
            &[],
        );
    }

    #[test]
    fn the_nullable_columns_are_named() {
        let found = messages(&history(TABLES), "ALTER TABLE t ADD PRIMARY KEY USING INDEX t_id_a");
        assert!(found[0].contains("makes `a` NOT NULL"), "{found:?}");
    }
}
