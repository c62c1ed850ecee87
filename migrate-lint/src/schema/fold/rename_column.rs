//! RENAME COLUMN: a column gets another name everywhere.
//!
//! `ALTER TABLE t RENAME a TO b` changes the column, the keys and conditions of indexes, the constraints of `t`, the
//! foreign keys of other tables that refer to `t.a`, and policies. The text of an expression stays as the script has
//! it; only its list of columns changes, because the rules ask for that list.

use super::super::{Index, Schema, Table, TableConstraintKind};
use crate::sql::{Expression, Generated, IndexKey, Name};

impl Schema {
    /// Renames a column wherever its name occurs.
    pub(super) fn rename_column(&mut self, table: &Name, from: &str, to: &str) {
        let rename = Rename { from, to };
        let indexes = self.lookup.indexes(table).into_iter().flatten();
        for index in indexes {
            if let Some(index) = self.indexes.get_mut(index).filter(|index| index.table == *table) {
                rename.in_index(index);
            }
        }
        let owners = self.sequences.values_mut().filter_map(|sequence| sequence.owner.as_mut());
        owners.filter(|(owner, _)| owner == table).for_each(|(_, column)| rename.column(column));
        if self.lookup.may_be_referenced(table) {
            let constraints = self.tables.values_mut().flat_map(|other| &mut other.constraints);
            for constraint in constraints {
                if let TableConstraintKind::ForeignKey { table: to, referenced, .. } = &mut constraint.kind
                    && to == table
                {
                    rename.in_columns(referenced);
                }
            }
        }
        if let Some(table) = self.tables.get_mut(table) {
            rename.in_table(table);
        }
    }
}

/// The old and the new name of a column.
struct Rename<'a> {
    from: &'a str,
    to: &'a str,
}

impl Rename<'_> {
    fn column(&self, name: &mut String) {
        if name == self.from {
            self.to.clone_into(name);
        }
    }

    fn in_columns<'c>(&self, names: impl IntoIterator<Item = &'c mut String>) {
        names.into_iter().for_each(|name| self.column(name));
    }

    fn in_expressions<'e>(&self, values: impl IntoIterator<Item = &'e mut Expression>) {
        for value in values {
            self.in_columns(&mut value.columns);
            self.in_columns(&mut value.not_null);
        }
    }

    fn in_keys(&self, keys: &mut [IndexKey]) {
        for key in keys {
            self.in_columns(&mut key.column);
            self.in_expressions([&mut key.value]);
        }
    }

    fn in_index(&self, index: &mut Index) {
        self.in_keys(&mut index.keys);
        self.in_columns(&mut index.include);
        self.in_expressions(&mut index.filter);
    }

    fn in_table(&self, table: &mut Table) {
        for column in &mut table.columns {
            self.column(&mut column.name);
            if let Some(Generated::Stored(value) | Generated::Virtual(value)) = &mut column.generated {
                self.in_expressions([value]);
            }
        }
        for constraint in &mut table.constraints {
            self.in_constraint(&mut constraint.kind);
        }
        for policy in &mut table.policies {
            self.in_expressions(&mut policy.using);
            self.in_expressions(&mut policy.with_check);
        }
    }

    /// Renames the column in a constraint of its own table.
    fn in_constraint(&self, kind: &mut TableConstraintKind) {
        match kind {
            TableConstraintKind::NotNull { column } => self.column(column),
            TableConstraintKind::Check(check) => self.in_expressions([check]),
            TableConstraintKind::Unique { columns }
            | TableConstraintKind::PrimaryKey { columns }
            | TableConstraintKind::ForeignKey { columns, .. } => self.in_columns(columns),
            TableConstraintKind::Exclude { keys } => self.in_keys(keys),
        }
    }
}
