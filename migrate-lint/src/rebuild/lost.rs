//! What the new form of a table lacks of the old form: keys, constraints, defaults, collations, options.
//!
//! With `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE)` before and `CREATE TABLE t (id INTEGER PRIMARY KEY,
//! a TEXT)` after, it is one [`Lost`] with `what: "UNIQUE (a)"`. Constraints are compared by what they mean and not
//! by their text: `UNIQUE (a)` is kept if a unique index on `a` is there, and columns are found under their new
//! names. A constraint of a column that is gone is not missed, because the column is the finding.

use std::collections::BTreeMap;

use migrate_core::{Hazard, Risk};

use crate::schema::{Index, Table, TableColumn, TableConstraintKind};
use crate::sql::Expression;

/// A table before and after its rebuild.
pub(super) struct Forms<'a> {
    pub(super) old: &'a Table,
    pub(super) new: &'a Table,
    pub(super) new_indexes: Vec<&'a Index>,
    /// The columns that were renamed: from the old name to the new one.
    pub(super) renamed: &'a BTreeMap<String, String>,
}

/// Something that the new form lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) hazard: Hazard,
    pub(super) risk: Risk,
    /// What it was, as the message ends: "… no longer has UNIQUE (a)".
    pub(super) what: String,
}

impl Forms<'_> {
    /// Everything that is lost of the table itself. Indexes and triggers are compared in `lacks`.
    pub(super) fn lost(&self) -> Vec<Lost> {
        let constraints = self.old.constraints.iter().filter_map(|known| self.constraint(&known.kind));
        let columns = self.old.columns.iter().flat_map(|column| self.of_column(column));
        constraints.map(constraint).chain(columns).chain(self.options()).collect()
    }

    fn constraint(&self, kind: &TableConstraintKind) -> Option<String> {
        match kind {
            TableConstraintKind::PrimaryKey { columns } | TableConstraintKind::Unique { columns } => {
                let now = self.now(columns)?;
                let is_key = matches!(kind, TableConstraintKind::PrimaryKey { .. });
                if is_key && self.is_row_number(self.old, columns) && !self.is_row_number(self.new, &now) {
                    return Some(format!("INTEGER PRIMARY KEY on `{}`", columns.join("`, `")));
                }
                (!self.is_unique(&now)).then(|| {
                    let word = if is_key { "PRIMARY KEY" } else { "UNIQUE" };
                    format!("{word} ({})", columns.join(", "))
                })
            }
            TableConstraintKind::ForeignKey { columns, table, .. } => {
                let now = self.now(columns)?;
                let mut kinds = self.new.constraints.iter().map(|known| &known.kind);
                let has_it = kinds.any(
                    |kind| matches!(kind, TableConstraintKind::ForeignKey { columns, .. } if same(columns, &now)),
                );
                (!has_it).then(|| format!("the foreign key ({}) to `{}`", columns.join(", "), table.name))
            }
            TableConstraintKind::Check(check) => self.check(check),
            TableConstraintKind::NotNull { .. } | TableConstraintKind::Exclude { .. } => None,
        }
    }

    /// The CHECK, unless the new form has one over the same columns. Another condition over them counts as a change that
    /// was intended.
    fn check(&self, check: &Expression) -> Option<String> {
        let now = self.now(&check.columns).filter(|columns| !columns.is_empty())?;
        let has_one = self.new.constraints.iter().any(|known| match &known.kind {
            TableConstraintKind::Check(other) => other.columns.iter().any(|column| now.contains(column)),
            _ => false,
        });
        (!has_one).then(|| format!("CHECK ({})", check.text))
    }

    /// The present names of the columns. `None` if one of them no longer exists.
    fn now(&self, columns: &[String]) -> Option<Vec<String>> {
        columns.iter().map(|column| self.column_now(column).map(|column| column.name.clone())).collect()
    }

    /// The column of the new form, under its present name.
    fn column_now(&self, column: &str) -> Option<&TableColumn> {
        let name = self.renamed.get(column).map_or(column, String::as_str);
        self.new.column(name)
    }

    /// Whether a key of the new form keeps two rows from having the same values in these columns.
    pub(super) fn is_unique(&self, columns: &[String]) -> bool {
        let within = |key: &[String]| !key.is_empty() && key.iter().all(|column| columns.contains(column));
        let by_constraint = self.new.constraints.iter().any(|known| match &known.kind {
            TableConstraintKind::PrimaryKey { columns } | TableConstraintKind::Unique { columns } => {
                within(columns)
            }
            _ => false,
        });
        by_constraint
            || self.new_indexes.iter().any(|index| {
                let key: Vec<String> = index.keys.iter().filter_map(|key| key.column.clone()).collect();
                index.unique && index.filter.is_none() && key.len() == index.keys.len() && within(&key)
            })
    }

    /// Whether the key is an INTEGER PRIMARY KEY, which on SQLite is the number of the row itself and is filled in
    /// when an INSERT leaves it out.
    fn is_row_number(&self, table: &Table, key: &[String]) -> bool {
        let [column] = key else { return false };
        let data_type = table.column(column).and_then(|column| column.data_type.as_ref());
        table.primary_key() == Some(key)
            && !table.options.without_rowid
            && data_type.is_some_and(|data_type| data_type.to_string() == "integer")
    }

    /// The properties that a column lost. NOT NULL and defaults keep their own hazards, because old code relies on
    /// them in the same way as on PostgreSQL.
    fn of_column(&self, old: &TableColumn) -> Vec<Lost> {
        let Some(new) = self.column_now(&old.name) else { return Vec::new() };
        let name = &old.name;
        let is_key = self.old.primary_key().is_some_and(|key| key.contains(name));
        let mut lost = Vec::new();
        if old.not_null && !new.not_null && !is_key {
            let what = format!("NOT NULL on `{name}`");
            lost.push(Lost { hazard: Hazard::DropNotNull, risk: Risk::Controlled, what });
        }
        if old.has_default && !new.has_default && new.generated.is_none() {
            let what = format!("a default for `{name}`");
            lost.push(Lost { hazard: Hazard::DropDefault, risk: Risk::Controlled, what });
        }
        if let Some(collation) = old.collation.as_ref().filter(|_| old.collation != new.collation) {
            lost.push(constraint(format!("COLLATE {collation} on `{name}`")));
        }
        if old.generated.is_some() && new.generated.is_none() {
            lost.push(constraint(format!("a computed `{name}`")));
        }
        lost
    }

    /// The options that the table lost.
    fn options(&self) -> Vec<Lost> {
        let (old, new) = (self.old.options, self.new.options);
        let words = [
            (old.strict && !new.strict, "STRICT"),
            (
                old.autoincrement && !new.autoincrement,
                "AUTOINCREMENT: numbers of deleted rows are used again",
            ),
        ];
        words.iter().filter(|(is_lost, _)| *is_lost).map(|(_, word)| constraint((*word).to_owned())).collect()
    }
}

fn constraint(what: String) -> Lost {
    Lost { hazard: Hazard::RebuildConstraint, risk: Risk::Controlled, what }
}

fn same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}
