//! What the statements of a script say, whichever engine they are written for.
//!
//! The parsers stand behind [`parse`]; nothing else knows their types.

mod expression;
mod name;
mod parse;
mod postgres;
mod selection;
mod sqlite;
mod statement;
mod table;
mod types;

pub(crate) use expression::Expression;
pub(crate) use name::{Identifier, Name};
pub use parse::syntax_errors;
pub(crate) use parse::{Parsed, parse};
pub(crate) use selection::{ColumnName, Cut, From, Selected, Selection, Source};
pub(crate) use statement::{
    AlterDomain, AlterPolicy, AlterType, Block, Conflict, Copy, CreateDomain, CreateFunction, CreatePolicy,
    CreateTrigger, CreateType, CreateView, Delete, Drop, Insert, Kind, LockTable, ObjectKind, Privileges,
    Query, Reference, Refresh, Reindex, Setting, SettingScope, Since, Statement, TypeDefinition, Update,
};
pub(crate) use table::{
    AlterTable, Change, ChangeAction, Column, ColumnChange, Constraint, ConstraintKind, CreateIndex,
    CreateTable, Default, ForeignKey, Generated, IndexKey, OnDelete, PartitionBound, TableBody, TableOptions,
};
pub(crate) use types::Type;
