//! `unique-build`: ADD UNIQUE and ADD PRIMARY KEY on a table that was there before.
//!
//! ```sql
//! ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
//! ```
//!
//! The server builds the index over all rows under ACCESS EXCLUSIVE.
//!
//! Safer: CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, "ADD table_constraint_using_index"). A
//! partitioned table refuses USING INDEX; there a unique index that is built partition by partition does the same.
//!
//! Exempt: a table that the same script creates.

use migrate_core::{Finding, Hazard};

use super::{added_constraints, constraint_name};
use crate::Context;
use crate::sql::{Constraint, ConstraintKind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, change, constraint) in added_constraints(context) {
        let (ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns }) =
            &constraint.kind
        else {
            continue;
        };
        let message = format!(
            "the server builds the index of ({}) over all rows of `{table}`, and no one can read or write it until that is done",
            columns.join(", ")
        );
        let is_partitioned = context.schema.table(table).is_some_and(|table| table.partition_by.is_some());
        let safer = if is_partitioned { of_partitions(table) } else { safer(table, constraint, columns) };
        findings
            .push(Finding::new(Hazard::UniqueBuild, change.span, message, safer).breaking_older_binaries());
    }
    findings
}

/// The two steps for an ordinary table, with the name that the server would give the constraint.
fn safer(table: &Name, constraint: &Constraint, columns: &[String]) -> String {
    let is_primary = matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
    let (kind, suffix) = if is_primary { ("PRIMARY KEY", "pkey") } else { ("UNIQUE", "key") };
    let name = constraint_name(constraint, || match is_primary {
        true => format!("{}_{suffix}", table.name),
        false => format!("{}_{}_{suffix}", table.name, columns.join("_")),
    });
    let nulls = match constraint.kind {
        ConstraintKind::Unique { nulls_not_distinct: true, .. } => " NULLS NOT DISTINCT",
        _ => "",
    };
    let first = if is_primary { "make the columns NOT NULL first; then " } else { "" };
    format!(
        "{first}`CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({}){nulls}` in a migration with `-- migrate: \
         no-transaction`, then `ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}`",
        columns.join(", ")
    )
}

/// The steps for a partitioned table.
fn of_partitions(table: &Name) -> String {
    format!(
        "`CREATE UNIQUE INDEX … ON ONLY {table}`, build the index of each partition CONCURRENTLY, and attach them with \
         `ALTER INDEX … ATTACH PARTITION`: a unique index does what the constraint does"
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, findings, history};

    #[test]
    fn cases() {
        let history =
            history("CREATE TABLE t (id int, a int); CREATE TABLE p (id int) PARTITION BY RANGE (id)");
        let high: &[&str] = &["unique-build high"];
        case(&history, "ALTER TABLE t ADD CONSTRAINT t_a_unique UNIQUE (a)", high);
        case(&history, "ALTER TABLE t ADD UNIQUE (id, a) DEFERRABLE", high);
        case(&history, "ALTER TABLE t ADD PRIMARY KEY (id)", high);
        case(&history, "ALTER TABLE p ADD UNIQUE (id)", high);
        case(&history, "CREATE TABLE new (a int); ALTER TABLE new ADD UNIQUE (a)", &[]);
        case(
            &history,
            "CREATE TABLE app.t (a int); ALTER TABLE app.t ADD UNIQUE (a); ALTER TABLE t ADD UNIQUE (a)",
            high,
        );
    }

    #[test]
    fn the_safer_form_is_of_the_table() {
        let history =
            history("CREATE TABLE t (id int, a int); CREATE TABLE p (id int) PARTITION BY RANGE (id)");
        let safer = |sql| findings(&history, sql)[0].safer.clone();
        assert!(safer("ALTER TABLE t ADD UNIQUE (id, a)").contains("CONCURRENTLY t_id_a_key ON t (id, a)"));
        assert!(
            safer("ALTER TABLE t ADD PRIMARY KEY (id)")
                .contains("ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey")
        );
        assert!(
            safer("ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a)").contains("t (a) NULLS NOT DISTINCT`")
        );
        assert!(safer("ALTER TABLE p ADD UNIQUE (id)").contains("ON ONLY p"));
    }
}
