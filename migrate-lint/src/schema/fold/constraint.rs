//! Constraints: added with the name and index that the server gives them, validated, dropped.
//!
//! `ALTER TABLE t ADD UNIQUE (a)` adds the constraint `t_a_key` and an index of the same name. `ADD CONSTRAINT c
//! UNIQUE USING INDEX i` renames the index `i` to `c`. `ADD CHECK (…) NOT VALID` adds a constraint with `validated:
//! false`, and VALIDATE CONSTRAINT changes that, which is what makes a later SET NOT NULL instant.

use super::super::default_name::{choose, index_columns, kept, middle};
use super::super::{Schema, Table, TableConstraint, TableConstraintKind};
use crate::sql::{Constraint, ConstraintKind, Expression, ForeignKey, IndexKey, Name};

impl Schema {
    /// Adds a constraint to `table` and to the tables that inherit it. `column` is the column that it is written in, if
    /// any.
    pub(super) fn add_constraint(&mut self, table: &Name, constraint: &Constraint, column: Option<&str>) {
        let validated = !constraint.not_valid && !constraint.not_enforced;
        let name = constraint.name.as_ref().map(|name| kept(name, self.engine));
        match &constraint.kind {
            ConstraintKind::NotNull { column } => self.add_not_null(table, name, column, validated),
            ConstraintKind::Check(check) => self.add_check(table, name, check, validated),
            ConstraintKind::Unique { columns, .. } => {
                self.add_key(table, name, self.columns(columns, column), false);
            }
            ConstraintKind::PrimaryKey { columns } => {
                self.add_key(table, name, self.columns(columns, column), true);
            }
            ConstraintKind::UsingIndex { index, primary } => self.take_index(table, name, index, *primary),
            ConstraintKind::Exclude { keys } => self.add_exclude(table, name, keys),
            ConstraintKind::ForeignKey(key) => {
                let columns = self.columns(&key.columns, column);
                self.add_foreign_key(table, name, columns, key, validated);
            }
        }
    }

    /// The columns that a constraint names, or else the one that it is written in.
    fn columns(&self, columns: &[String], column: Option<&str>) -> Vec<String> {
        if columns.is_empty() {
            column.iter().map(|column| kept(column, self.engine)).collect()
        } else {
            columns.iter().map(|column| kept(column, self.engine)).collect()
        }
    }

    /// Adds NOT NULL. It is kept as a constraint only if a later statement can name or validate it.
    fn add_not_null(&mut self, table: &Name, name: Option<String>, column: &str, validated: bool) {
        if validated {
            self.set_not_null(table, column, true);
        }
        if !validated || name.is_some() {
            let name = name.or_else(|| self.default_name(table, Some(column), "not_null"));
            let kind = TableConstraintKind::NotNull { column: column.to_owned() };
            self.push_constraint(table, TableConstraint { name, kind, validated });
        }
    }

    /// Adds a CHECK. Its default name has the column in it if it uses exactly one.
    fn add_check(&mut self, table: &Name, name: Option<String>, check: &Expression, validated: bool) {
        let check = &self.kept_expression(check);
        let mut columns = check.columns.clone();
        columns.sort();
        columns.dedup();
        let only = if let [column] = columns.as_slice() { Some(column.as_str()) } else { None };
        let name = name.or_else(|| self.default_name(table, only, "check"));
        for heir in self.with_heirs(table) {
            let kind = TableConstraintKind::Check(check.clone());
            self.push_constraint(&heir, TableConstraint { name: name.clone(), kind, validated });
        }
    }

    /// A unique constraint or primary key and its index.
    pub(super) fn add_key(
        &mut self,
        table: &Name,
        name: Option<String>,
        columns: Vec<String>,
        primary: bool,
    ) {
        if primary {
            for column in &columns {
                if self.primary_key_means_not_null(table, &columns, column) {
                    self.set_not_null(table, column, true);
                }
            }
        }
        let index_name = match &name {
            Some(name) if self.engine.names_index_like_key() => Some(name.clone()),
            _ => self.default_key_name(table, &columns, primary),
        };
        let constraint_name =
            name.or_else(|| index_name.clone().filter(|_| self.engine.names_index_like_key()));
        if let Some(name) = index_name {
            let keys = columns.iter().map(|column| IndexKey::of_column(column)).collect();
            self.build_constraint_index(table, &name, keys, true);
        }
        let kind = if primary {
            TableConstraintKind::PrimaryKey { columns }
        } else {
            TableConstraintKind::Unique { columns }
        };
        self.push_constraint(table, TableConstraint { name: constraint_name, kind, validated: true });
        self.index_partitions(table);
    }

    /// Whether the primary key makes its columns NOT NULL. On SQLite it does so only for INTEGER PRIMARY KEY, and in
    /// STRICT and WITHOUT ROWID tables (SQLite manual, CREATE TABLE).
    fn primary_key_means_not_null(&self, table: &Name, key: &[String], column: &str) -> bool {
        let options = self.tables.get(table).map(|table| table.options);
        self.engine.primary_key_means_not_null()
            || options.is_some_and(|options| options.strict || options.without_rowid)
            || self.is_row_number(table, key) && key == [column]
    }

    /// Whether the key is an INTEGER PRIMARY KEY, which on SQLite is the number of the row and has no index.
    fn is_row_number(&self, table: &Name, key: &[String]) -> bool {
        let [column] = key else { return false };
        if self.tables.get(table).is_some_and(|table| table.options.without_rowid) {
            return false;
        }
        let column = self.tables.get(table).and_then(|table| table.column(column));
        let data_type = column.and_then(|column| column.data_type.as_ref());
        data_type.is_some_and(|data_type| data_type.to_string().eq_ignore_ascii_case("integer"))
    }

    /// The name of the index of a key. On SQLite it is `sqlite_autoindex_t_1`, and an INTEGER PRIMARY KEY has none.
    fn default_key_name(&self, table: &Name, columns: &[String], primary: bool) -> Option<String> {
        if self.engine.numbers_key_indexes() {
            if primary && self.is_row_number(table, columns) {
                return None;
            }
            let label = format!("sqlite_autoindex_{}", table.name);
            let names = (1_u32..).map(|number| format!("{label}_{number}"));
            return names.into_iter().find(|name| !self.is_relation_beside(table, name));
        }
        let column_names = middle(columns.iter().map(String::as_str));
        let (middle, label) = if primary { (None, "pkey") } else { (Some(column_names.as_str()), "key") };
        Some(self.free_index_name(table, middle, label))
    }

    /// The name that the server gives to a constraint and its index. It must be free as both.
    fn free_index_name(&self, table: &Name, middle: Option<&str>, label: &str) -> String {
        choose(&table.name, middle, label, |name| {
            self.is_relation_beside(table, name) || self.is_constraint_beside(table, name)
        })
    }

    /// `USING INDEX`: the constraint takes over the index and gives it its name.
    fn take_index(&mut self, table: &Name, name: Option<String>, index: &str, primary: bool) {
        let old = Name { schema: table.schema.clone(), name: kept(index, self.engine) };
        let name = name.unwrap_or_else(|| old.name.clone());
        self.rename_relation(&old, &Name { schema: table.schema.clone(), name: name.clone() });
        let new = Name { schema: table.schema.clone(), name: name.clone() };
        let mut columns = Vec::new();
        if let Some(index) = self.indexes.get_mut(&new) {
            index.from_constraint = true;
            columns = index.keys.iter().filter_map(|key| key.column.clone()).collect();
        }
        let kind = if primary {
            columns.iter().for_each(|column| self.set_not_null(table, column, true));
            TableConstraintKind::PrimaryKey { columns }
        } else {
            TableConstraintKind::Unique { columns }
        };
        self.push_constraint(table, TableConstraint { name: Some(name), kind, validated: true });
    }

    /// Adds an EXCLUDE constraint and its index.
    fn add_exclude(&mut self, table: &Name, name: Option<String>, keys: &[IndexKey]) {
        let columns = index_columns(keys, &[]);
        let middle = middle(columns.iter().map(String::as_str));
        let name = name.unwrap_or_else(|| self.free_index_name(table, Some(&middle), "excl"));
        self.build_constraint_index(table, &name, keys.to_vec(), false);
        let name = Some(name);
        let kind = TableConstraintKind::Exclude { keys: keys.to_vec() };
        self.push_constraint(table, TableConstraint { name, kind, validated: true });
    }

    /// Adds a foreign key to a table and its partitions. Without a list of columns it refers to the primary key.
    fn add_foreign_key(
        &mut self,
        table: &Name,
        name: Option<String>,
        columns: Vec<String>,
        key: &ForeignKey,
        validated: bool,
    ) {
        let column_names = middle(columns.iter().map(String::as_str));
        let name = name.or_else(|| self.default_name(table, Some(&column_names), "fkey"));
        let referenced_table = self.resolve(&key.table);
        let referenced = if key.referenced.is_empty() {
            let primary_key = self.tables.get(&referenced_table).and_then(Table::primary_key);
            primary_key.map(<[String]>::to_vec).unwrap_or_default()
        } else {
            self.columns(&key.referenced, None)
        };
        let kind = TableConstraintKind::ForeignKey {
            columns,
            table: referenced_table,
            referenced,
            on_delete: key.on_delete,
            deferred: key.deferred,
        };
        for heir in self.with_partitions(table) {
            self.push_constraint(
                &heir,
                TableConstraint { name: name.clone(), kind: kind.clone(), validated },
            );
        }
    }

    /// The expression with the column names as the engine stores them.
    pub(super) fn kept_expression(&self, value: &Expression) -> Expression {
        let kept = |names: &[String]| names.iter().map(|name| kept(name, self.engine)).collect();
        Expression { columns: kept(&value.columns), not_null: kept(&value.not_null), ..value.clone() }
    }

    /// Adds a constraint to the table and to the lookup.
    fn push_constraint(&mut self, table: &Name, constraint: TableConstraint) {
        constraint.name.iter().for_each(|name| self.lookup.add_constraint(name));
        if let TableConstraintKind::ForeignKey { table: referenced, .. } = &constraint.kind {
            self.lookup.add_foreign_key(table, referenced);
        }
        self.table_entry(table).constraints.push(constraint);
    }

    /// The name that the server gives to a constraint without an index. SQLite gives none.
    fn default_name(&self, table: &Name, column: Option<&str>, label: &str) -> Option<String> {
        let taken = |name: &str| self.is_constraint_beside(table, name);
        self.engine.names_constraints().then(|| choose(&table.name, column, label, taken))
    }

    /// Whether a constraint of this name is in the schema of `table`.
    fn is_constraint_beside(&self, table: &Name, name: &str) -> bool {
        let mut beside = self.tables.values().filter(|other| other.name.schema == table.schema);
        self.lookup.may_be_constraint(name) && beside.any(|other| other.constraint(name).is_some())
    }

    /// Whether a relation of this name is in the schema of `table`.
    pub(super) fn is_relation_beside(&self, table: &Name, name: &str) -> bool {
        self.relation_exists(&Name { schema: table.schema.clone(), name: name.to_owned() })
    }

    /// Drops a constraint with its index. With CASCADE the foreign keys that need the key go too.
    pub(super) fn drop_constraint(&mut self, table: &Name, name: &str, cascade: bool) {
        let Some(constraint) = self.tables.get(table).and_then(|table| table.constraint(name)).cloned()
        else {
            return;
        };
        for heir in self.with_heirs(table) {
            if let Some(heir) = self.tables.get_mut(&heir) {
                heir.constraints.retain(|known| known.name.as_deref() != Some(name));
            }
        }
        match constraint.kind {
            TableConstraintKind::NotNull { column } => self.set_not_null(table, &column, false),
            TableConstraintKind::Unique { columns } | TableConstraintKind::PrimaryKey { columns } => {
                self.remove_index(&Name { schema: table.schema.clone(), name: name.to_owned() });
                if cascade {
                    self.drop_foreign_keys_to(table, |referenced| referenced == columns);
                }
            }
            TableConstraintKind::Exclude { .. } => {
                self.remove_index(&Name { schema: table.schema.clone(), name: name.to_owned() });
            }
            TableConstraintKind::Check(_) | TableConstraintKind::ForeignKey { .. } => {}
        }
    }

    /// Drops the foreign keys to a table whose referenced columns match.
    pub(super) fn drop_foreign_keys_to(&mut self, table: &Name, matches: impl Fn(&[String]) -> bool) {
        if !self.lookup.may_be_referenced(table) {
            return;
        }
        for other in self.tables.values_mut() {
            other.constraints.retain(|constraint| {
                !matches!(&constraint.kind, TableConstraintKind::ForeignKey { table: to, referenced, .. }
                    if to == table && matches(referenced))
            });
        }
    }

    /// Marks a constraint as valid. A valid NOT NULL makes its column NOT NULL.
    pub(super) fn validate_constraint(&mut self, table: &Name, name: &str) {
        for heir in self.with_heirs(table) {
            let Some(heir_table) = self.tables.get_mut(&heir) else { continue };
            let found = heir_table.constraints.iter_mut().find(|known| known.name.as_deref() == Some(name));
            let Some(constraint) = found else { continue };
            constraint.validated = true;
            if let TableConstraintKind::NotNull { column } = constraint.kind.clone() {
                self.set_not_null(&heir, &column, true);
            }
        }
    }
}
