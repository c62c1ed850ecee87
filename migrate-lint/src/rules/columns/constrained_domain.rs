//! `constrained-domain`: ADD COLUMN of a domain that has a constraint.
//!
//! ```sql
//! CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');   -- an earlier migration
//! ALTER TABLE users ADD COLUMN contact email;
//! ```
//!
//! PostgreSQL rewrites the table under ACCESS EXCLUSIVE, even though every value is NULL. Measured on PostgreSQL 15
//! and 18; the reason is in the server's `ATExecAddColumn`: only the cast to the domain checks its constraint in the
//! rows.
//!
//! Safer: the base type, with the domain's condition as a CHECK NOT VALID that a later migration validates.
//!
//! Exempt: a domain without constraints, and an array of a domain. A type that no migration creates is flagged,
//! because it may be such a domain.

use migrate_core::{Finding, Hazard};

use super::added_column::{Harm, added_columns};
use crate::Context;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    // Only the harm that `added_column` chose counts, so a column that is also serial is reported once.
    let columns = added_columns(context).filter_map(|added| {
        let reason = match added.harm? {
            Harm::ConstrainedDomain(domain) => format!("the domain `{domain}` has a constraint"),
            Harm::UnknownType(unknown) => {
                format!("the migrations do not create `{unknown}`, so it may be a domain with a constraint")
            }
            _ => return None,
        };
        Some((added, reason))
    });
    columns
        .map(|(added, reason)| {
            let (table, column) = (added.table, &added.column.name.name);
            let message = format!(
                "{reason}: the server rewrites `{table}` and its indexes, and no one can read or write it until that is done"
            );
            let safer = format!(
                "give `{column}` the domain's base type, add the domain's condition as a CHECK NOT VALID, and VALIDATE \
                 it in a later migration"
            );
            Finding::new(Hazard::ConstrainedDomain, added.span, message, safer)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int);
             CREATE DOMAIN positive AS int CHECK (VALUE > 0);
             CREATE DOMAIN price AS positive;
             CREATE DOMAIN word AS text NOT NULL;
             CREATE DOMAIN score AS int;
             CREATE DOMAIN app.score AS int CHECK (VALUE > 0);
             CREATE TYPE mood AS ENUM ('good');
             CREATE TYPE pair AS (a int, b int);",
        );
        let case = |sql: &str, want: &[&str]| case(&history, &format!("ALTER TABLE {sql}"), want);
        let high: &[&str] = &["constrained-domain high"];
        case("t ADD COLUMN n positive", high);
        case("t ADD COLUMN n positive DEFAULT 5", high); // a default does not help
        case("t ADD COLUMN n price", high); // the constraint of the domain below
        case("t ADD COLUMN n word DEFAULT 'x'", high);
        case("t ADD COLUMN n app.score", high);
        case("t ADD COLUMN n unheard", high); // made by hand, or by another tool
        case("t ADD COLUMN n positive[]", &[]); // an empty array meets it
        case("t ADD COLUMN n score", &[]);
        case("t ADD COLUMN n mood", &[]);
        case("t ADD COLUMN n pair", &[]);
        case("t ADD COLUMN n citext", &[]); // of an extension in wide use
        case("t ADD COLUMN n public.hstore", &[]);
    }

    #[test]
    fn an_unknown_type_is_called_that() {
        let history = history("CREATE TABLE t (id int)");
        let found = messages(&history, "ALTER TABLE t ADD COLUMN n app.unheard");
        assert!(found[0].contains("do not create `app.unheard`"), "{found:?}");
    }
}
