//! `fk-two-tables`: a foreign key is added or dropped without a look at the rows. It locks the table that it refers
//! to as well.
//!
//! ```sql
//! CREATE TABLE payments (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);
//! ```
//!
//! Adding takes SHARE ROW EXCLUSIVE on the other table
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>,
//! <https://www.postgresql.org/docs/current/sql-createtable.html>); measured, DROP CONSTRAINT takes ACCESS EXCLUSIVE
//! on both. Each lock lasts an instant, but the statement holds the first while it waits for the second, and a
//! transaction that locks them in the other order is a deadlock.
//!
//! Safer: alone in its migration.
//!
//! Exempt: a key to its own table, to one that the same script creates or to one of a draft (a migration that a lock file
//! does not list), and a key that reads all rows, which is `fk-validate`. The recommended form is not reported: one change
//! alone in its migration, or a new table whose keys are the only lock on an older one. A constraint that no migration creates may be a foreign key, so dropping it is flagged, unless the same
//! statement adds one of that name that is none.

use std::collections::BTreeSet;

use migrate_core::{Finding, Hazard, Span};

use super::foreign_key::added_foreign_keys;
use crate::Context;
use crate::schema::TableConstraintKind;
use crate::sql::{
    AlterTable, ChangeAction, Constraint, ConstraintKind, Kind, Name, ObjectKind, Statement, TableBody,
};

const SAFER: &str =
    "keep it alone in its migration, so that the locks last an instant and no other lock is held with them";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.engine.locks_tables() {
        return Vec::new();
    }
    let mut findings = added(context);
    findings.extend(dropped(context));
    findings.extend(taken_over(context));
    findings
}

/// One finding for each table that is referred to: a second key to it takes no further lock.
fn added(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut locked = Vec::new();
    for key in added_foreign_keys(context) {
        let Some(other) = key.other_old_table(context).filter(|_| !key.reads_rows()) else { continue };
        let resolved = context.schema.resolve(other);
        if locked.contains(&resolved) || context.schema.is_of_draft(&resolved) {
            continue;
        }
        let both = match key.table_is_new {
            true => format!("`{other}`"),
            false => format!("`{}` or `{other}`", key.table),
        };
        let message =
            format!("the foreign key to `{other}` locks it: for an instant no one can write to {both}");
        let is_only_lock = is_only_change(context) || key.table_is_new && locks_only(context, &resolved);
        let finding =
            Finding::new(Hazard::FkTwoTables, key.span, message, SAFER).in_recommended_form(is_only_lock);
        findings.push(if key.limits_writes() { finding.breaking_older_binaries() } else { finding });
        locked.push(resolved);
    }
    findings
}

/// DROP CONSTRAINT of a foreign key, or of a constraint that may be one.
fn dropped(context: &Context<'_>) -> Vec<Finding> {
    let alter = match &context.statement.kind {
        Kind::AlterTable(alter) if alter.kind == ObjectKind::Table => alter,
        _ => return Vec::new(),
    };
    let drops = alter.changes.iter().filter_map(|change| match &change.action {
        ChangeAction::DropConstraint { name, .. } => Some((name, change.span)),
        _ => None,
    });
    drops.filter_map(|(name, span)| dropped_constraint(context, alter, name, span)).collect()
}

/// Whether the statement adds a constraint of this name that is not a foreign key: the dropped one was its older form.
fn becomes_another_kind(alter: &AlterTable, name: &str) -> bool {
    alter.changes.iter().any(|change| match &change.action {
        ChangeAction::AddConstraint(added) => {
            added.name.as_deref() == Some(name) && !matches!(added.kind, ConstraintKind::ForeignKey(_))
        }
        _ => false,
    })
}

/// The finding for one DROP CONSTRAINT.
fn dropped_constraint(context: &Context<'_>, alter: &AlterTable, name: &str, span: Span) -> Option<Finding> {
    let table = &alter.name;
    let known = context.schema.table(table).and_then(|table| table.constraint(name));
    let message = match known.map(|constraint| &constraint.kind) {
        Some(TableConstraintKind::ForeignKey { table: other, .. })
            if *other != context.schema.resolve(table) && context.is_old(other) =>
        {
            format!(
                "dropping the foreign key locks the table that it refers to as well: for an instant no one can read or \
                 write `{table}` and `{other}`"
            )
        }
        None if context.is_old(table) && !becomes_another_kind(alter, name) => format!(
            "no migration creates the constraint `{name}`: if it is a foreign key, for an instant no one can read or \
             write `{table}` and the table that it refers to"
        ),
        _ => return None,
    };
    Some(Finding::new(Hazard::FkTwoTables, span, message, SAFER).in_recommended_form(is_only_change(context)))
}

/// Whether the script does nothing but this one change of a table.
fn is_only_change(context: &Context<'_>) -> bool {
    context.is_alone()
        && matches!(&context.statement.kind, Kind::AlterTable(alter) if alter.changes.len() == 1)
}

/// Whether a table is the only older one that the script locks: all else is about tables that it creates, or about no table.
fn locks_only(context: &Context<'_>, other: &Name) -> bool {
    let resolve = |table: &Name| context.schema.resolve(table);
    let created: BTreeSet<Name> = context.script.iter().filter_map(created_table).map(resolve).collect();
    let is_created = |table: &Name| created.contains(&resolve(table));
    let may_refer = |constraint: &Constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => resolve(&key.table) == *other || is_created(&key.table),
        _ => true,
    };
    context.script.iter().all(|statement| match &statement.kind {
        Kind::CreateTable(table) => match &table.body {
            TableBody::Columns(columns) => {
                let of_columns = columns.iter().flat_map(|column| &column.constraints);
                table.constraints.iter().chain(of_columns).all(may_refer)
            }
            TableBody::Query | TableBody::PartitionOf(..) => false,
        },
        Kind::AlterTable(alter) => {
            is_created(&alter.name)
                && alter.changes.iter().all(|change| match &change.action {
                    ChangeAction::AddConstraint(constraint) => may_refer(constraint),
                    ChangeAction::AddColumn { column, .. } => column.constraints.iter().all(may_refer),
                    ChangeAction::EnableRowSecurity | ChangeAction::ForceRowSecurity => true,
                    _ => false,
                })
        }
        Kind::CreateIndex(index) => is_created(&index.table),
        Kind::CreateTrigger(trigger) => is_created(&trigger.table),
        Kind::CreatePolicy(policy) => is_created(&policy.table),
        Kind::Insert(insert) => is_created(&insert.table) && !insert.from_query,
        Kind::CreateType(_)
        | Kind::CreateDomain(_)
        | Kind::CreateFunction(_)
        | Kind::CreateSequence { .. }
        | Kind::CreateSchema { .. }
        | Kind::Harmless => true,
        _ => false,
    })
}

/// The table that a statement creates.
fn created_table(statement: &Statement) -> Option<&Name> {
    match &statement.kind {
        Kind::CreateTable(table) => Some(&table.name),
        _ => None,
    }
}

/// A new partition inherits the foreign keys of its parent.
fn taken_over(context: &Context<'_>) -> Option<Finding> {
    let Kind::CreateTable(created) = &context.statement.kind else { return None };
    let TableBody::PartitionOf(parent, _) = &created.body else { return None };
    let other = context.schema.foreign_keys_of(parent).find_map(|constraint| match &constraint.kind {
        TableConstraintKind::ForeignKey { table, .. } if context.is_old(table) => Some(table),
        _ => None,
    })?;
    let message = format!(
        "the partition inherits the foreign key of `{parent}` to `{other}`: for an instant no one can write to `{other}`"
    );
    Some(Finding::new(Hazard::FkTwoTables, context.statement.span, message, SAFER))
}

#[cfg(test)]
mod tests {
    use migrate_core::Project;

    use crate::testing::{History, findings, history, sqlite_history};

    const TABLES: &str = "
        CREATE TABLE r (id bigint PRIMARY KEY);
        CREATE TABLE t (id bigint PRIMARY KEY, a int CHECK (a > 0), r_id bigint, parent bigint);
        CREATE TABLE child (t_id bigint CONSTRAINT child_t REFERENCES t, up bigint, other_id bigint REFERENCES t);
        CREATE INDEX t_r ON t (r_id);
        CREATE INDEX t_parent ON t (parent);
        CREATE TABLE self (id int PRIMARY KEY, up int CONSTRAINT self_up REFERENCES self);
        CREATE TABLE parted (id bigint, r_id bigint REFERENCES r) PARTITION BY RANGE (id);";

    /// But for `fk-index`, which speaks of another time.
    #[track_caller]
    fn case(history: &History, sql: &str, want: &[&str]) {
        let found = findings(history, sql);
        let found = found.iter().filter(|finding| finding.hazard != migrate_core::Hazard::FkIndex);
        let found: Vec<String> =
            found.map(|finding| format!("{} {}", finding.hazard, finding.risk)).collect();
        assert_eq!(found, want, "{sql}");
    }

    #[test]
    fn added() {
        let history = history(TABLES);
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        let controlled: &[&str] = &["fk-two-tables controlled"];
        case("ALTER TABLE t ADD COLUMN n bigint REFERENCES r", controlled);
        case("ALTER TABLE t ADD COLUMN n bigint CONSTRAINT t_n REFERENCES elsewhere (id)", controlled);
        case("ALTER TABLE t ADD CONSTRAINT t_r FOREIGN KEY (r_id) REFERENCES r NOT VALID", controlled);
        case("CREATE TABLE new (id bigint PRIMARY KEY, t_id bigint REFERENCES t)", controlled);
        case("CREATE TABLE new (t_id bigint, r_id bigint, FOREIGN KEY (t_id) REFERENCES t)", controlled);
        case("CREATE TABLE new (a bigint REFERENCES t, b bigint REFERENCES t)", controlled); // locked once
        case(
            "CREATE TABLE new (a bigint REFERENCES t, b bigint REFERENCES r)",
            &["fk-two-tables controlled"; 2],
        );
        case(
            "CREATE TABLE new (t_id bigint); ALTER TABLE new ADD FOREIGN KEY (t_id) REFERENCES t",
            controlled,
        );
        case("ALTER TABLE t ADD COLUMN n bigint REFERENCES t", &[]); // no second table
        case("CREATE TABLE new (id bigint PRIMARY KEY, up bigint REFERENCES new)", &[]);
        case("CREATE TABLE new (id bigint PRIMARY KEY); CREATE TABLE more (n bigint REFERENCES new)", &[]);
        case(
            "CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE t ADD COLUMN n bigint REFERENCES new",
            &[],
        );
        case("ALTER TABLE child ADD COLUMN IF NOT EXISTS up bigint REFERENCES t", &[]);
        case("CREATE TABLE IF NOT EXISTS child (t_id bigint REFERENCES t)", &[]); // it does
        case(
            "CREATE TABLE app.t (id bigint PRIMARY KEY); CREATE TABLE new (n bigint REFERENCES t)",
            controlled,
        );
    }

    #[test]
    fn dropped() {
        let history = history(TABLES);
        let case = |sql: &str, want: &[&str]| case(&history, sql, want);
        let controlled: &[&str] = &["fk-two-tables controlled"];
        case("ALTER TABLE child DROP CONSTRAINT child_t", controlled);
        case("ALTER TABLE child DROP CONSTRAINT IF EXISTS child_other_id_fkey", controlled); // the server's name for it
        case("ALTER TABLE elsewhere DROP CONSTRAINT x", controlled); // who knows
        case("ALTER TABLE elsewhere DROP CONSTRAINT IF EXISTS x", controlled);
        case("ALTER TABLE t DROP CONSTRAINT IF EXISTS x", &[]); // there is none
        // No foreign key before either.
        let replaced = "ALTER TABLE elsewhere DROP CONSTRAINT IF EXISTS u, ADD CONSTRAINT u";
        case(&format!("{replaced} UNIQUE (a)"), &["unique-build high"]);
        case(&format!("{replaced} FOREIGN KEY (a) REFERENCES r NOT VALID"), &["fk-two-tables controlled"; 2]);
        case(
            "ALTER TABLE child DROP CONSTRAINT child_t, ADD CONSTRAINT child_t CHECK (up > 0) NOT VALID",
            &["fk-two-tables controlled", "new-write-limit controlled"],
        );
        case("ALTER TABLE self DROP CONSTRAINT self_up", &[]);
        case("ALTER TABLE t DROP CONSTRAINT t_a_check", &[]);
        case(
            "ALTER TABLE t ADD CONSTRAINT x FOREIGN KEY (r_id) REFERENCES r NOT VALID; ALTER TABLE t DROP CONSTRAINT x",
            &["fk-two-tables controlled"; 2],
        );
    }

    #[test]
    fn taken_over_by_a_partition() {
        let history = history(TABLES);
        case(
            &history,
            "CREATE TABLE p1 PARTITION OF parted FOR VALUES FROM (0) TO (9)",
            &["fk-two-tables controlled", "short-ael controlled"], // of two tables
        );
    }

    #[test]
    fn a_key_that_is_not_enforced_locks_as_well() {
        let history = history(TABLES).project(Project { postgres: Some(18), ..Project::default() });
        case(
            &history,
            "ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r NOT ENFORCED",
            &["fk-two-tables controlled"],
        );
    }

    #[test]
    fn only_old_columns_limit_older_code() {
        let history = history(TABLES);
        let breaks = |sql: &str| findings(&history, sql)[0].breaks_older_binaries;
        assert!(breaks("ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r NOT VALID"));
        assert!(!breaks("CREATE TABLE new (t_id bigint REFERENCES t)"));
        assert!(!breaks("ALTER TABLE t ADD COLUMN n bigint REFERENCES r"));
    }

    #[test]
    fn sqlite_locks_no_tables() {
        let history = sqlite_history("CREATE TABLE t (id INTEGER PRIMARY KEY)");
        case(&history, "CREATE TABLE new (t_id int REFERENCES t)", &[]);
    }
}
