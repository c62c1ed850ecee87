//! `down-fails`, `down-lossy` and `down-mismatch`: what a rollback drops beyond what its migration created, and what it leaves.
//!
//! ```sql
//! -- up                                    -- down
//! CREATE TABLE notes (id bigint);          DROP TABLE orders;   -- lossy: orders was there before
//!                                          -- mismatch: notes is left
//! ```
//!
//! In come both scripts and the schema before the migration. Both are applied to that schema, so that what goes with
//! a dropped object is gone as on the server, and three inventories are compared: before, after the migration, after
//! the rollback. A column that the down script drops with its table is not reported next to the table ([`tops`]).
//!
//! Why not compare the two scripts, statement by statement? A DROP TABLE undoes a CREATE TABLE, three CREATE INDEX
//! and a trigger at once, and only the schema knows that.
//!
//! What the migration dropped or changed, and the rollback does not put back, is a mismatch too ([`unrestored`]).
//! `down-fails` is for statements that the server refuses ([`refused`]).
//!
//! Exempt: a rollback with a statement whose effect cannot be seen, because it may undo anything; a rollback that
//! restores the schema exactly; schemas and extensions, which others may use by now; and what a block creates, which
//! may have been there before.

mod refused;
#[cfg(test)]
mod tests;
mod unrestored;

use std::collections::BTreeSet;

use migrate_core::{Execution, Finding, Hazard, Span};

use self::refused::Refusals;
use self::unrestored::unrestored;
use crate::rebuild::{self, Rebuilds};
use crate::schema::{Inventory, Object, Schema};
use crate::sql::{Kind, Name, ObjectKind, Statement, cascades, may_do_anything};

/// The most differences that one message names.
const MOST: usize = 6;

/// The findings about a rollback script. `before` is the schema before its migration.
/// The part of the schema that both scripts are about is enough for it; `whole` is all of the schema after the migration.
pub(crate) fn of_rollback(
    before: &Schema,
    whole: &Schema,
    up: &[Statement],
    down: &[Statement],
    execution: Execution,
) -> Vec<Finding> {
    let mut schema = before.clone();
    schema.begin_migration();
    for statement in up {
        schema.apply(statement);
    }
    schema.begin_migration();
    schema.set_foreign_keys_off(execution.foreign_keys_off);
    let mut end = schema.clone();
    let mut findings = follow(before, &mut end, down, execution);
    findings.extend(Refusals { whole, part: &schema, transaction: execution.transaction }.of(up, down));
    findings.extend(emptied(before, &end, up, down));
    findings.extend(of_objects(before, schema, &end, up, down));
    findings.sort_by_key(|finding| finding.span.start());
    findings
}

/// The findings about tables that were there before the migration, and that the rollback empties although the migration
/// writes no rows to them.
fn emptied(before: &Schema, end: &Schema, up: &[Statement], down: &[Statement]) -> Vec<Finding> {
    let written = |statements: &[Statement], table: &Name| {
        statements.iter().flat_map(Statement::with_inner).any(|statement| match &statement.kind {
            Kind::Insert(insert) => before.resolve(&insert.table) == *table,
            Kind::Merge { table: merged } => before.resolve(merged) == *table,
            Kind::Copy(copy) => copy.table.as_ref().is_some_and(|copied| before.resolve(copied) == *table),
            _ => may_do_anything(statement),
        })
    };
    let emptied = down.iter().flat_map(|statement| {
        let tables: Vec<&Name> = match &statement.kind {
            Kind::Truncate { tables, .. } => tables.iter().collect(),
            Kind::Delete(delete) if delete.filter.as_ref().is_none_or(|filter| filter.is_always_true) => {
                vec![&delete.table]
            }
            _ => Vec::new(),
        };
        tables.into_iter().map(move |table| (statement.span, table))
    });
    let old = emptied.filter(|(_, table)| {
        let is_old = before.table(table).is_some_and(|table| table.is_known) && end.table(table).is_some();
        let table = before.resolve(table);
        is_old && !written(up, &table) && !written(down, &table)
    });
    old.map(|(span, table)| {
        let message = format!(
            "all rows of `{table}` are lost: the table was there before the migration, which writes no rows to it"
        );
        Finding::new(Hazard::DownLossy, span, message, "delete only the rows that the migration wrote")
    })
    .collect()
}

/// Applies the rollback to the schema, and finds which rows it loses on SQLite.
fn follow(before: &Schema, schema: &mut Schema, down: &[Statement], execution: Execution) -> Vec<Finding> {
    let follows = before.engine().rebuilds_tables() && rebuild::is_worth_following(down);
    let mut rebuilds = follows.then(|| Rebuilds::new(execution));
    for statement in down {
        if let Some(rebuilds) = &mut rebuilds {
            rebuilds.see(statement, schema);
        }
        schema.apply(statement);
    }
    rebuilds.map(|rebuilds| rebuilds.findings(schema, Some(before))).unwrap_or_default()
}

/// The findings about objects: those that are gone after the rollback, and those that are left.
fn of_objects(
    before: &Schema,
    schema: Schema,
    end: &Schema,
    up: &[Statement],
    down: &[Statement],
) -> Vec<Finding> {
    let Some(first) = down.first() else { return Vec::new() };
    // The second comparison is much cheaper than two inventories, and most rollbacks restore the schema exactly.
    if down.iter().any(may_do_anything) || end.holds_the_same_as(before) {
        return Vec::new();
    }
    let made = Made { old: before.inventory(), schema, up, down };
    let after = end;
    let end = end.inventory();
    let mut findings = made.lossy(&end);
    findings.extend(made.not_restored(before, after));
    findings.extend(made.not_dropped(&end).map(|objects| {
        let message =
            format!("the rollback does not drop what the migration created: {}", objects.join(", "));
        let safer =
            "drop that as well; if there is nothing to undo, write `-- migrate: nothing-to-undo \"why\"`";
        Finding::new(Hazard::DownMismatch, first.span, message, safer)
    }));
    findings
}

/// A migration and its rollback, with the schema between the two.
struct Made<'a> {
    old: Inventory,
    schema: Schema,
    up: &'a [Statement],
    down: &'a [Statement],
}

impl Made<'_> {
    /// The objects that were there before the migration and after it, and are gone after the rollback.
    fn lossy(&self, end: &Inventory) -> Vec<Finding> {
        let mut kept = self.schema.inventory();
        kept.retain(|object, _| self.old.contains_key(object) && !end.contains_key(object));
        // The schema keeps overloads of a function as one, and the rollback may drop the one that the migration created.
        kept.retain(|object, _| {
            object.kind != ObjectKind::Function || !creates_function(self.up, &object.name)
        });
        let lost = tops(&kept);
        let findings = lost.into_iter().map(|object| {
            let message = format!(
                "{} was there before the migration and is gone after the rollback",
                described(object)
            );
            let safer = "drop only what the migration created, and put back what was there before it";
            Finding::new(Hazard::DownLossy, self.dropping(object), message, safer)
        });
        findings.collect()
    }

    /// The place of the statement that drops the object: the last one before which it was there.
    fn dropping(&self, object: &Object) -> Span {
        let mut schema = self.schema.clone();
        let mut dropping = self.down[0].span;
        for statement in self.down {
            if schema.inventory().contains_key(object) {
                dropping = statement.span;
            }
            schema.apply(statement);
        }
        dropping
    }

    /// The finding about what the migration dropped or changed, and the rollback does not put back.
    fn not_restored(&self, before: &Schema, end: &Schema) -> Option<Finding> {
        // What a block or CASCADE has changed is not certain.
        if self.up.iter().any(may_do_anything) || self.up.iter().any(cascades) {
            return None;
        }
        let mut differences = unrestored(before, &self.schema.inventory(), end);
        if differences.is_empty() {
            return None;
        }
        let more = differences.split_off(differences.len().min(MOST));
        if !more.is_empty() {
            differences.push(format!("and {} more", more.len()));
        }
        let message =
            format!("the rollback leaves another schema than there was: {}", differences.join("; "));
        let safer = "put back all that the migration dropped or changed: `cargo migrate test` shows the difference on a server";
        Some(Finding::new(Hazard::DownMismatch, self.down[0].span, message, safer))
    }

    /// The objects that the migration created and the rollback does not drop, as the message names them.
    fn not_dropped(&self, end: &Inventory) -> Option<Vec<String>> {
        // What a block created may have been there before, so the rollback may be right to keep it.
        if created_in_blocks(self.up) {
            return None;
        }
        let cascades = self.down.iter().any(cascades);
        let mut left = self.schema.inventory();
        left.retain(|object, _| end.contains_key(object) && !self.old.contains_key(object));
        let named = tops(&left).into_iter().filter(|object| {
            // Other migrations or people may use these by now.
            let is_shared = matches!(object.kind, ObjectKind::Schema | ObjectKind::Extension);
            let may_be_gone = cascades && may_go_with_others(object.kind);
            !(is_shared || may_be_gone)
        });
        let named: Vec<String> = named.map(described).collect();
        (!named.is_empty()).then_some(named)
    }
}

/// The object as a message names it.
fn described(object: &Object) -> String {
    let schema = object.name.schema.as_deref().filter(|schema| !["public", "main"].contains(schema));
    let name = Name { schema: schema.map(str::to_owned), name: object.name.name.clone() };
    let noun = object.kind.noun();
    match (&object.part, object.kind) {
        (None, _) => format!("the {noun} `{name}`"),
        (Some(part), ObjectKind::Column) => format!("the column `{name}.{part}`"),
        (Some(part), ObjectKind::Type) => format!("the value `{part}` of `{name}`"),
        (Some(part), _) => format!("the {noun} `{part}` of `{name}`"),
    }
}

/// The objects that need none of the others. Each of the rest goes with one of them, so it is not reported.
fn tops(objects: &Inventory) -> Vec<&Object> {
    let stands_alone = |needs: &BTreeSet<Object>| !needs.iter().any(|need| objects.contains_key(need));
    objects.iter().filter(|(_, needs)| stands_alone(needs)).map(|(object, _)| object).collect()
}

/// Whether the migration creates something in a block, perhaps only if it was not there.
fn created_in_blocks(up: &[Statement]) -> bool {
    let is_block = |statement: &&Statement| matches!(statement.kind, Kind::Do(_));
    up.iter().filter(is_block).any(|block| !block.inner().is_empty())
}

/// Whether CASCADE on an object that it uses may drop it. It never drops a table or a column.
fn may_go_with_others(kind: ObjectKind) -> bool {
    !matches!(kind, ObjectKind::Table | ObjectKind::Column)
}

/// Whether the migration creates a function of this name, perhaps an overload of an old one.
fn creates_function(up: &[Statement], name: &Name) -> bool {
    up.iter().any(
        |statement| matches!(&statement.kind, Kind::CreateFunction(create) if create.name.name == name.name),
    )
}
