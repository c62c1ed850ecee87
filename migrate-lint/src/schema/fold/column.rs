//! Columns: added, changed, dropped.
//!
//! `ADD COLUMN n serial` adds a column of type `int4` with NOT NULL and a default, and the sequence `t_n_seq`, as
//! the server does. DROP COLUMN removes what needs the column, and that may be much: indexes, checks, foreign keys
//! of other tables, generated columns, policies.

use super::super::default_name::{choose, kept};
use super::super::{Schema, Sequence, TableColumn, TableConstraintKind};
use crate::sql::{Column, ColumnChange, Expression, Generated, Name, Type};

impl Schema {
    /// Adds a column without its constraints.
    pub(super) fn add_column(&mut self, table: &Name, column: &Column) {
        let name = kept(&column.name.name, self.engine);
        let is_identity = column.generated == Some(Generated::Identity);
        let is_serial =
            self.engine.has_serial_types() && column.data_type.as_ref().is_some_and(Type::is_serial);
        if is_serial || is_identity {
            self.add_owned_sequence(table, &name);
        }
        let data_type = column.data_type.as_ref().map(|data_type| self.column_type(data_type));
        let has_default = column.default.as_ref().is_some_and(|default| !default.value.is_null);
        let column = TableColumn {
            name,
            data_type,
            not_null: column.not_null || is_serial || is_identity,
            has_default: has_default || is_serial,
            generated: column.generated.clone(),
            collation: column.collation.clone(),
            created_in: self.current,
        };
        self.table_entry(table).columns.push(column);
    }

    /// The type that the server stores: `int8` for `bigserial`, and a domain or enum with its schema.
    fn column_type(&self, data_type: &Type) -> Type {
        if self.engine.has_serial_types() && data_type.is_serial() {
            return Type::builtin(match data_type.name.name.as_str() {
                "serial2" | "smallserial" => "int2",
                "serial8" | "bigserial" => "int8",
                _ => "int4",
            });
        }
        self.resolve_type(data_type)
    }

    /// Adds the sequence of a serial or identity column, under the name that the server gives it.
    fn add_owned_sequence(&mut self, table: &Name, column: &str) {
        let name = choose(&table.name, Some(column), "seq", |name| self.is_relation_beside(table, name));
        let name = Name { schema: table.schema.clone(), name };
        let owner = Some((table.clone(), column.to_owned()));
        self.sequences.insert(name.clone(), Sequence { name, owner, created_in: self.current });
    }

    /// Applies an ALTER COLUMN.
    pub(super) fn alter_column(&mut self, table: &Name, column: &str, change: &ColumnChange) {
        let data_type = match change {
            ColumnChange::Type { to, .. } => Some(self.resolve_type(to)),
            _ => None,
        };
        if *change == ColumnChange::AddIdentity {
            self.add_owned_sequence(table, column);
        }
        if *change == ColumnChange::DropIdentity {
            self.drop_owned_sequences(table, column);
        }
        let Some(column) = self.column_mut(table, column) else { return };
        match change {
            ColumnChange::Type { collation, .. } => {
                column.data_type = data_type;
                column.collation.clone_from(collation);
            }
            ColumnChange::SetNotNull => column.not_null = true,
            ColumnChange::DropNotNull => column.not_null = false,
            ColumnChange::SetDefault(value) => column.has_default = !value.is_null,
            ColumnChange::DropDefault => column.has_default = false,
            ColumnChange::AddIdentity => column.generated = Some(Generated::Identity),
            ColumnChange::DropIdentity | ColumnChange::DropExpression => column.generated = None,
            ColumnChange::RestartIdentity
            | ColumnChange::SetStorage
            | ColumnChange::SetOptions
            | ColumnChange::Other(_) => {}
        }
    }

    fn column_mut(&mut self, table: &Name, column: &str) -> Option<&mut TableColumn> {
        self.tables.get_mut(table)?.columns.iter_mut().find(|known| known.name == column)
    }

    pub(super) fn set_not_null(&mut self, table: &Name, column: &str, not_null: bool) {
        if let Some(column) = self.column_mut(table, column) {
            column.not_null = not_null;
        }
    }

    /// Drops a column with the constraints, indexes and sequences that need it (PostgreSQL manual, ALTER TABLE).
    pub(super) fn drop_column(&mut self, table: &Name, column: &str) {
        let uses = |value: &Expression| value.columns.iter().any(|used| used == column);
        let indexes: Vec<Name> = self
            .indexes_of(table)
            .filter(|index| {
                index.include.iter().any(|included| included == column)
                    || index.filter.as_ref().is_some_and(uses)
                    || index.keys.iter().any(|key| key.column.as_deref() == Some(column) || uses(&key.value))
            })
            .map(|index| index.name.clone())
            .collect();
        indexes.iter().for_each(|index| self.remove_index(index));
        self.drop_owned_sequences(table, column);
        self.drop_foreign_keys_to(table, |referenced| referenced.iter().any(|name| name == column));
        let Some(table) = self.tables.get_mut(table) else { return };
        table.constraints.retain(|constraint| !constraint.kind.uses(column));
        table.columns.retain(|known| {
            let depends = match &known.generated {
                Some(Generated::Stored(value) | Generated::Virtual(value)) => uses(value),
                Some(Generated::Identity) | None => false,
            };
            known.name != column && !depends
        });
        table.policies.retain(|policy| {
            !policy.using.as_ref().is_some_and(uses) && !policy.with_check.as_ref().is_some_and(uses)
        });
    }

    fn drop_owned_sequences(&mut self, table: &Name, column: &str) {
        self.sequences.retain(|_, sequence| {
            sequence.owner.as_ref().is_none_or(|(owner, owned)| owner != table || owned != column)
        });
    }
}

impl TableConstraintKind {
    /// Whether the constraint uses this column of its own table.
    fn uses(&self, column: &str) -> bool {
        let is_in = |columns: &[String]| columns.iter().any(|name| name == column);
        match self {
            TableConstraintKind::NotNull { column: name } => name == column,
            TableConstraintKind::Check(check) => is_in(&check.columns),
            TableConstraintKind::Unique { columns }
            | TableConstraintKind::PrimaryKey { columns }
            | TableConstraintKind::ForeignKey { columns, .. } => is_in(columns),
            TableConstraintKind::Exclude { keys } => keys.iter().any(|key| is_in(&key.value.columns)),
        }
    }
}
