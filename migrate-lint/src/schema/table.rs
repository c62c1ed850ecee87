//! A table and its parts: columns, constraints, triggers, policies.
//!
//! `CREATE TABLE t (a int NOT NULL CHECK (a > 0))` becomes a [`Table`] with the column `a` (`int4`, not null), and
//! the constraint `t_a_check` with the expression `a > 0` and `validated: true`.

use crate::sql::{Expression, Generated, IndexKey, Name, OnDelete, PartitionBound, TableOptions, Type};

/// A table as the migrations so far have made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name, with its schema.
    pub(crate) name: Name,
    /// Its columns, in the order of their creation.
    pub(crate) columns: Vec<TableColumn>,
    /// Whether all columns are known. They are not after `CREATE TABLE AS`, nor if no migration creates the table.
    pub(crate) columns_are_complete: bool,
    pub(crate) constraints: Vec<TableConstraint>,
    pub(crate) is_foreign: bool,
    pub(crate) is_temporary: bool,
    pub(crate) is_unlogged: bool,
    /// The clause PARTITION BY, if it is partitioned.
    pub(crate) partition_by: Option<String>,
    /// The table that it is a partition of.
    pub(crate) partition_of: Option<Partition>,
    /// The tables that it inherits from with INHERITS.
    pub(crate) inherits: Vec<Name>,
    pub(crate) row_security: RowSecurity,
    pub(crate) policies: Vec<Policy>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) options: TableOptions,
    /// Whether a migration created it. Otherwise one only mentions it.
    pub(crate) is_known: bool,
    /// Whether CREATE TABLE IF NOT EXISTS made it, so that it may be an older table with other columns.
    pub(crate) may_be_older: bool,
    /// The migration that created it.
    pub(crate) created_in: u32,
}

/// A trigger of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) name: String,
    /// The function that it executes, if a migration created that (PostgreSQL).
    pub(crate) function: Option<Name>,
    /// The relations that its body reads and writes (SQLite).
    pub(crate) uses: Vec<Name>,
}

/// The parent of a partition, and its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) parent: Name,
    pub(crate) bound: PartitionBound,
}

/// Whether row-level security of a table is on, and on for its owner too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowSecurity {
    pub(crate) enabled: bool,
    pub(crate) forced: bool,
}

/// A policy of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) restrictive: bool,
    pub(crate) using: Option<Expression>,
    pub(crate) with_check: Option<Expression>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    /// The type by the engine's own name: `int4` for `integer`, the integer type for serial, a domain or enum with its
    /// schema. `None` if it has no type, which SQLite allows.
    pub(crate) data_type: Option<Type>,
    pub(crate) not_null: bool,
    /// Whether it has its own default; that of a serial column counts. The default of a domain, an identity or a
    /// generated value does not.
    pub(crate) has_default: bool,
    pub(crate) generated: Option<Generated>,
    pub(crate) collation: Option<String>,
    /// The migration that added it.
    pub(crate) created_in: u32,
}

/// A constraint of a table, including those written in a column. NOT NULL is one only if it has a name or is not valid
/// yet; otherwise it is a property of the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableConstraint {
    /// Its name. If the statement gives none, it is PostgreSQL's default name; SQLite has none.
    pub(crate) name: Option<String>,
    pub(crate) kind: TableConstraintKind,
    /// Whether every row is known to meet it. A NOT VALID constraint that is not validated yet is not, nor a NOT ENFORCED
    /// one.
    pub(crate) validated: bool,
}

/// The kind of a constraint, and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TableConstraintKind {
    NotNull {
        column: String,
    },
    Check(Expression),
    /// Its index has its name.
    Unique {
        columns: Vec<String>,
    },
    /// Its index has its name.
    PrimaryKey {
        columns: Vec<String>,
    },
    /// Its index has its name.
    Exclude {
        keys: Vec<IndexKey>,
    },
    ForeignKey {
        columns: Vec<String>,
        table: Name,
        /// The columns that it refers to. If the statement names none, those of the primary key, if that is known.
        referenced: Vec<String>,
        on_delete: OnDelete,
        /// Whether it is INITIALLY DEFERRED (SQLite).
        deferred: bool,
    },
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(crate) fn constraint(&self, name: &str) -> Option<&TableConstraint> {
        self.constraints.iter().find(|constraint| constraint.name.as_deref() == Some(name))
    }

    /// The columns of the primary key.
    pub(crate) fn primary_key(&self) -> Option<&[String]> {
        self.constraints.iter().find_map(|constraint| match &constraint.kind {
            TableConstraintKind::PrimaryKey { columns } => Some(columns.as_slice()),
            _ => None,
        })
    }

    /// Whether the server knows that no row has NULL in the column: it is NOT NULL, or a validated CHECK implies it
    /// (PostgreSQL manual, ALTER TABLE, SET NOT NULL).
    pub(crate) fn proves_not_null(&self, column: &str) -> bool {
        self.column(column).is_some_and(|column| column.not_null)
            || self.constraints.iter().any(|constraint| {
                constraint.validated
                    && matches!(&constraint.kind, TableConstraintKind::Check(check)
                        if check.not_null.iter().any(|name| name == column))
            })
    }
}
