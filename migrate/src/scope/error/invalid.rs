//! What is wrong with a statement before it is sent.

use std::fmt;

use migrate_core::{Engine, InvalidRawExpression};

use super::Error;
use crate::scope::value::Foreign;

/// What is wrong with a statement before it is sent. Each displays with a way to correct it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidStatement {
    /// An update, insert or upsert sets nothing: `update(orders).key(1).execute(&db)`.
    NothingSet,
    /// An upsert has no `on`, or does not set the columns of `on`: `upsert(customers).set(customers.name, "Ada")`.
    NoUpsertKey,
    /// A purge has no `older_than`: how long rows stay in the trash is a decision, and has no default.
    NoRetention,
    /// The rows of an insert do not set the same columns. One statement has one list of columns.
    UnevenRows,
    /// No foreign key is declared between the table and those before it. Declare one, or use `join_on`.
    NoPath {
        /// The table to be joined.
        table: &'static str,
    },
    /// More than one foreign key is declared between the table and those before it, as with `billing_address_id` and
    /// `shipping_address_id`. `join_on` says which one is meant.
    ManyPaths {
        /// The table to be joined.
        table: &'static str,
    },
    /// `after` has another number of values than `order_by` has columns:
    /// `order_by(orders.total.asc()).after((30, 3))`.
    Cursor {
        /// The number of columns of `order_by`.
        columns: usize,
        /// The number of values of `after`.
        values: usize,
    },
    /// A query of another scope is nested in the statement: `exists(cinema.select(orders))` in a statement of the
    /// bakery.
    OtherScope,
    /// The table has no column for this role, or none is declared: `if_version(3)` on a table without `version`.
    NoColumn {
        /// The table of the statement.
        table: &'static str,
        /// The role of the column: `deleted`, `version`, `op`, `reason`.
        role: &'static str,
    },
    /// A column is named whose table is not in the statement, or not in this part of it:
    /// `select(orders).filter(customers.id.eq(1))`.
    OutOfReach {
        /// The name or alias of the table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A struct is read from a column that the table does not declare. The name of a field is the name of its column,
    /// unless `#[column]` says another.
    UnknownColumn {
        /// The table.
        table: &'static str,
        /// The name that is not a column of it.
        column: &'static str,
    },
    /// Two tables of a statement have the same name. A table that is joined to itself needs an `alias`.
    NameTaken {
        /// The name.
        name: &'static str,
    },
    /// A column is set that belongs to another table, or that only the library sets. The types refuse it too, unless
    /// the caller implements the traits of `tables!` itself.
    NotSettable {
        /// The table of the statement.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The rows of the table belong to tenants, and the statement has no tenant.
    OfTenants {
        /// The table.
        table: &'static str,
    },
    /// All tenants share the table, and the statement would change it for one of them.
    OfAll {
        /// The table.
        table: &'static str,
    },
    /// The reason of an [`Unscoped`](crate::scope::Unscoped) is blank.
    NoReason,
    /// The statement binds more values than it can hold: a list for `in_` that is too long.
    TooManyValues {
        /// The number of values that it binds.
        values: usize,
        /// The number that the engine takes.
        limit: usize,
    },
    /// The engine has no values of this type: see [`Value`](crate::scope::Value).
    ForeignValue {
        /// The type, by its name in Rust.
        value: &'static str,
        /// The engine that the statement is written for.
        engine: Engine,
    },
    /// The engine cannot do this, such as locking rows on SQLite.
    Unsupported {
        /// What the statement asked for.
        what: &'static str,
        /// What to do instead.
        help: &'static str,
    },
    /// A piece of [`raw`](crate::scope::raw()) SQL is not a single harmless expression.
    Raw(InvalidRawExpression),
}

impl fmt::Display for InvalidStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidStatement::NothingSet => f.write_str("the statement sets no column; add `set`"),
            InvalidStatement::NoUpsertKey => {
                f.write_str("an upsert has to name the columns of its unique key with `on`, and to set them")
            }
            InvalidStatement::NoRetention => {
                f.write_str("a purge has to say how long rows stay in the trash, with `older_than`")
            }
            InvalidStatement::UnevenRows => {
                f.write_str("the rows of an insert must all set the same columns")
            }
            InvalidStatement::NoPath { table } => {
                write!(f, "no declared foreign key leads to {table}; say how with `join_on`")
            }
            InvalidStatement::ManyPaths { table } => {
                write!(f, "several declared foreign keys lead to {table}; say which with `join_on`")
            }
            InvalidStatement::Cursor { columns, values } => {
                write!(f, "`after` has {values} values for {columns} columns of `order_by`")
            }
            InvalidStatement::OtherScope => {
                f.write_str("a query of another scope cannot be nested in this statement")
            }
            InvalidStatement::NoColumn { table, role } => {
                write!(f, "{table} has no column for this; declare one in `tables!`: `{role} = …`")
            }
            InvalidStatement::OutOfReach { table, column } => {
                write!(
                    f,
                    "`{table}.{column}` is named where {table} is not in the statement; join it, or use a subquery"
                )
            }
            InvalidStatement::UnknownColumn { table, column } => {
                write!(f, "{table} declares no column `{column}` to read; declare it in `tables!`")
            }
            InvalidStatement::NameTaken { name } => {
                write!(f, "two tables of the statement are named {name}; rename one with `alias`")
            }
            InvalidStatement::NotSettable { table, column } => {
                write!(
                    f,
                    "`{column}` cannot be set in a statement on {table}: the library keeps it, or it is another table's"
                )
            }
            InvalidStatement::OfTenants { table } => {
                write!(
                    f,
                    "the rows of {table} belong to tenants; use a `Scope`, or `Unscoped` for all of them"
                )
            }
            InvalidStatement::OfAll { table } => {
                write!(f, "all tenants share {table}; write it through `Global`")
            }
            InvalidStatement::NoReason => {
                f.write_str("an unscoped statement has to say why it is sent, in `Unscoped::because`")
            }
            InvalidStatement::TooManyValues { values, limit } => {
                write!(
                    f,
                    "the statement binds {values} values, more than the limit of {limit}; send several, or use a subquery"
                )
            }
            InvalidStatement::ForeignValue { value, engine } => Foreign { value, engine: *engine }.fmt(f),
            InvalidStatement::Unsupported { what, help } => write!(f, "{what} is not supported here; {help}"),
            InvalidStatement::Raw(raw) => raw.fmt(f),
        }
    }
}

impl From<InvalidStatement> for Error {
    fn from(invalid: InvalidStatement) -> Error {
        Error::Invalid(invalid)
    }
}
