//! The rebuild of a table on SQLite, and what can be lost in it.
//!
//! SQLite can change little of a table in place, so a script creates a table of the new form, copies the rows, drops
//! the old table and renames the new one (<https://www.sqlite.org/lang_altertable.html#otheralter>):
//!
//! ```sql
//! CREATE TABLE new_t (id INTEGER PRIMARY KEY, a TEXT NOT NULL);
//! INSERT INTO new_t SELECT id, a FROM t WHERE a IS NOT NULL;   -- rows are lost here
//! DROP TABLE t;
//! ALTER TABLE new_t RENAME TO t;
//! ```
//!
//! Others copy the rows away and back, or rename the old table first. Why not recognise these patterns? Each has
//! variants, and a pattern that is almost met is where rows get lost. Instead the script is followed:
//! [`Rebuilds::see`] takes each statement with the schema before it, and keeps which new table holds which rows and
//! columns of which old table. At the end, whatever has the name of an old table has to hold everything that the old
//! table held.
//!
//! `rows` computes what a query copies, `reach` what a deletion does to other tables, `lost` compares the two forms
//! of a table, and `lacks` puts each difference into words. After the script above, `held` has for `t` one copy of
//! `t`, with one loss: those rows for which `a IS NOT NULL` does not hold.

mod lacks;
mod lost;
mod reach;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use self::lacks::Rebuild;
use self::reach::{Deletion, Reach};
use self::rows::{Cause, Copy, Held, Loss, Tables, Taken};
use migrate_core::{Execution, Finding, Risk, Span};

use crate::schema::{Index, Schema, Table};
use crate::sql::{
    AlterTable, ChangeAction, Conflict, CreateTable, Delete, Drop, Expression, From, Insert, Kind, Name,
    ObjectKind, Selected, Selection, Source, Statement, Update,
};

pub(super) use lacks::DROP_TABLE_SAFER;

/// The rows of old tables, followed through a script for SQLite.
#[derive(Debug)]
pub(super) struct Rebuilds {
    /// Whether the script runs in a transaction.
    transaction: bool,
    /// Whether foreign keys are on.
    keys: bool,
    /// Whether `PRAGMA defer_foreign_keys` is on: references are checked at the commit.
    deferred: bool,
    /// Whether `PRAGMA legacy_alter_table` is on: RENAME does not read views and triggers.
    legacy: bool,
    /// What each new table holds of old ones.
    held: BTreeMap<Name, Held>,
    /// New tables that got rows.
    filled: BTreeSet<Name>,
    /// The statements that created the new tables.
    made: BTreeMap<Name, Made>,
    /// Old tables that were renamed: from the present name to the first.
    renamed: BTreeMap<Name, Name>,
    /// The last renaming of each old table.
    moved: Vec<Moved>,
    /// Old tables whose rows were copied, by their first names.
    copied: BTreeSet<Name>,
    /// The names that RENAME gave to new tables.
    taken: BTreeSet<Name>,
    /// Old tables that were dropped.
    gone: Vec<Gone>,
    /// What DROP TABLE of a new table with rows does to the tables that refer to it.
    reached: Vec<(Span, Name, Reach)>,
    /// Whether the script writes to `sqlite_sequence`, which keeps the numbers of AUTOINCREMENT.
    sets_sequences: bool,
    /// What is known before the end of the script.
    findings: Vec<Finding>,
}

/// How a new table was created.
#[derive(Clone, Copy, Debug)]
struct Made {
    at: Span,
    /// By `CREATE TABLE AS`, which takes over no constraint.
    as_query: bool,
    /// Whether a constraint says `ON CONFLICT IGNORE` or the like, so a copy may leave out rows without an error.
    drops_conflicts: bool,
}

/// An old table that was renamed, so that another table can take its name.
#[derive(Debug)]
struct Moved {
    first: Name,
    to: Name,
    at: Span,
}

/// An old table that was dropped.
#[derive(Debug)]
struct Gone {
    first: Name,
    old: Old,
    at: Span,
    reach: Reach,
}

/// An old table as it was before it was dropped.
#[derive(Debug)]
struct Old {
    table: Option<Table>,
    indexes: Vec<Index>,
}

impl Old {
    fn of(schema: &Schema, name: &Name) -> Old {
        Old {
            table: schema.table(name).filter(|table| table.is_known).cloned(),
            indexes: schema.indexes_of(name).filter(|index| !index.from_constraint).cloned().collect(),
        }
    }
}

impl Rebuilds {
    pub(super) fn new(execution: Execution) -> Rebuilds {
        Rebuilds {
            transaction: execution.transaction,
            keys: !execution.foreign_keys_off,
            deferred: false,
            legacy: false,
            held: BTreeMap::new(),
            filled: BTreeSet::new(),
            made: BTreeMap::new(),
            renamed: BTreeMap::new(),
            moved: Vec::new(),
            copied: BTreeSet::new(),
            taken: BTreeSet::new(),
            gone: Vec::new(),
            reached: Vec::new(),
            sets_sequences: false,
            findings: Vec::new(),
        }
    }

    /// Takes the next statement, with the schema before it.
    pub(super) fn see(&mut self, statement: &Statement, schema: &Schema) {
        let at = statement.span;
        match &statement.kind {
            Kind::Pragma { name, value: Some(value) } => self.pragma(name, is_on(value)),
            Kind::CreateTable(create) => self.create(create, schema, at),
            Kind::Insert(insert) => self.insert(insert, schema, at),
            Kind::Update(update) => self.update(update, schema, at),
            Kind::Delete(delete) => self.delete(delete, schema, at),
            Kind::Drop(drop) if drop.object == ObjectKind::Table => self.drop(drop, schema, at),
            Kind::AlterTable(alter) => self.alter(alter, schema, at),
            _ => {}
        }
    }

    /// `PRAGMA foreign_keys` has no effect in a transaction; there the runner has set it before.
    fn pragma(&mut self, name: &str, is_on: bool) {
        match name {
            "foreign_keys" if !self.transaction => self.keys = is_on,
            "defer_foreign_keys" => self.deferred = is_on && self.transaction,
            "legacy_alter_table" => self.legacy = is_on,
            _ => {}
        }
    }

    /// CREATE TABLE: notes how the table was created, and with AS SELECT which rows it holds.
    fn create(&mut self, create: &CreateTable, schema: &Schema, at: Span) {
        let place = create.name.schema.as_deref().unwrap_or(if create.temporary { "temp" } else { "main" });
        let name = Name::qualified(place, &create.name.name);
        if create.if_not_exists && schema.is_known(&name) {
            return;
        }
        self.forget(&name);
        let as_query = create.selection.is_some();
        let made = Made { at, as_query, drops_conflicts: create.options.drops_conflicts };
        self.made.insert(name.clone(), made);
        let Some(selection) = &create.selection else { return };
        let rows = self.tables(schema, at).of(selection);
        let mut held = Held { columns: rows.columns.clone(), copies: Vec::new() };
        for taken in rows.copies {
            self.copied.insert(taken.source.clone());
            let columns = rows.columns.iter().flatten().cloned();
            let values = taken.values.map(|values| columns.zip(values).collect());
            let losses = taken.losses;
            let (source, key) = (taken.source, taken.key);
            held.add(Copy { source, at, losses, key, is_moved: false, values });
        }
        self.held.insert(name, held);
    }

    /// INSERT: notes which rows of old tables a new table holds now, and for REPLACE which rows are deleted.
    fn insert(&mut self, insert: &Insert, schema: &Schema, at: Span) {
        let target = schema.resolve(&insert.table);
        if target.name == "sqlite_sequence" {
            self.sets_sequences = true;
            return;
        }
        // REPLACE deletes the conflicting row before it inserts, so ON DELETE CASCADE fires.
        if insert.conflict == Some(Conflict::Replace) && self.has_rows(schema, &target) {
            self.delete_reaches(&target, schema, at, false, Risk::High);
        }
        // Rows that go into an old table do not replace it, so there is nothing to compare later.
        if !schema.is_new(&target) {
            return;
        }
        self.filled.insert(target.clone());
        let Some(selection) = &insert.selection else { return };
        let tables = self.tables(schema, at);
        let rows = tables.of(selection);
        let columns = match insert.columns.as_slice() {
            [] => tables.written(&target),
            listed => Some(listed.to_vec()),
        };
        let is_moved = insert.columns.is_empty() && self.may_be_moved(selection, schema);
        let drops_conflicts = self.made.get(&target).is_some_and(|made| made.drops_conflicts);
        let conflict = insert.conflict.or(drops_conflicts.then_some(Conflict::Ignore));
        let given = rows.columns.as_ref().map(Vec::len);
        let wanted = columns.as_ref().map(Vec::len);
        if let (Some(given), Some(wanted), false) = (given, wanted, rows.copies.is_empty())
            && given != wanted
        {
            self.findings.push(lacks::another_number(&target, given, wanted, at));
            // The statement fails, and which value goes into which column is not known.
            for Taken { source, losses, key, .. } in rows.copies {
                self.copied.insert(source.clone());
                let copy = Copy { source, at, losses, key, is_moved: false, values: None };
                self.held.entry(target.clone()).or_default().add(copy);
            }
            return;
        }
        for mut taken in rows.copies {
            taken.losses.extend(conflict.map(|conflict| Loss { at, cause: Cause::Conflict(conflict) }));
            self.copied.insert(taken.source.clone());
            let values = taken.values.zip(columns.clone());
            let values = values.map(|(values, columns)| columns.into_iter().zip(values).collect());
            let Taken { source, losses, key, .. } = taken;
            let copy = Copy { source, at, losses, key, is_moved, values };
            self.held.entry(target.clone()).or_default().add(copy);
        }
    }

    /// Whether a query is all of one new table, `SELECT * FROM u`: SQLite may then copy the pages as they are.
    fn may_be_moved(&self, selection: &Selection, schema: &Schema) -> bool {
        let ([From { source: Source::Table(table), .. }], [Selected::All(None)], []) =
            (selection.from.as_slice(), selection.columns.as_slice(), selection.cuts.as_slice())
        else {
            return false;
        };
        self.made.get(&schema.resolve(table)).is_some_and(|made| !made.as_query)
    }

    /// UPDATE: without a condition it replaces copied values. With one, it may correct some of them, which counts as
    /// intended.
    fn update(&mut self, update: &Update, schema: &Schema, at: Span) {
        let target = schema.resolve(&update.table);
        self.sets_sequences |= target.name == "sqlite_sequence";
        if update.replaces && self.has_rows(schema, &target) {
            self.delete_reaches(&target, schema, at, false, Risk::High);
        }
        if !finds_all(update.filter.as_ref()) {
            return;
        }
        for copy in self.held.get(&target).into_iter().flat_map(|held| &held.copies) {
            let is_held = |column: &&String| {
                let value = copy.values.as_ref().and_then(|values| values.get(*column));
                value.is_some_and(|value| value.reads.contains(*column))
            };
            let lost = update.overwrites.iter().filter(is_held);
            self.findings.extend(lost.map(|column| lacks::overwritten(&copy.source, column, at)));
        }
    }

    /// DELETE: the copies in the table lose rows, and references to it are followed.
    fn delete(&mut self, delete: &Delete, schema: &Schema, at: Span) {
        let target = schema.resolve(&delete.table);
        self.sets_sequences |= target.name == "sqlite_sequence";
        if let Some(held) = self.held.get_mut(&target) {
            held.lose(&Loss { at, cause: Cause::Deleted });
        }
        if self.has_rows(schema, &target) {
            let of_all = finds_all(delete.filter.as_ref());
            let risk = if of_all { Risk::High } else { Risk::Controlled };
            self.delete_reaches(&target, schema, at, of_all, risk);
        }
    }

    /// DROP TABLE: an old table is gone, a new one is forgotten. SQLite deletes the rows first, so references are
    /// followed.
    fn drop(&mut self, drop: &Drop, schema: &Schema, at: Span) {
        for name in &drop.names {
            let name = schema.resolve(name);
            let reach =
                if self.has_rows(schema, &name) { self.reach(&name, schema, true) } else { Reach::default() };
            if schema.is_new(&name) {
                self.reached.push((at, name.clone(), reach));
            } else {
                let first = self.renamed.remove(&name).unwrap_or_else(|| name.clone());
                self.gone.push(Gone { first, old: Old::of(schema, &name), at, reach });
            }
            self.forget(&name);
        }
    }

    /// ALTER TABLE: what is known moves to the new name of a table or column.
    fn alter(&mut self, alter: &AlterTable, schema: &Schema, at: Span) {
        let table = schema.resolve(&alter.name);
        for change in &alter.changes {
            match &change.action {
                ChangeAction::RenameTo(to) => {
                    let to = Name { schema: table.schema.clone(), name: to.name.clone() };
                    self.rename(&table, &to, schema, at);
                }
                ChangeAction::RenameColumn { from, to } => {
                    if let Some(held) = self.held.get_mut(&table) {
                        held.rename_column(from, &to.name);
                    }
                }
                ChangeAction::DropColumn { column, .. } => {
                    if let Some(held) = self.held.get_mut(&table) {
                        held.drop_column(column);
                    }
                }
                _ => {}
            }
        }
    }

    /// RENAME TO. Of an old table the first name is kept, because the table that has it at the end replaces it.
    fn rename(&mut self, table: &Name, to: &Name, schema: &Schema, at: Span) {
        if !self.legacy {
            self.findings.extend(lacks::broken_by_rename(&self.gone, schema, at));
        }
        if schema.is_new(table) {
            self.taken.insert(to.clone());
        } else {
            let first = self.renamed.remove(table).unwrap_or_else(|| table.clone());
            self.renamed.insert(to.clone(), first.clone());
            self.moved.retain(|moved| moved.first != first);
            self.moved.push(Moved { first, to: to.clone(), at });
        }
        if let Some(held) = self.held.remove(table) {
            self.held.insert(to.clone(), held);
        }
        if let Some(made) = self.made.remove(table) {
            self.made.insert(to.clone(), made);
        }
        if self.filled.remove(table) {
            self.filled.insert(to.clone());
        }
    }

    /// Removes what was known about a new table that no longer exists.
    fn forget(&mut self, table: &Name) {
        self.held.remove(table);
        self.filled.remove(table);
        self.made.remove(table);
        self.taken.remove(table);
    }

    fn tables<'a>(&'a self, schema: &'a Schema, at: Span) -> Tables<'a> {
        Tables { schema, held: &self.held, renamed: &self.renamed, at }
    }

    /// Whether a table may have rows. A new one that nothing was written to has none, so its deletion reaches
    /// nothing.
    fn has_rows(&self, schema: &Schema, table: &Name) -> bool {
        !schema.is_new(table) || self.filled.contains(table) || self.held.contains_key(table)
    }

    /// What a deletion does to other tables. Nothing, if foreign keys are off.
    fn reach(&self, table: &Name, schema: &Schema, of_all: bool) -> Reach {
        if !self.keys {
            return Reach::default();
        }
        let deletion = Deletion { deferred: self.deferred, of_all, transaction: self.transaction };
        Reach::of(schema, table, deletion, |table| self.has_rows(schema, table))
    }

    /// Notes what the deletion of rows does to tables that refer to them. The table itself stays.
    fn delete_reaches(&mut self, table: &Name, schema: &Schema, at: Span, of_all: bool, risk: Risk) {
        let reach = self.reach(table, schema, of_all);
        let finding = reach.losses().map(|losses| lacks::deletes_others(table, &losses, at).with_risk(risk));
        self.findings.extend(finding);
    }

    /// The findings, at the end of the script. `end` is the schema that the script leaves. For a rollback, `before` is the
    /// schema before its migration: what was not there then may go.
    pub(super) fn findings(mut self, end: &Schema, before: Option<&Schema>) -> Vec<Finding> {
        let mut findings = std::mem::take(&mut self.findings);
        for gone in &self.gone {
            match self.rebuilt(&gone.first, end) {
                Some(new) => {
                    findings.extend(self.lacks_of_keys(gone, end));
                    let rebuild = Rebuild {
                        first: &gone.first,
                        old: &gone.old,
                        new,
                        at: gone.at,
                        is_gone: true,
                        before,
                    };
                    findings.extend(rebuild.lacks(&self, end));
                }
                None => {
                    if before.is_none() {
                        findings.push(lacks::dropped(&gone.first, gone.at));
                    }
                    let reach = self.without_gone(&gone.reach, end);
                    findings.extend(
                        reach.losses().map(|losses| lacks::deletes_others(&gone.first, &losses, gone.at)),
                    );
                }
            }
        }
        for (at, name, reach) in &self.reached {
            let reach = self.without_gone(reach, end);
            findings.extend(reach.losses().map(|losses| lacks::keys_are_on(name, &losses, *at)));
        }
        for moved in &self.moved {
            let Some(new) = self.rebuilt(&moved.first, end) else { continue };
            findings.extend(lacks::follow_the_old(&moved.first, &moved.to, end, moved.at));
            let is_there = self.renamed.get(&moved.to) == Some(&moved.first);
            if is_there && self.copied.contains(&moved.first) {
                let (old, at) = (Old::of(end, &moved.to), moved.at);
                let rebuild = Rebuild { first: &moved.first, old: &old, new, at, is_gone: false, before };
                findings.extend(rebuild.lacks(&self, end));
            }
        }
        findings
    }

    /// The new table that has the name of an old one at the end.
    fn rebuilt<'s>(&self, first: &Name, end: &'s Schema) -> Option<&'s Table> {
        let new = end.table(first).filter(|table| table.is_known && end.is_current(table.created_in))?;
        let is_moved = self.moved.iter().any(|moved| moved.first == *first);
        (self.copied.contains(first) || self.taken.contains(first) || is_moved).then_some(new)
    }

    /// The finding if foreign keys were on when the old table was dropped.
    fn lacks_of_keys(&self, gone: &Gone, end: &Schema) -> Option<Finding> {
        let mut reach = self.without_gone(&gone.reach, end);
        // If rows are inserted into a table of the old name, SQLite counts references to them as fulfilled again. If the
        // table only gets the old name by RENAME, it does not.
        let mut copies = self.held.get(&gone.first).into_iter().flat_map(|held| &held.copies);
        let is_renamed =
            self.taken.contains(&gone.first) || self.moved.iter().any(|moved| moved.first == gone.first);
        if !is_renamed && !copies.any(|copy| copy.is_moved) {
            reach.refused_later.clear();
        }
        reach.described().map(|what| lacks::keys_are_on(&gone.first, &what, gone.at))
    }

    /// Without the tables that are dropped themselves.
    fn without_gone(&self, reach: &Reach, end: &Schema) -> Reach {
        let is_dropped = |table: &Name| {
            let is_gone = self.gone.iter().any(|gone| gone.first == *table);
            is_gone && self.rebuilt(table, end).is_none()
        };
        reach.clone().without(is_dropped)
    }
}

impl Held {
    fn rename_column(&mut self, from: &str, to: &str) {
        for column in self.columns.iter_mut().flatten().filter(|column| *column == from) {
            to.clone_into(column);
        }
        for values in self.copies.iter_mut().filter_map(|copy| copy.values.as_mut()) {
            if let Some(value) = values.remove(from) {
                values.insert(to.to_owned(), value);
            }
        }
    }

    fn drop_column(&mut self, column: &str) {
        if let Some(columns) = &mut self.columns {
            columns.retain(|known| known != column);
        }
        for values in self.copies.iter_mut().filter_map(|copy| copy.values.as_mut()) {
            values.remove(column);
        }
    }
}

/// Whether a condition finds every row.
fn finds_all(filter: Option<&Expression>) -> bool {
    filter.is_none_or(|filter| filter.is_always_true)
}

/// Whether a pragma's value means on: "1, yes, true or on" (<https://www.sqlite.org/pragma.html>), and every number but 0.
fn is_on(value: &str) -> bool {
    matches!(value, "on" | "yes" | "true") || value.parse::<i64>().is_ok_and(|number| number != 0)
}

/// Whether a statement can delete rows or move them under another name. Without one there is nothing to follow, which
/// saves the work for nearly all scripts.
pub(super) fn is_worth_following(script: &[Statement]) -> bool {
    script.iter().any(|statement| match &statement.kind {
        Kind::Drop(drop) => drop.object == ObjectKind::Table,
        Kind::AlterTable(alter) => {
            alter.changes.iter().any(|change| matches!(change.action, ChangeAction::RenameTo(_)))
        }
        Kind::Delete(_) => true,
        Kind::Insert(insert) => insert.conflict == Some(Conflict::Replace),
        Kind::Update(update) => update.replaces,
        _ => false,
    })
}

#[cfg(test)]
mod tests;
