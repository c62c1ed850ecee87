use crate::Hazard;
use crate::lint::{Context, Finding};
use crate::sql::{Kind, ObjectKind};

const SAFER: &str = "stop using the table in one release and drop it in the next; keep a copy where the rows may be needed";

/// `DROP TABLE` of a table that was there before.
///
/// <https://www.postgresql.org/docs/current/sql-droptable.html>: ACCESS EXCLUSIVE on the table, and on each table that
/// it refers to.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Drop(drop) = &context.statement.kind else { return Vec::new() };
    if !matches!(drop.object, ObjectKind::Table | ObjectKind::ForeignTable | ObjectKind::MaterializedView) {
        return Vec::new();
    }
    let old = drop.names.iter().filter(|name| context.is_old(name));
    old.map(|name| {
        let message = format!("the rows of `{name}` are lost, and running code that uses it fails");
        Finding::new(Hazard::DropTable, context.statement.span, message, SAFER).breaking_older_binaries()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int); CREATE TABLE app.u (id int);");
        case(&history, "DROP TABLE t", &["drop-table high"]);
        case(&history, "DROP TABLE IF EXISTS app.u, t", &["drop-table high", "drop-table high"]);
        case(&history, "DROP TABLE unknown", &["drop-table high"]); // made by hand, or by another tool
        case(&history, "CREATE TABLE new (id int); DROP TABLE new", &[]);
        case(&history, "CREATE TABLE app.t (id int); DROP TABLE t", &["drop-table high"]); // another schema's
        case(&history, "CREATE TEMP TABLE t (id int); DROP TABLE t", &[]);
    }
}
