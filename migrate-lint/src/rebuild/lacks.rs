//! The differences between an old table and the one that has its name after a rebuild, as findings.
//!
//! In comes a [`Rebuild`]: the old table as it last was, the new one, and the copies of its rows. Out come findings
//! such as "the copy puts `b` into `p.a`: the values that it held are lost". Each is reported at the statement that
//! causes it: lost rows at the copy, a lost constraint at the CREATE TABLE, a lost index or trigger at the statement
//! that drops the old table.
//!
//! For a rollback, only what was there before its migration can be missed.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Finding, Hazard, Risk, Span};

use super::lost::{Forms, Lost};
use super::rows::{Cause, Copy, Loss, Value};
use super::{Gone, Old, Rebuilds};
use crate::schema::{Index, Schema, Table, TableConstraintKind};
use crate::sql::{Conflict, Cut, Name};

pub(crate) const DROP_TABLE_SAFER: &str =
    "stop using the table in one release and drop it in the next; keep a copy if the rows may be needed";

const KEYS_OFF: &str = "write `-- migrate: foreign-keys off` at the top: the runner switches them off outside of the \
                        transaction, and checks every reference before it commits";

/// An old table and the new one that has its name.
pub(super) struct Rebuild<'a> {
    /// The name of both.
    pub(super) first: &'a Name,
    pub(super) old: &'a Old,
    pub(super) new: &'a Table,
    /// The statement that drops or renames the old table.
    pub(super) at: Span,
    /// Whether the old table is dropped. Otherwise it still exists under another name.
    pub(super) is_gone: bool,
    /// For a rollback, the schema before its migration.
    pub(super) before: Option<&'a Schema>,
}

impl Rebuild<'_> {
    /// All differences. `rebuilds` has the copies of the rows, `end` the schema that the script leaves.
    pub(super) fn lacks(&self, rebuilds: &Rebuilds, end: &Schema) -> Vec<Finding> {
        let held = rebuilds.held.get(&self.new.name);
        let copies = held.into_iter().flat_map(|held| &held.copies);
        let copies: Vec<&Copy> = copies.filter(|copy| copy.source == *self.first).collect();
        let known = held.and_then(|held| held.columns.as_ref());
        let columns = self.columns(known);
        let renamed = columns.as_ref().map(|columns| self.renamed(columns, &copies)).unwrap_or_default();
        let made = rebuilds.made.get(&self.new.name);
        let mut findings = self.rows(&copies);
        if let Some(columns) = &columns {
            findings.extend(self.values(columns, &copies, &renamed));
        }
        let old = self.old.table.as_ref();
        if let Some(old) = old {
            let new_indexes = end.indexes_of(&self.new.name).collect();
            let forms = Forms { old, new: self.new, new_indexes, renamed: &renamed };
            let place = made.map_or(self.at, |made| made.at);
            if made.is_some_and(|made| made.as_query) {
                findings.extend(self.made_by_query(old, place));
            } else {
                findings.extend(self.constraints(&forms, place, &renamed, end));
                findings.extend(self.sequence(old, rebuilds));
            }
            if self.before.is_none() {
                findings.extend(self.indexes(&forms));
            }
        }
        if self.before.is_none() {
            findings.extend(self.triggers(old));
        }
        findings
    }

    /// The columns of the new table, if all are known.
    fn columns(&self, held: Option<&Vec<String>>) -> Option<Vec<String>> {
        let own = || self.new.columns.iter().map(|column| column.name.clone()).collect();
        held.cloned().or_else(|| self.new.columns_are_complete.then(own))
    }

    /// The findings about rows. One copy that keeps all rows is enough; several that each lose some are not added
    /// up.
    fn rows(&self, copies: &[&Copy]) -> Vec<Finding> {
        let table = shown(self.first);
        let safer = "copy all rows before the old table is dropped: `INSERT INTO new_… (…) SELECT … FROM …`, without a \
                     condition; if rows are meant to go, delete them in a migration of its own";
        if copies.is_empty() {
            let message = format!(
                "no statement copies the rows of `{table}` into the table that gets its name: all of them are lost"
            );
            return vec![Finding::new(Hazard::RebuildRows, self.at, message, safer)];
        }
        if copies.iter().any(|copy| copy.losses.is_empty()) {
            return Vec::new();
        }
        let mut causes = Vec::new();
        for loss in copies.iter().flat_map(|copy| &copy.losses) {
            if !causes.contains(&loss) {
                causes.push(loss);
            }
        }
        let findings = causes.into_iter().map(|loss| {
            let message = format!("rows of `{table}` are lost in its rebuild: {}", why(loss));
            Finding::new(Hazard::RebuildRows, loss.at, message, safer)
        });
        findings.collect()
    }

    /// The old columns that have another name in the new table. A copy shows it: `SELECT a` into the new column `b`.
    fn renamed(&self, columns: &[String], copies: &[&Copy]) -> BTreeMap<String, String> {
        let old: BTreeSet<&String> = self.old_columns().collect();
        let mut renamed = BTreeMap::new();
        let values = copies.iter().filter_map(|copy| copy.values.as_ref()).flatten();
        for (column, value) in values.filter(|(_, value)| value.is_column) {
            let source = value.reads.first().filter(|source| old.contains(source));
            if let Some(source) = source.filter(|source| !columns.contains(source))
                && !old.contains(column)
            {
                renamed.insert(source.clone(), column.clone());
            }
        }
        renamed
    }

    /// The columns of the old table that a copy can write. For a rollback, those that were there before its migration.
    fn old_columns(&self) -> impl Iterator<Item = &String> {
        let was_there = |column: &&String| {
            self.before.is_none_or(|before| {
                before.table(self.first).is_some_and(|table| table.column(column).is_some())
            })
        };
        let old = self.old.table.as_ref().filter(|table| table.columns_are_complete);
        let columns = old.into_iter().flat_map(|table| &table.columns);
        columns.filter(|column| column.generated.is_none()).map(|column| &column.name).filter(was_there)
    }

    /// The findings about columns: their values in the copy, or that the new table does not have them.
    fn values(
        &self,
        columns: &[String],
        copies: &[&Copy],
        renamed: &BTreeMap<String, String>,
    ) -> Vec<Finding> {
        // If several statements copy the rows, the one that keeps all of them also has to keep all values.
        let best = copies.iter().find(|copy| copy.losses.is_empty()).or(copies.first());
        let mut findings = Vec::new();
        for column in self.old_columns() {
            if columns.contains(column) {
                let is_computed = self.new.column(column).is_some_and(|new| new.generated.is_some());
                findings.extend(best.filter(|_| !is_computed).and_then(|copy| self.value(copy, column)));
            } else if self.before.is_none() {
                findings.push(self.missing(column, renamed.get(column)));
            }
        }
        findings
    }

    /// The finding if the copy does not fill a column from the column of the same name.
    fn value(&self, copy: &Copy, column: &String) -> Option<Finding> {
        let table = shown(self.first);
        let message = match copy.values.as_ref()?.get(column) {
            None => {
                format!("the copy leaves out `{table}.{column}`, a column that stays: its values are lost")
            }
            Some(value) if value.reads.contains(column) => return None,
            Some(Value { text, .. }) => {
                format!("the copy puts `{text}` into `{table}.{column}`: the values that it held are lost")
            }
        };
        let safer = "list the columns in both places, in the same order: `INSERT INTO new_… (a, b) SELECT a, b FROM …`";
        Some(Finding::new(Hazard::RebuildColumn, copy.at, message, safer))
    }

    /// The finding about a column that the new table does not have.
    fn missing(&self, column: &str, renamed: Option<&String>) -> Finding {
        let table = shown(self.first);
        match renamed {
            Some(to) => {
                let message =
                    format!("running code that uses `{table}.{column}` fails: the column is now `{to}`");
                let safer = "add a column with the new name, write both in one release, read the new one in the next, then \
                             drop the old one";
                Finding::new(Hazard::Rename, self.at, message, safer).breaking_older_binaries()
            }
            None => {
                let message = format!(
                    "the new form of `{table}` has no column `{column}`: its values are lost, and running code that uses \
                     it fails"
                );
                let safer =
                    "stop using the column in one release and rebuild the table without it in the next";
                Finding::new(Hazard::DropColumn, self.at, message, safer).breaking_older_binaries()
            }
        }
    }

    /// The finding for CREATE TABLE AS, in place of one for each constraint, because it takes over none of them.
    fn made_by_query(&self, old: &Table, at: Span) -> Option<Finding> {
        let says_something = !old.constraints.is_empty()
            || old
                .columns
                .iter()
                .any(|column| column.data_type.is_some() || column.has_default || column.not_null);
        says_something.then(|| {
            let message = format!(
                "CREATE TABLE AS creates the new form of `{}` without its keys, constraints, defaults and types",
                shown(self.first)
            );
            let safer = "write the columns and constraints, then copy: `CREATE TABLE new_… (…); INSERT INTO new_… SELECT …`";
            Finding::new(Hazard::RebuildConstraint, at, message, safer).with_risk(Risk::High)
        })
    }

    /// The findings about keys, checks, defaults and options.
    fn constraints(
        &self,
        forms: &Forms<'_>,
        at: Span,
        renamed: &BTreeMap<String, String>,
        end: &Schema,
    ) -> Vec<Finding> {
        let mut lost = forms.lost();
        if let Some(before) = self.before {
            // A rollback removes what its migration added, so only what was there before the migration is missed.
            let old = before.table(self.first);
            let new_indexes = end.indexes_of(&self.new.name).collect();
            let missed = old.map(|old| Forms { old, new: self.new, new_indexes, renamed }.lost());
            lost.retain(|lost| missed.iter().flatten().any(|missed| missed == lost));
        }
        lost.into_iter().map(|lost| self.constraint(&lost, at)).collect()
    }

    fn constraint(&self, lost: &Lost, at: Span) -> Finding {
        let message = format!("the new form of `{}` no longer has {}", shown(self.first), lost.what);
        let safer = "write it in the new CREATE TABLE as well, unless the rebuild is meant to drop it";
        Finding::new(lost.hazard, at, message, safer).with_risk(lost.risk)
    }

    /// The finding if the last number of AUTOINCREMENT is lost. SQLite keeps it by table name in `sqlite_sequence` and
    /// deletes it with the table; the new table continues after its highest row.
    fn sequence(&self, old: &Table, rebuilds: &Rebuilds) -> Option<Finding> {
        let keeps = old.options.autoincrement && self.new.options.autoincrement && !rebuilds.sets_sequences;
        keeps.then(|| {
            let table = shown(self.first);
            let message = format!(
                "AUTOINCREMENT of `{table}` continues after the highest number that is left: numbers of rows deleted at \
                 the end are used again"
            );
            let safer = "before the DROP, copy the number: `UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence \
                         WHERE name = 'old') WHERE name = 'new'`";
            Finding::new(Hazard::SequenceReset, self.at, message, safer)
        })
    }

    /// The findings about indexes. A lost unique index is high, because duplicates are accepted without an error.
    fn indexes(&self, forms: &Forms<'_>) -> Vec<Finding> {
        let lost = self.old.indexes.iter().filter(|index| !forms.has_again(index));
        lost.map(|index| {
            let (table, name) = (shown(self.first), &index.name.name);
            let (what, risk) = if index.unique {
                ("the new form of the table accepts duplicate rows", Risk::High)
            } else {
                ("queries that used it read all rows", Risk::Controlled)
            };
            let goes = self.goes("index", name);
            let message = format!("{goes}, and the new `{table}` has none like it: {what}");
            let safer =
                "make it again after the rebuild; drop it by its name before, where that is what is meant";
            Finding::new(Hazard::RebuildIndex, self.at, message, safer).with_risk(risk)
        })
        .collect()
    }

    fn goes(&self, noun: &str, name: &str) -> String {
        let with = if self.is_gone { "is dropped with the old table" } else { "stays with the old table" };
        format!("the {noun} `{name}` {with}")
    }

    /// The findings about triggers, which DROP TABLE drops without a word.
    fn triggers(&self, old: Option<&Table>) -> Vec<Finding> {
        let made = |name: &str| self.new.triggers.iter().any(|trigger| trigger.name == name);
        let old = old.into_iter().flat_map(|table| &table.triggers);
        let lost = old.filter(|trigger| !made(&trigger.name));
        lost.map(|trigger| {
            let goes = self.goes("trigger", &trigger.name);
            let message = format!(
                "{goes} and is not created again: writes to `{}` no longer run it",
                shown(self.first)
            );
            let safer =
                "make it again after the rebuild; drop it by its name before, where that is what is meant";
            Finding::new(Hazard::RebuildTrigger, self.at, message, safer)
        })
        .collect()
    }
}

impl Forms<'_> {
    /// Whether the new table has an index of the same name or with the same keys. An index on a column that no longer
    /// exists is not missed.
    fn has_again(&self, index: &Index) -> bool {
        let columns: Vec<&String> = index.keys.iter().flat_map(|key| &key.value.columns).collect();
        let now = |column: &String| self.renamed.get(column).unwrap_or(column).clone();
        let is_missing = |column: &&String| self.new.column(&now(column)).is_none();
        if self.new.columns_are_complete && columns.iter().any(is_missing) {
            return true;
        }
        let key_columns: Vec<String> =
            index.keys.iter().filter_map(|key| key.column.as_ref().map(now)).collect();
        if index.unique && index.filter.is_none() && key_columns.len() == index.keys.len() {
            return self.is_unique(&key_columns);
        }
        let is_like = |new: &&&Index| {
            let keys = index.keys.iter().zip(&new.keys);
            new.keys.len() == index.keys.len()
                && keys.into_iter().all(|(old, new)| match (&old.column, &new.column) {
                    (Some(old), Some(new)) => now(old) == *new,
                    _ => old.value.text == new.value.text,
                })
                && new.filter.as_ref().map(|filter| &filter.text)
                    == index.filter.as_ref().map(|filter| &filter.text)
        };
        let has_name = |new: &&&Index| new.name.name == index.name.name;
        let mut new = self.new_indexes.iter().filter(|new| new.unique || !index.unique);
        new.any(|new| has_name(&new) || is_like(&new))
    }
}

/// The cause of a loss, as the message ends.
fn why(loss: &Loss) -> String {
    match &loss.cause {
        Cause::Query(Cut::Condition(text)) => {
            format!("the copy leaves out those that do not meet `{text}`")
        }
        Cause::Query(Cut::Distinct) => {
            "DISTINCT copies one of those whose copied values are the same".to_owned()
        }
        Cause::Query(Cut::Group(_)) => "GROUP BY makes one row of many".to_owned(),
        Cause::Query(Cut::Other(word)) => format!("{word} leaves some out"),
        Cause::Join => "the join leaves out those without a match".to_owned(),
        Cause::Conflict(Conflict::Ignore) => {
            "those that violate a constraint are left out without an error".to_owned()
        }
        Cause::Conflict(Conflict::Replace) => "those with the same key replace each other".to_owned(),
        Cause::Conflict(Conflict::Update) => "those with the same key become one row".to_owned(),
        Cause::Deleted => "DELETE removes them from the copy".to_owned(),
    }
}

/// The finding if the table is dropped and no other gets its name.
pub(super) fn dropped(table: &Name, at: Span) -> Finding {
    let message = format!("the rows of `{}` are lost, and running code that uses it fails", shown(table));
    Finding::new(Hazard::DropTable, at, message, DROP_TABLE_SAFER).breaking_older_binaries()
}

/// The finding if a deletion also deletes or changes rows of other tables.
pub(super) fn deletes_others(table: &Name, losses: &str, at: Span) -> Finding {
    let message = format!("when the rows of `{}` are deleted, the statement also {losses}", shown(table));
    let safer = "count those rows first; delete or move them with statements of their own, so that the review sees it";
    Finding::new(Hazard::DeleteCascade, at, message, safer)
}

/// The finding if a table is rebuilt with foreign keys on. It has the one remedy that always works.
pub(super) fn keys_are_on(table: &Name, what: &str, at: Span) -> Finding {
    let message = format!("foreign keys are on while `{}` is rebuilt: DROP TABLE {what}", shown(table));
    Finding::new(Hazard::RebuildForeignKeys, at, message, KEYS_OFF)
}

/// The finding if a copy has another number of values than the table has columns. The statement fails.
pub(super) fn another_number(table: &Name, given: usize, wanted: usize, at: Span) -> Finding {
    let message =
        format!("the copy gives {given} values for the {wanted} columns of `{}`, and fails", shown(table));
    let safer =
        "list the columns in both places, in the same order: `INSERT INTO new_… (a, b) SELECT a, b FROM …`";
    Finding::new(Hazard::RebuildColumn, at, message, safer)
}

/// The finding if an UPDATE without a condition replaces copied values.
pub(super) fn overwritten(table: &Name, column: &str, at: Span) -> Finding {
    let message = format!("UPDATE overwrites the copied values of `{}.{column}`", shown(table));
    let safer = "keep the values in another column if they may be needed";
    Finding::new(Hazard::RebuildColumn, at, message, safer)
}

/// The views and triggers that name a table which does not exist at this place. RENAME parses all of them, and fails.
pub(super) fn broken_by_rename(gone: &[Gone], schema: &Schema, at: Span) -> Vec<Finding> {
    let absent = gone.iter().map(|gone| &gone.first).filter(|first| schema.table(first).is_none());
    let absent: BTreeSet<&Name> = absent.collect();
    if absent.is_empty() {
        return Vec::new();
    }
    let is_absent = |name: &&Name| absent.contains(*name);
    let views = schema.views().filter_map(|view| {
        let named = view.reads.iter().find(is_absent)?;
        Some((format!("view `{}`", view.name.name), named))
    });
    let triggers = schema.tables().flat_map(|table| &table.triggers).filter_map(|trigger| {
        let named = trigger.uses.iter().find(is_absent)?;
        Some((format!("trigger `{}`", trigger.name), named))
    });
    let found = views.chain(triggers).map(|(object, named)| {
        let message = format!("the {object} names `{}`, which does not exist here: RENAME fails", shown(named));
        let safer =
            "drop it before the rebuild and create it again after; or create the new table under its own name \
             and copy the rows back";
        Finding::new(Hazard::RebuildView, at, message, safer)
    });
    found.collect()
}

/// The references that follow the old table to its new name. SQLite rewrites them at RENAME, so they end up at the table
/// that is to be dropped.
pub(super) fn follow_the_old(first: &Name, to: &Name, end: &Schema, at: Span) -> Vec<Finding> {
    let refers = |table: &&Table| {
        table.name != *to
            && table.constraints.iter().any(
                |known| matches!(&known.kind, TableConstraintKind::ForeignKey { table, .. } if table == to),
            )
    };
    let children = end
        .tables()
        .filter(refers)
        .map(|table| (format!("the foreign key of `{}`", table.name.name), "SQLite refuses its next row"));
    let broken = "it fails, or keeps using the old table";
    let views = end.views_on(to).map(|view| (format!("the view `{}`", view.name.name), broken));
    let triggers = end.triggers_on(to).map(|trigger| (format!("the trigger `{}`", trigger.name), broken));
    let found = children.chain(views).chain(triggers).map(|(object, harm)| {
        let message = format!("{object} follows `{}` to the name `{}`: {harm}", shown(first), shown(to));
        let safer = "create the new table under another name, drop the old one, and give its name to the new one: \
                     references to the name then stay as they are";
        Finding::new(Hazard::RebuildReference, at, message, safer).breaking_older_binaries()
    });
    found.collect()
}

/// The name as a script writes it.
fn shown(name: &Name) -> &str {
    &name.name
}
