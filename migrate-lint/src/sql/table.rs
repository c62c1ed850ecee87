//! CREATE TABLE, ALTER TABLE and CREATE INDEX: the statements that most rules are about.
//!
//! `ALTER TABLE t ADD COLUMN a int NOT NULL, DROP COLUMN b` is an [`AlterTable`] with two changes, each with its own
//! span, so that a finding points at one clause.

use migrate_core::Span;

use super::{Expression, Identifier, Name, Selection, Type};

/// `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateTable {
    pub(crate) name: Name,
    pub(crate) temporary: bool,
    pub(crate) unlogged: bool,
    pub(crate) foreign: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) body: TableBody,
    pub(crate) constraints: Vec<Constraint>,
    /// The tables of `INHERITS` and `LIKE`.
    pub(crate) inherits: Vec<Name>,
    pub(crate) like: Vec<Name>,
    /// The clause PARTITION BY, as it is written.
    pub(crate) partition_by: Option<String>,
    pub(crate) options: TableOptions,
    /// The query of `AS SELECT`, if the rows that it returns can be followed (SQLite).
    pub(crate) selection: Option<Selection>,
}

/// Properties of a table that only SQLite has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableOptions {
    pub(crate) strict: bool,
    pub(crate) without_rowid: bool,
    /// `AUTOINCREMENT`: a number is never used twice.
    pub(crate) autoincrement: bool,
    /// Whether a constraint has `ON CONFLICT IGNORE` or `REPLACE`: rows are left out or deleted without an error.
    pub(crate) drops_conflicts: bool,
}

/// Where the columns of a new table come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TableBody {
    Columns(Vec<Column>),
    /// `AS SELECT …`, `SELECT … INTO`, `OF type`.
    Query,
    /// `PARTITION OF parent`.
    PartitionOf(Name, PartitionBound),
}

/// The bounds of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartitionBound {
    /// `FOR VALUES …`, as it is written. Empty for the partition of an index.
    Values(String),
    Default,
}

/// A column, with the constraints written after its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: Identifier,
    /// The type. `None` if there is none, which SQLite allows.
    pub(crate) data_type: Option<Type>,
    pub(crate) span: Span,
    pub(crate) not_null: bool,
    pub(crate) default: Option<Default>,
    pub(crate) generated: Option<Generated>,
    /// `PRIMARY KEY`, `UNIQUE`, `CHECK` and `REFERENCES` that are written in the column.
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) collation: Option<String>,
}

/// `DEFAULT` of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Default {
    pub(crate) value: Expression,
}

/// `GENERATED` of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Generated {
    Identity,
    Stored(Expression),
    Virtual(Expression),
}

/// A constraint of a table or column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constraint {
    pub(crate) name: Option<String>,
    pub(crate) span: Span,
    pub(crate) kind: ConstraintKind,
    /// `NOT VALID`: the rows that are there are not checked.
    pub(crate) not_valid: bool,
    /// `NOT ENFORCED` (PostgreSQL 18): no row is checked.
    pub(crate) not_enforced: bool,
}

/// The kind of a constraint, and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    NotNull {
        column: String,
    },
    Check(Expression),
    Unique {
        columns: Vec<String>,
        nulls_not_distinct: bool,
    },
    PrimaryKey {
        columns: Vec<String>,
    },
    /// `UNIQUE USING INDEX` and `PRIMARY KEY USING INDEX`.
    UsingIndex {
        index: String,
        primary: bool,
    },
    Exclude {
        keys: Vec<IndexKey>,
    },
    ForeignKey(ForeignKey),
}

/// A foreign key, from `REFERENCES` or `FOREIGN KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<String>,
    pub(crate) table: Name,
    /// The columns that it refers to. Empty if the statement names none, which means the primary key.
    pub(crate) referenced: Vec<String>,
    pub(crate) on_delete: OnDelete,
    /// `INITIALLY DEFERRED` (SQLite).
    pub(crate) deferred: bool,
}

/// What a foreign key does when the row that it refers to is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnDelete {
    #[default]
    NoAction,
    Restrict,
    SetNull,
    SetDefault,
    Cascade,
}

/// `ALTER TABLE`, and ALTER of views, materialized views, indexes, sequences and foreign tables, which share its actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlterTable {
    pub(crate) kind: super::ObjectKind,
    pub(crate) name: Name,
    pub(crate) if_exists: bool,
    pub(crate) changes: Vec<Change>,
}

/// One action of an `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) span: Span,
    pub(crate) action: ChangeAction,
}

/// What one action of an ALTER TABLE does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChangeAction {
    AddColumn {
        column: Box<Column>,
        if_not_exists: bool,
    },
    DropColumn {
        column: String,
        if_exists: bool,
        cascade: bool,
    },
    AlterColumn {
        column: String,
        change: ColumnChange,
    },
    AddConstraint(Constraint),
    DropConstraint {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    ValidateConstraint {
        name: String,
    },
    /// `ALTER CONSTRAINT … [NOT] DEFERRABLE [INITIALLY …]` of a foreign key.
    SetDeferrable {
        name: String,
        deferrable: bool,
        /// `INITIALLY DEFERRED`.
        deferred: bool,
    },
    RenameColumn {
        from: String,
        to: Identifier,
    },
    RenameConstraint {
        from: String,
        to: Identifier,
    },
    RenameTo(Identifier),
    SetSchema(String),
    OwnerTo(String),
    AttachPartition {
        partition: Name,
        bound: PartitionBound,
    },
    DetachPartition {
        partition: Name,
        concurrently: bool,
    },
    EnableRowSecurity,
    DisableRowSecurity,
    ForceRowSecurity,
    NoForceRowSecurity,
    /// `ENABLE`, `DISABLE` of triggers and rules.
    SetTrigger,
    SetLogged,
    SetUnlogged,
    SetTablespace,
    SetAccessMethod,
    ReplicaIdentity,
    /// Storage parameters, `CLUSTER ON`, statistics: no one waits for these.
    SetOptions,
    Inherit(Name),
    NoInherit(Name),
    /// An action that no rule knows, by its words.
    Other(String),
}

/// `ALTER COLUMN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnChange {
    Type {
        to: Type,
        using: Option<Expression>,
        collation: Option<String>,
    },
    SetNotNull,
    DropNotNull,
    SetDefault(Expression),
    DropDefault,
    AddIdentity,
    DropIdentity,
    /// `RESTART` of an identity column.
    RestartIdentity,
    DropExpression,
    SetStorage,
    /// Statistics, options, compression.
    SetOptions,
    Other(String),
}

/// `CREATE INDEX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateIndex {
    /// The name. `None` if the server chooses it.
    pub(crate) name: Option<Identifier>,
    pub(crate) table: Name,
    pub(crate) unique: bool,
    pub(crate) concurrently: bool,
    pub(crate) if_not_exists: bool,
    /// `ON ONLY`.
    pub(crate) only: bool,
    pub(crate) keys: Vec<IndexKey>,
    /// The columns of `INCLUDE`.
    pub(crate) include: Vec<String>,
    pub(crate) filter: Option<Expression>,
    /// What is written of its form: method, keys with operator classes, INCLUDE, NULLS NOT DISTINCT (PostgreSQL).
    pub(crate) form: String,
}

/// A column or expression that an index is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexKey {
    /// The column, if it is one and not an expression.
    pub(crate) column: Option<String>,
    pub(crate) value: Expression,
}
