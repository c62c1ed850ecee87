//! A query of chosen columns: tuples, groups, scalars.
//!
//! What comes in is a select and its columns, `bakery.select(orders).columns((orders.note, count_all()))`; what goes
//! out is a statement whose rows are tuples, `(Some("vip"), 2)`.

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

/// A query of chosen columns, from [`Select::columns`]. Its rows are tuples, or single values for a single column.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let per_note = bakery
///     .select(orders)
///     .columns((orders.note, orders.total.sum()))
///     .group_by(orders.note)
///     .having(count_all().gt(1))
///     .all(&db)?;
/// assert_eq!(per_note, [(Some("vip".to_owned()), Some(150))]);
///
/// let highest = bakery.select(orders).columns(orders.total.max()).one(&db)?;
/// assert_eq!(highest, Some(120));
/// # Ok(())
/// # }
/// ```
///
/// It costs one round trip on PostgreSQL, as [`Select`] does.
#[derive(Clone, Debug)]
#[must_use = "a query is sent by `all`, `one` and their like"]
pub struct Projection<S, T, C> {
    pub(crate) select: Select<S, T>,
    pub(crate) columns: C,
}

impl<S: Access, T: Table, C: Columns> Projection<S, T, C> {
    /// The columns of a select.
    pub(crate) fn new(select: Select<S, T>, columns: C) -> Projection<S, T, C> {
        Projection { select, columns }
    }

    /// Returns equal rows once.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let notes = bakery.select(orders).columns(orders.note).distinct().order_by(orders.note.asc()).all(&db)?;
    /// assert_eq!(notes, [None, Some("vip".to_owned())]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn distinct(mut self) -> Projection<S, T, C> {
        self.select.query.is_distinct = true;
        self
    }

    /// Makes one row of the rows that are equal in these columns. The other columns have to be aggregates.
    #[expect(clippy::needless_pass_by_value, reason = "columns are given by value everywhere")]
    pub fn group_by(mut self, columns: impl Columns) -> Projection<S, T, C> {
        self.select.query.group.extend(columns.nodes().into_iter().map(|Selected(node)| node));
        self
    }

    /// Keeps only the groups that fulfil this condition.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let many = bakery.select(orders).columns((orders.customer_id, count_all())).group_by(orders.customer_id);
    /// assert_eq!(many.having(count_all().ge(2)).all(&db)?, [(Some(1), 2)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn having(mut self, filter: impl Into<Filter>) -> Projection<S, T, C> {
        self.select.query.having.push(filter.into().node);
        self
    }

    /// Sorts by this column. Called again, the next column decides between rows that are equal so far.
    pub fn order_by(mut self, order: Order) -> Projection<S, T, C> {
        self.select = self.select.order_by(order);
        self
    }

    /// Returns at most this number of rows.
    pub fn limit(mut self, rows: u64) -> Projection<S, T, C> {
        self.select = self.select.limit(rows);
        self
    }

    /// Leaves out this number of rows at the beginning.
    pub fn offset(mut self, rows: u64) -> Projection<S, T, C> {
        self.select = self.select.offset(rows);
        self
    }

    /// The SQL, without sending it.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](super::Error::Invalid), as when it is sent.
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        let mut w = Writer::new(engine, self.select.scope.context());
        let columns = self.columns.nodes();
        self.select
            .query
            // Each column writes itself, so an aggregate and a column need no distinction here.
            .write(&mut w, |w| w.try_separated(", ", &columns, |w, column| column.0.write(w)))?;
        w.finish()
    }

    /// The statement for the engine of the database, once its use is recorded.
    fn recorded<D: Database>(&self) -> Result<Statement> {
        recorded(&self.select.scope, "select", self.statement(D::ENGINE))
    }

    /// Sends the query and returns all rows.
    pub fn all<D: Database>(self, database: D) -> D::Answer<Vec<C::Row>> {
        database.rows(self.recorded::<D>(), C::read, |rows| rows)
    }

    /// Sends the query and returns the only row.
    ///
    /// Unlike [`Select::one`] it fetches all rows, because a limit would change what some aggregates count.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound) if there is no row, [`Error::NotOne`](super::Error::NotOne) if
    /// there are more.
    pub fn one<D: Database>(self, database: D) -> D::Answer<C::Row> {
        database.rows(self.recorded::<D>(), C::read, |rows| only(T::definition().name, rows?))
    }

    /// Sends the query and returns the only row, or `None`.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`](super::Error::NotOne) if there are more.
    pub fn optional<D: Database>(self, database: D) -> D::Answer<Option<C::Row>> {
        database.rows(self.recorded::<D>(), C::read, |rows| at_most_one(T::definition().name, rows?))
    }

    /// The query as a part of another statement.
    pub(crate) fn into_subquery(self) -> Subquery {
        Subquery {
            context: self.select.scope.context(),
            columns: self.columns.nodes().into_iter().map(|Selected(node)| node).collect(),
            query: self.select.query,
        }
    }
}

impl<S: Access, T: Table, C: Column> Projection<S, T, C> {
    /// The query as a value in another statement: the value of its only row, or NULL if it has none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let mean = bakery.select(orders).columns(orders.total.max()).scalar();
    /// let dearest = bakery.select(orders).filter(orders.total.nullable().nullable().eq(mean)).count(&db)?;
    /// assert_eq!(dearest, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The database fails if the query has more than one row (PostgreSQL), or takes the first (SQLite).
    pub fn scalar(self) -> Expression<Option<C::Value>> {
        Expression::new(Node::Scalar(Box::new(self.into_subquery())))
    }
}

/// A column of a query, for any type of its values.
#[doc(hidden)]
#[derive(Debug)]
pub struct Selected(Node);

/// A column of a query: a column of a table, or an expression.
pub trait Column {
    /// The type that it holds.
    type Value: Value;

    /// The node that is written as SQL.
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

/// The columns of a query: a single one, or a tuple of up to eight.
pub trait Columns {
    /// A row of them.
    type Row: Send + 'static;

    /// The columns, in order.
    #[doc(hidden)]
    fn nodes(&self) -> Vec<Selected>;

    /// Reads a row of them.
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
