use std::collections::BTreeSet;

use super::rebuild::successor;
use crate::lint::{Context, Finding};
use crate::schema::{TableConstraint, TableConstraintKind};
use crate::sql::{Drop, Kind, Name, ObjectKind};
use crate::{Engine, Hazard};

const SAFER: &str =
    "stop using the table in one release and drop it in the next; keep a copy where the rows may be needed";

/// `DROP TABLE` of a table that was there before.
///
/// <https://www.postgresql.org/docs/current/sql-droptable.html>. Measured: ACCESS EXCLUSIVE on the table, and on each
/// table that it refers to.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Drop(drop) = &context.statement.kind else { return Vec::new() };
    if drop.object != ObjectKind::Table {
        return Vec::new();
    }
    let old = drop.names.iter().filter(|name| context.is_old(name));
    old.flat_map(|name| match successor(context, name) {
        Some(successor) => missing_columns(context, name, &successor),
        None => vec![dropped(context, drop, name)],
    })
    .collect()
}

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
    if !others.is_empty() && context.engine == Engine::Postgres {
        let others: Vec<String> = others.into_iter().collect();
        message += &format!("; its foreign keys lock {} too", others.join(", "));
    }
    Finding::new(Hazard::DropTable, context.statement.span, message, SAFER).breaking_older_binaries()
}

fn referenced(constraint: &TableConstraint) -> Option<&Name> {
    match &constraint.kind {
        TableConstraintKind::ForeignKey { table, .. } => Some(table),
        _ => None,
    }
}

/// The columns that the new table of a rebuild does not have.
fn missing_columns(context: &Context<'_>, name: &Name, successor: &Name) -> Vec<Finding> {
    let (Some(old), Some(new)) = (context.schema.table(name), context.schema.table(successor)) else {
        return Vec::new();
    };
    let missing =
        old.columns.iter().filter(|column| new.columns_are_complete && new.column(&column.name).is_none());
    missing
        .map(|column| {
            let message = format!(
                "`{successor}`, which takes the place of `{name}`, has no column `{}`: its values are lost, and running \
                 code that uses it fails",
                column.name
            );
            let safer = "stop using the column in one release and rebuild the table without it in the next";
            Finding::new(Hazard::DropColumn, context.statement.span, message, safer).breaking_older_binaries()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{case, history, messages, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE app.u (id int);
             CREATE TABLE child (t_id int REFERENCES t); CREATE TABLE p (id int) PARTITION BY RANGE (id);
             CREATE TABLE p1 PARTITION OF p DEFAULT;",
        );
        case(&history, "DROP TABLE t", &["drop-table high"]);
        case(&history, "DROP TABLE IF EXISTS app.u, t", &["drop-table high", "drop-table high"]);
        case(&history, "DROP TABLE child", &["drop-table high"]);
        case(&history, "DROP TABLE p1", &["drop-table high"]); // a partition's rows are lost like others
        case(&history, "DROP TABLE unknown", &["drop-table high"]); // made by hand, or by another tool
        case(&history, "CREATE TABLE new (id int); DROP TABLE new", &[]);
        case(&history, "CREATE TABLE app.t (id int); DROP TABLE t", &["drop-table high"]); // another schema's
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
        assert_eq!(messages(&history, "DROP TABLE c"), [format!("{lost} `public.a`, `public.b` too")]);
        assert_eq!(messages(&history, "DROP TABLE c, b")[0], format!("{lost} `public.a` too"));
    }

    #[test]
    fn a_rebuild_on_sqlite_loses_what_the_new_table_does_not_have() {
        let history = sqlite_history("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); CREATE TABLE u (id)");
        case(&history, "DROP TABLE t", &["drop-table high"]);
        let rebuild = |columns: &str| {
            format!(
                "CREATE TABLE new_t ({columns}); INSERT INTO new_t SELECT id, a FROM t; DROP TABLE t; ALTER TABLE new_t RENAME TO t"
            )
        };
        case(&history, &rebuild("id INTEGER PRIMARY KEY, a NOT NULL, b"), &[]);
        case(&history, &rebuild("id INTEGER PRIMARY KEY, a"), &["drop-column high"]);
        let renamed_first = "ALTER TABLE t RENAME TO old_t; CREATE TABLE t (id, a, b); INSERT INTO t SELECT * FROM old_t; DROP TABLE old_t";
        case(&history, renamed_first, &[]);
        // As Prisma writes it.
        let prisma = r#"PRAGMA foreign_keys=OFF; CREATE TABLE "new_t" ("id" INTEGER PRIMARY KEY, "a" TEXT NOT NULL, "b" TEXT);
            INSERT INTO "new_t" ("id", "a", "b") SELECT "id", "a", "b" FROM "t"; DROP TABLE "t";
            ALTER TABLE "new_t" RENAME TO "t"; CREATE INDEX "t_a" ON "t"("a"); PRAGMA foreign_keys=ON;"#;
        case(&history, prisma, &[]);
        // `u` is no new table made from the rows of `t`.
        case(&history, "DROP TABLE t; ALTER TABLE u RENAME TO t", &["drop-table high", "rename high"]);
    }
}
