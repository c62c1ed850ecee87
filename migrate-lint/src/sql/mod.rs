//! What the statements of a script say, in types of our own that are the same for both engines.
//!
//! In comes the text of a script, out come [`Statement`]s: `ALTER TABLE t ADD a int NOT NULL` becomes a
//! `Kind::AlterTable` with one change, `AddColumn`, whose column has the type `int4` and `not_null: true`.
//!
//! Why not let the rules use the parsers' trees? There are two parsers with two trees, and the one for PostgreSQL
//! changes weekly. So each is hidden in one module ([`postgres`] and [`sqlite`]), and replacing a parser touches no
//! rule. Each statement is parsed on its own, so an error in one does not hide the others.
//!
//! A statement that no module knows becomes `Kind::Unknown` with its first words, and the rules report it: unknown
//! is never safe.

mod expression;
mod foreign;
mod name;
mod opaque;
mod parse;
mod partition;
mod postgres;
mod selection;
mod sqlite;
mod statement;
mod table;
mod types;
mod unseen;

pub(crate) use expression::Expression;
pub(crate) use name::{Identifier, Name};
pub(crate) use opaque::{cascades, may_do_anything};
pub use parse::syntax_errors;
pub(crate) use parse::{Parsed, parse};
pub(crate) use partition::{Comparison, Datum, Operator, PartitionValues};
pub(crate) use postgres::{alternatives, partition_values};
pub(crate) use selection::{ColumnName, Cut, From, Selected, Selection, Source};
pub(crate) use statement::{
    AlterDomain, AlterPolicy, AlterType, Block, Body, Chance, Conflict, Copy, CreateDomain, CreateFunction,
    CreatePolicy, CreateTrigger, CreateType, CreateView, Delete, Drop, FreeLiteral, Insert, Kind, LockTable,
    ObjectKind, Privileges, Query, Reference, Refresh, Reindex, RowLock, Setting, SettingScope, Since,
    Statement, TypeDefinition, Update,
};
pub(crate) use table::{
    AlterTable, Change, ChangeAction, Column, ColumnChange, Constraint, ConstraintKind, CreateIndex,
    CreateTable, Default, ForeignKey, Generated, IndexKey, OnDelete, PartitionBound, TableBody, TableOptions,
};
pub(crate) use types::Type;
