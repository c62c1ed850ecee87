use std::marker::PhantomData;

use migrate_core::Engine;

use super::access::{Access, Context, Reads, recorded};
use super::column::Field;
use super::database::Database;
use super::error::{Error, Result};
use super::expression::{Filter, Node};
use super::order::Order;
use super::projection::{Columns, Projection};
use super::query::{Join, JoinKind, Lock, Query, Wait};
use super::row::FromRow;
use super::sql::{Statement, Writer};
use super::table::{Handle, Table};
use super::value::{Parameter, Value};

/// A query, from [`Scope::select`](super::Scope::select): of the rows of a table, and of those that are joined to it.
///
/// Each table in it is a derived table that holds the rows which the scope may see, and no others. So it does not matter
/// what is filtered, joined or nested: other rows are not there.
#[derive(Clone, Debug)]
#[must_use = "a query is sent by `all`, `one` and their like"]
pub struct Select<S, T> {
    pub(crate) scope: S,
    pub(crate) query: Query,
    of: PhantomData<fn() -> T>,
}

impl<S: Access, T: Table> Select<S, T> {
    pub(crate) fn new(scope: S, table: T) -> Select<S, T> {
        Select { scope, query: Query::new(table.handle()), of: PhantomData }
    }

    fn with(mut self, change: impl FnOnce(&mut Query)) -> Select<S, T> {
        change(&mut self.query);
        self
    }

    /// Only the rows for which this holds too.
    pub fn filter(self, filter: impl Into<Filter>) -> Select<S, T> {
        self.with(|query| query.filter.push(filter.into().node))
    }

    /// The change that a value asks for, if there is one.
    pub fn maybe<V>(
        self,
        value: Option<V>,
        change: impl FnOnce(Select<S, T>, V) -> Select<S, T>,
    ) -> Select<S, T> {
        match value {
            Some(value) => change(self, value),
            None => self,
        }
    }

    /// The row with this primary key.
    pub fn key(self, key: impl Into<T::Key>) -> Select<S, T> {
        self.with(|query| filter_by_key::<T>(query.root, key.into(), &mut query.filter))
    }

    /// Deleted rows of the table too; still only those of the tenant. For a joined table say it there:
    /// `left_join(customers.with_deleted())`.
    pub fn with_deleted(self) -> Select<S, T> {
        self.with(|query| query.root = query.root.with_deleted())
    }

    /// The trash: deleted rows of the table alone. For a joined table say it there.
    pub fn only_deleted(self) -> Select<S, T> {
        self.with(|query| query.root = query.root.only_deleted())
    }

    fn joined(self, kind: JoinKind, handle: Handle, on: Option<Node>) -> Select<S, T> {
        self.with(|query| query.joins.push(Join { kind, handle, on }))
    }

    /// The rows of another table that belong to it, along the declared foreign key.
    pub fn join<J: Table>(self, table: J) -> Select<S, T>
    where
        S: Reads<J>,
    {
        self.joined(JoinKind::Inner, table.handle(), None)
    }

    /// The same, and rows without a counterpart stay, with NULL in the other's columns. A counterpart that is deleted
    /// is none.
    pub fn left_join<J: Table>(self, table: J) -> Select<S, T>
    where
        S: Reads<J>,
    {
        self.joined(JoinKind::Left, table.handle(), None)
    }

    /// The rows of another table, on a condition of your own.
    pub fn join_on<J: Table>(self, kind: JoinKind, table: J, on: impl Into<Filter>) -> Select<S, T>
    where
        S: Reads<J>,
    {
        self.joined(kind, table.handle(), Some(on.into().node))
    }

    /// In this order; called again, the next column decides between equals.
    pub fn order_by(self, order: Order) -> Select<S, T> {
        self.with(|query| query.order.push(order))
    }

    /// Only what comes behind the row with these values in the columns of `order_by`: the next page.
    ///
    /// The last column has to be one that no two rows share, and none may be NULL, or rows are left out.
    pub fn after(self, row: impl Cursor) -> Select<S, T> {
        self.with(|query| query.after = Some(row.parameters()))
    }

    /// So many rows at most.
    pub fn limit(self, rows: u64) -> Select<S, T> {
        self.with(|query| query.limit = Some(rows))
    }

    /// Without so many rows at the beginning. `after` finds later pages faster, and does not lose a row when another
    /// is deleted meanwhile.
    pub fn offset(self, rows: u64) -> Select<S, T> {
        self.with(|query| query.offset = Some(rows))
    }

    /// Locks the rows of the table until the transaction ends (PostgreSQL manual, 13.3.2). On SQLite it is an error.
    pub fn lock(self, lock: Lock, wait: Wait) -> Select<S, T> {
        self.with(|query| query.lock = Some((lock, wait)))
    }

    /// These columns, as a tuple: also those of joined tables, and aggregates.
    pub fn columns<C: Columns>(self, columns: C) -> Projection<S, T, C> {
        Projection::new(self, columns)
    }

    /// The SQL, to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]
    pub fn statement<R: FromRow>(&self, engine: Engine) -> Result<Statement> {
        let mut w = Writer::new(engine, self.scope.context());
        let root = self.query.root.alias;
        self.query.write(&mut w, |w| w.row_columns::<R>(root))?;
        w.finish()
    }

    fn recorded<R: FromRow, D: Database>(&self) -> Result<Statement> {
        recorded(&self.scope, "select", self.statement::<R>(D::ENGINE))
    }

    /// All rows.
    pub fn all<R: FromRow, D: Database>(self, database: D) -> D::Answer<Vec<R>> {
        database.rows(self.recorded::<R, D>(), R::from_row, |rows| rows)
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] and [`Error::NotOne`]
    pub fn one<R: FromRow, D: Database>(self, database: D) -> D::Answer<R> {
        let limited = self.at_most_two();
        database.rows(limited.recorded::<R, D>(), R::from_row, |rows| only(T::definition().name, rows?))
    }

    /// The only row, or none.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`]
    pub fn optional<R: FromRow, D: Database>(self, database: D) -> D::Answer<Option<R>> {
        let limited = self.at_most_two();
        database
            .rows(limited.recorded::<R, D>(), R::from_row, |rows| at_most_one(T::definition().name, rows?))
    }

    fn at_most_two(self) -> Select<S, T> {
        self.with(|query| query.limit = Some(query.limit.map_or(2, |limit| limit.min(2))))
    }

    /// How many rows there are on all pages: `order_by`, `after`, `limit` and `offset` do not matter.
    pub fn count<D: Database>(self, database: D) -> D::Answer<i64> {
        let mut counted = self;
        counted.query =
            Query { order: Vec::new(), after: None, limit: None, offset: None, lock: None, ..counted.query };
        counted.columns(super::count_all()).one(database)
    }

    /// Whether there is a row.
    pub fn exists<D: Database>(self, database: D) -> D::Answer<bool> {
        let statement = self.exists_statement(D::ENGINE);
        database.rows(statement, |row| row.get(0), |rows| only(T::definition().name, rows?))
    }

    fn exists_statement(self, engine: Engine) -> Result<Statement> {
        let scope = self.scope.clone();
        let mut w = Writer::new(engine, scope.context());
        w.push("SELECT ");
        super::exists(self).node.write(&mut w)?;
        recorded(&scope, "select", w.finish())
    }

    pub(crate) fn into_subquery(self) -> Subquery {
        Subquery { context: self.scope.context(), query: self.query, columns: Vec::new() }
    }
}

pub(crate) fn only<R>(table: &'static str, rows: Vec<R>) -> Result<R> {
    at_most_one(table, rows)?.ok_or(Error::NotFound { table })
}

pub(crate) fn at_most_one<R>(table: &'static str, mut rows: Vec<R>) -> Result<Option<R>> {
    match rows.len() {
        0 | 1 => Ok(rows.pop()),
        rows => Err(Error::NotOne { table, rows: rows as u64 }),
    }
}

/// That a row is the one with this primary key.
pub(crate) fn filter_by_key<T: Table>(handle: Handle, key: T::Key, filter: &mut Vec<Node>) {
    let mut columns = T::definition().key.iter();
    T::key_values(key, |value| {
        let field = |name| Field { alias: handle.alias, ..Field::of(handle.table, name) };
        filter.extend(columns.next().map(|column| Node::Compare(field(column), " = ", value)));
    });
}

/// A query inside of a statement.
#[derive(Clone, Debug)]
pub(crate) struct Subquery {
    pub(crate) context: Context,
    pub(crate) query: Query,
    /// None: only whether there is a row matters.
    pub(crate) columns: Vec<Node>,
}

impl Subquery {
    pub(crate) fn write(&self, w: &mut Writer) -> Result<()> {
        w.admit(&self.context)?;
        self.query.write(w, |w| {
            if self.columns.is_empty() {
                w.push("1");
            }
            w.try_separated(", ", &self.columns, |w, column| column.write(w))
        })
    }
}

/// The values of a row in the columns of `order_by`: one, or a tuple.
pub trait Cursor {
    #[doc(hidden)]
    fn parameters(self) -> Vec<Parameter>;
}

impl<A: Value> Cursor for (A,) {
    fn parameters(self) -> Vec<Parameter> {
        vec![Parameter::new(self.0)]
    }
}

impl<A: Value, B: Value> Cursor for (A, B) {
    fn parameters(self) -> Vec<Parameter> {
        vec![Parameter::new(self.0), Parameter::new(self.1)]
    }
}

impl<A: Value, B: Value, C: Value> Cursor for (A, B, C) {
    fn parameters(self) -> Vec<Parameter> {
        vec![Parameter::new(self.0), Parameter::new(self.1), Parameter::new(self.2)]
    }
}
