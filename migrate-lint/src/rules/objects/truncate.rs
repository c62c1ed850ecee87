//! `truncate`: TRUNCATE of a table that was there before.
//!
//! ```sql
//! TRUNCATE sessions CASCADE;
//! ```
//!
//! All rows are lost, under ACCESS EXCLUSIVE. ON DELETE triggers do not fire, so audit tables and counters do not
//! follow, and CASCADE empties every table with a foreign key to it
//! (<https://www.postgresql.org/docs/current/sql-truncate.html>).
//!
//! Safer: delete the rows in batches outside of migrations.
//!
//! Exempt: a table that the same script creates.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{Kind, Name};

const SAFER: &str = "delete the rows in batches outside of migrations, and keep a copy if they may be needed";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Truncate { tables, cascade } = &context.statement.kind else { return Vec::new() };
    let old = tables.iter().filter(|table| context.is_old(table));
    old.map(|table| {
        let others = if *cascade { referring(context, table) } else { String::new() };
        let message = format!("all rows of `{table}`{others} are lost, and no ON DELETE trigger fires");
        Finding::new(Hazard::Truncate, context.statement.span, message, SAFER)
    })
    .collect()
}

/// The tables that CASCADE empties too: those that are known, and that there may be more.
fn referring(context: &Context<'_>, table: &Name) -> String {
    let owners = context.schema.foreign_keys_to(table).map(|(owner, _)| &owner.name);
    let known: String = owners
        .filter(|owner| **owner != context.schema.resolve(table))
        .map(|owner| format!(", of `{owner}`"))
        .collect();
    known + " and of every table that refers to it"
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages};

    #[test]
    fn cases() {
        let history =
            history("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE child (t_id int REFERENCES t)");
        case(&history, "TRUNCATE child", &["truncate high"]);
        case(&history, "TRUNCATE TABLE t, child RESTART IDENTITY", &["truncate high", "truncate high"]);
        case(&history, "TRUNCATE t CASCADE", &["truncate high"]);
        case(&history, "TRUNCATE unknown", &["truncate high"]);
        case(&history, "CREATE TABLE new (id int); TRUNCATE new", &[]);
        case(&history, "CREATE TEMP TABLE t (id int); TRUNCATE t", &[]);
        assert_eq!(
            messages(&history, "TRUNCATE t CASCADE"),
            [
                "all rows of `t`, of `public.child` and of every table that refers to it are lost, and no ON DELETE trigger fires"
            ]
        );
    }
}
