use migrate_core::Engine;

use super::access::{Access, recorded};
use super::column::Col;
use super::database::Database;
use super::error::Result;
use super::expression::{Expression, Filter, Node};
use super::order::Order;
use super::row::Row;
use super::select::{Select, Subquery, at_most_one, only};
use super::sql::{Statement, Writer};
use super::table::Table;
use super::value::Value;

/// A query of certain columns, from [`Select::columns`]. Its rows are tuples.
#[derive(Clone, Debug)]
#[must_use = "a query is sent by `all`, `one` and their like"]
pub struct Projection<S, T, C> {
    pub(crate) select: Select<S, T>,
    pub(crate) columns: C,
}

impl<S: Access, T: Table, C: Columns> Projection<S, T, C> {
    pub(crate) fn new(select: Select<S, T>, columns: C) -> Projection<S, T, C> {
        Projection { select, columns }
    }

    /// Each row once.
    pub fn distinct(mut self) -> Projection<S, T, C> {
        self.select.query.is_distinct = true;
        self
    }

    /// One row for those that are equal in these columns.
    #[expect(clippy::needless_pass_by_value, reason = "columns are given by value everywhere")]
    pub fn group_by(mut self, columns: impl Columns) -> Projection<S, T, C> {
        self.select.query.group.extend(columns.nodes().into_iter().map(|Selected(node)| node));
        self
    }

    /// Only the groups for which this holds.
    pub fn having(mut self, filter: impl Into<Filter>) -> Projection<S, T, C> {
        self.select.query.having.push(filter.into().node);
        self
    }

    /// In this order; called again, the next one decides between equals.
    pub fn order_by(mut self, order: Order) -> Projection<S, T, C> {
        self.select = self.select.order_by(order);
        self
    }

    /// So many rows at most.
    pub fn limit(mut self, rows: u64) -> Projection<S, T, C> {
        self.select = self.select.limit(rows);
        self
    }

    /// Without so many rows at the beginning.
    pub fn offset(mut self, rows: u64) -> Projection<S, T, C> {
        self.select = self.select.offset(rows);
        self
    }

    /// The SQL, to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](super::Error::Invalid)
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        let mut w = Writer::new(engine, self.select.scope.context());
        let columns = self.columns.nodes();
        self.select
            .query
            .write(&mut w, |w| w.try_separated(", ", &columns, |w, column| column.0.write(w)))?;
        w.finish()
    }

    fn recorded<D: Database>(&self) -> Result<Statement> {
        recorded(&self.select.scope, "select", self.statement(D::ENGINE))
    }

    /// All rows.
    pub fn all<D: Database>(self, database: D) -> D::Answer<Vec<C::Row>> {
        database.rows(self.recorded::<D>(), C::read, |rows| rows)
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound) and [`Error::NotOne`](super::Error::NotOne)
    pub fn one<D: Database>(self, database: D) -> D::Answer<C::Row> {
        database.rows(self.recorded::<D>(), C::read, |rows| only(T::definition().name, rows?))
    }

    /// The only row, or none.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`](super::Error::NotOne)
    pub fn optional<D: Database>(self, database: D) -> D::Answer<Option<C::Row>> {
        database.rows(self.recorded::<D>(), C::read, |rows| at_most_one(T::definition().name, rows?))
    }

    pub(crate) fn into_subquery(self) -> Subquery {
        Subquery {
            context: self.select.scope.context(),
            columns: self.columns.nodes().into_iter().map(|Selected(node)| node).collect(),
            query: self.select.query,
        }
    }
}

impl<S: Access, T: Table, C: Column> Projection<S, T, C> {
    /// As a value in another statement: that of its only row, or NULL if it has none.
    pub fn scalar(self) -> Expression<Option<C::Value>> {
        Expression::new(Node::Scalar(Box::new(self.into_subquery())))
    }
}

/// A column of a query, whatever its type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Selected(Node);

/// A column of a query: of a table, or an expression.
pub trait Column {
    /// What it holds.
    type Value: Value;

    #[doc(hidden)]
    fn column(&self) -> Selected;
}

impl<T, V: Value, A> Column for Col<T, V, A> {
    type Value = V;

    fn column(&self) -> Selected {
        Selected(self.node())
    }
}

impl<V: Value> Column for Expression<V> {
    type Value = V;

    fn column(&self) -> Selected {
        Selected(self.node.clone())
    }
}

/// The columns of a query: one, or a tuple of up to eight.
pub trait Columns {
    /// A row of them.
    type Row: Send + 'static;

    #[doc(hidden)]
    fn nodes(&self) -> Vec<Selected>;

    #[doc(hidden)]
    fn read(row: &Row<'_>) -> Result<Self::Row>;
}

impl<C: Column> Columns for C {
    type Row = C::Value;

    fn nodes(&self) -> Vec<Selected> {
        vec![self.column()]
    }

    fn read(row: &Row<'_>) -> Result<C::Value> {
        row.get(0)
    }
}

macro_rules! columns {
    ($($column:ident $i:tt),*) => {
        impl<$($column: Column),*> Columns for ($($column,)*) {
            type Row = ($($column::Value,)*);

            fn nodes(&self) -> Vec<Selected> {
                vec![$(self.$i.column()),*]
            }

            fn read(row: &Row<'_>) -> Result<Self::Row> {
                Ok(($(row.get::<$column::Value>($i)?,)*))
            }
        }
    };
}

columns!(A 0);
columns!(A 0, B 1);
columns!(A 0, B 1, C 2);
columns!(A 0, B 1, C 2, D 3);
columns!(A 0, B 1, C 2, D 3, E 4);
columns!(A 0, B 1, C 2, D 3, E 4, F 5);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
columns!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
