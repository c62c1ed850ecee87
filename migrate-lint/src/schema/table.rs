use crate::sql::{Expression, Generated, IndexKey, Name, OnDelete, PartitionBound, TableOptions, Type};

/// A table as the migrations so far have made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// With its schema.
    pub(crate) name: Name,
    /// In the order of their creation.
    pub(crate) columns: Vec<TableColumn>,
    /// Whether `columns` are all of them: not after `CREATE TABLE AS`, nor for a table that no migration creates.
    pub(crate) columns_are_complete: bool,
    pub(crate) constraints: Vec<TableConstraint>,
    pub(crate) is_foreign: bool,
    pub(crate) is_temporary: bool,
    pub(crate) is_unlogged: bool,
    pub(crate) is_partitioned: bool,
    /// What it is a partition of.
    pub(crate) partition_of: Option<Partition>,
    /// The tables that it inherits from otherwise.
    pub(crate) inherits: Vec<Name>,
    pub(crate) row_security: RowSecurity,
    pub(crate) policies: Vec<Policy>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) options: TableOptions,
    /// Whether a migration created it; else one only mentions it.
    pub(crate) is_known: bool,
    /// The migration that created it.
    pub(crate) created_in: u32,
}

/// A trigger of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) name: String,
    /// The relations that its body reads and writes (SQLite).
    pub(crate) uses: Vec<Name>,
}

/// The place of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) parent: Name,
    pub(crate) bound: PartitionBound,
}

/// `ROW LEVEL SECURITY` of a table.
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
    /// The engine's name for it; a serial column has its integer type, a domain or enum its schema. SQLite allows
    /// none.
    pub(crate) data_type: Option<Type>,
    pub(crate) not_null: bool,
    /// Its own default, also that of a serial column; not a domain's, an identity's or a generated value.
    pub(crate) has_default: bool,
    pub(crate) generated: Option<Generated>,
    pub(crate) collation: Option<String>,
    /// The migration that added it.
    pub(crate) created_in: u32,
}

/// A constraint of a table, those that stand in a column among them. NOT NULL is one only with a name or while it
/// is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableConstraint {
    /// The server's default name where the statement gives none; SQLite has none to give.
    pub(crate) name: Option<String>,
    pub(crate) kind: TableConstraintKind,
    /// Whether every row is known to meet it: `NOT VALID` not yet validated and `NOT ENFORCED` are not.
    pub(crate) validated: bool,
}

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
        /// Those of the primary key, if known, where the statement leaves them to it.
        referenced: Vec<String>,
        on_delete: OnDelete,
        /// `INITIALLY DEFERRED` (SQLite).
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

    /// Whether no row can hold NULL there, and the server knows it: the column is NOT NULL, or a validated CHECK
    /// implies it (PostgreSQL manual, ALTER TABLE, SET NOT NULL).
    pub(crate) fn proves_not_null(&self, column: &str) -> bool {
        self.column(column).is_some_and(|column| column.not_null)
            || self.constraints.iter().any(|constraint| {
                constraint.validated
                    && matches!(&constraint.kind, TableConstraintKind::Check(check)
                        if check.not_null.iter().any(|name| name == column))
            })
    }
}
