//! Foreign keys to a table that is gone, or that has no key over these columns.

use super::Place;
use crate::schema::{Schema, TableConstraintKind, Words};
use crate::sql::{ChangeAction, ConstraintKind, ForeignKey, Kind, Statement, TableBody};

impl Place<'_> {
    /// Why the foreign keys of a statement cannot be made.
    pub(super) fn refers(&self, statement: &Statement) -> Option<String> {
        let keys = foreign_keys(statement);
        if keys.is_empty() || !self.schema.engine().drop_takes_foreign_keys() {
            return None;
        }
        let own = match &statement.kind {
            Kind::CreateTable(create) => &create.name,
            Kind::AlterTable(alter) => &alter.name,
            _ => return None,
        };
        // Only a table that refers to itself needs the schema after the statement, and of that only itself.
        let after = keys.iter().any(|key| key.table.name == own.name).then(|| {
            let mut after = self.schema.part_for(&Words::of(&[&own.name]));
            after.apply(statement);
            after
        });
        keys.into_iter().find_map(|key| {
            let after = after.as_ref().filter(|_| key.table.name == own.name);
            self.refers_to(key, after.unwrap_or(self.schema))
        })
    }

    fn refers_to(&self, key: &ForeignKey, after: &Schema) -> Option<String> {
        if !after.has_name(&key.table) {
            return self.gone(&key.table);
        }
        let table = after.table(&key.table).filter(|table| self.are_columns_known(table))?;
        if after.is_ambiguous(&key.table) {
            return None;
        }
        let is_key = |columns: &[String]| {
            columns.len() == key.referenced.len()
                && key.referenced.iter().all(|column| columns.contains(column))
        };
        let of_constraints = table.constraints.iter().any(|constraint| match &constraint.kind {
            TableConstraintKind::PrimaryKey { columns } => key.referenced.is_empty() || is_key(columns),
            TableConstraintKind::Unique { columns } => is_key(columns),
            _ => false,
        });
        let of_indexes = after.indexes_of(&table.name).any(|index| {
            let columns: Vec<String> = index.leading_columns().map(str::to_owned).collect();
            index.unique && index.filter.is_none() && columns.len() == index.keys.len() && is_key(&columns)
        });
        let columns = key.referenced.join(", ");
        (!of_constraints && !of_indexes).then(|| match columns.as_str() {
            "" => format!("`{}` has no primary key to refer to", key.table),
            _ => format!("`{}` has no unique constraint over `{columns}` to refer to", key.table),
        })
    }
}

/// The foreign keys that a statement makes.
fn foreign_keys(statement: &Statement) -> Vec<&ForeignKey> {
    let constraints: Vec<_> = match &statement.kind {
        Kind::CreateTable(create) => {
            let columns: &[_] = match &create.body {
                TableBody::Columns(columns) => columns,
                _ => &[],
            };
            columns.iter().flat_map(|column| &column.constraints).chain(&create.constraints).collect()
        }
        Kind::AlterTable(alter) => alter
            .changes
            .iter()
            .flat_map(|change| match &change.action {
                ChangeAction::AddConstraint(constraint) => std::slice::from_ref(constraint),
                ChangeAction::AddColumn { column, .. } => &column.constraints[..],
                _ => &[],
            })
            .collect(),
        _ => Vec::new(),
    };
    let keys = constraints.into_iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key),
        _ => None,
    });
    keys.collect()
}
