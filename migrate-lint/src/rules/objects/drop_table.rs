//! `drop-table`: a table that was there before.
//!
//! ```sql
//! DROP TABLE invoices;
//! ```
//!
//! Its rows are lost, and running code that names it fails
//! (<https://www.postgresql.org/docs/current/sql-droptable.html>). Measured: it takes ACCESS EXCLUSIVE on the table
//! and on each table that its foreign keys refer to, because their triggers are dropped too.
//!
//! Safer: stop using the table in one release, drop it in the next.
//!
//! Exempt: a table that the same script creates. On SQLite a DROP TABLE may be one step of a rebuild, so
//! `lint/rebuild` follows the rows there instead.

use std::collections::BTreeSet;

use migrate_core::{Finding, Hazard};

use crate::schema::{TableConstraint, TableConstraintKind};
use crate::sql::{Drop, Kind, Name, ObjectKind};
use crate::{Context, DROP_TABLE_SAFER};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Drop(drop) = &context.statement.kind else { return Vec::new() };
    if drop.object != ObjectKind::Table || context.engine.rebuilds_tables() {
        return Vec::new();
    }
    let old = drop.names.iter().filter(|name| context.is_old(name));
    old.map(|name| dropped(context, drop, name)).collect()
}

/// The finding for one table, with the other tables that are locked.
fn dropped(context: &Context<'_>, drop: &Drop, name: &Name) -> Finding {
    let mut message = format!("the rows of `{name}` are lost, and running code that uses it fails");
    let goes_too: Vec<Name> = drop.names.iter().map(|name| context.schema.resolve(name)).collect();
    let others: BTreeSet<String> = context
        .schema
        .foreign_keys_of(name)
        .filter_map(referenced)
        .filter(|other| context.is_old(other) && !goes_too.contains(other))
        .map(|other| format!("`{other}`"))
        .collect();
    if !others.is_empty() {
        let others: Vec<String> = others.into_iter().collect();
        message += &format!("; its foreign keys lock {} as well", others.join(", "));
    }
    Finding::new(Hazard::DropTable, context.statement.span, message, DROP_TABLE_SAFER)
        .breaking_older_binaries()
}

/// The table that a foreign key refers to.
fn referenced(constraint: &TableConstraint) -> Option<&Name> {
    match &constraint.kind {
        TableConstraintKind::ForeignKey { table, .. } => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE app.u (id int);
             CREATE TABLE child (t_id int REFERENCES t); CREATE TABLE p (id int) PARTITION BY RANGE (id);
             CREATE TABLE p1 PARTITION OF p DEFAULT;",
        );
        case(&history, "DROP TABLE t", &["drop-table high", "up-fails high"]);
        case(&history, "DROP TABLE IF EXISTS app.u, child, t", &["drop-table high"; 3]);
        case(&history, "DROP TABLE child", &["drop-table high"]);
        case(&history, "DROP TABLE p1", &["drop-table high"]); // a partition's rows are lost like others
        case(&history, "DROP TABLE unknown", &["drop-table high"]); // made by hand, or by another tool
        case(&history, "CREATE TABLE new (id int); DROP TABLE new", &[]);
        case(&history, "CREATE TABLE app.t (id int); DROP TABLE t", &["drop-table high", "up-fails high"]); // another schema's
        case(&history, "CREATE TEMP TABLE t (id int); DROP TABLE t", &[]);
        // The rows are gone even where a table of the name comes back.
        case(&history, "DROP TABLE app.u; CREATE TABLE app.u (id int)", &["drop-table high"]);
    }

    #[test]
    fn it_says_what_else_is_locked() {
        let history = history(
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
             CREATE TABLE c (x int REFERENCES a, y int REFERENCES a, z int REFERENCES b)",
        );
        let lost = "the rows of `c` are lost, and running code that uses it fails; its foreign keys lock";
        assert_eq!(messages(&history, "DROP TABLE c"), [format!("{lost} `public.a`, `public.b` as well")]);
        assert_eq!(messages(&history, "DROP TABLE c, b")[0], format!("{lost} `public.a` as well"));
    }
}
