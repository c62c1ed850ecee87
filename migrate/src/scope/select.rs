//! The verb that reads: a query of rows, read into structs.
//!
//! What comes in is a scope and a table, then filters, joins, an order and a page: `bakery.select(orders).key(1)`.
//! What goes out is one statement, and from its answer structs that implement [`FromRow`]. Tuples of chosen columns
//! are in [`Projection`](super::Projection).

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
/// Each table in it is a derived table that holds the rows which the scope may see, and no others. So it does not
/// matter how they are filtered, joined or nested: other rows are not there.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// #[derive(Debug, PartialEq, FromRow)]
/// struct Order {
///     id: i64,
///     total: i64,
/// }
///
/// let query = bakery.select(orders).filter(orders.note.eq("vip")).order_by(orders.total.desc());
/// let vip: Vec<Order> = query.all(&db)?;
/// assert_eq!(vip, [Order { id: 1, total: 120 }, Order { id: 3, total: 30 }]);
///
/// let none: Option<Order> = bakery.select(orders).key(4).optional(&db)?;   // the cinema's
/// assert_eq!(none, None);
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// One round trip on PostgreSQL, with nothing prepared. The text is written on each call, which takes microseconds.
/// An index on `(business_id, …) WHERE deleted_at IS NULL` serves the derived table: both engines flatten it into the
/// query around it.
///
/// # Errors
///
/// Each method that sends returns the [errors of every statement](super::Database#errors), and [`Error::Read`] for a
/// row that does not fit the struct.
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

    /// The query with a change.
    fn with(mut self, change: impl FnOnce(&mut Query)) -> Select<S, T> {
        change(&mut self.query);
        self
    }

    /// Keeps only the rows that fulfil this condition as well.
    pub fn filter(self, filter: impl Into<Filter>) -> Select<S, T> {
        self.with(|query| query.filter.push(filter.into().node))
    }

    /// Applies a change if there is a value for it: for the optional filters of a search.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let (least, note): (Option<i64>, Option<&str>) = (Some(50), None);
    /// let found = bakery
    ///     .select(orders)
    ///     .maybe(least, |query, least| query.filter(orders.total.ge(least)))
    ///     .maybe(note, |query, note| query.filter(orders.note.eq(note)));
    /// assert_eq!(found.count(&db)?, 2);
    /// # Ok(())
    /// # }
    /// ```
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

    /// Keeps only the row with this primary key; a tuple for a key of several columns.
    pub fn key(self, key: impl Into<T::Key>) -> Select<S, T> {
        self.with(|query| filter_by_key::<T>(query.root, key.into(), &mut query.filter))
    }

    /// Includes the deleted rows of the table, still only those of the tenant.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(orders).key(2).one(&db)?;
    /// assert_eq!(bakery.select(orders).count(&db)?, 2);
    /// assert_eq!(bakery.select(orders).with_deleted().count(&db)?, 3);   // and never the cinema's
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// For a joined table say it there: `left_join(customers.with_deleted())`.
    pub fn with_deleted(self) -> Select<S, T> {
        self.with(|query| query.root = query.root.with_deleted())
    }

    /// Reads the trash: deleted rows of the table alone.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(orders).key(2).one(&db)?;
    /// let trash = bakery.select(orders).only_deleted().order_by(orders.deleted_at.desc()).columns(orders.id);
    /// assert_eq!(trash.all(&db)?, [2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// For a joined table say it there.
    pub fn only_deleted(self) -> Select<S, T> {
        self.with(|query| query.root = query.root.only_deleted())
    }

    /// The query with one more table.
    fn joined(self, kind: JoinKind, handle: Handle, on: Option<Node>) -> Select<S, T> {
        self.with(|query| query.joins.push(Join { kind, handle, on }))
    }

    /// Joins the rows of another table along the declared foreign key. A row without a counterpart is left out.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let spent = orders.total.sum();
    /// let rows = bakery
    ///     .select(orders)
    ///     .join(customers)
    ///     .columns((customers.name, spent))
    ///     .group_by(customers.name)
    ///     .all(&db)?;
    /// assert_eq!(rows, [(Some("Ada".to_owned()), Some(200))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The key may be declared on either table. If none is declared between this table and those before it, or more
    /// than one, the answer is [`InvalidStatement::NoPath`](super::InvalidStatement::NoPath) or
    /// [`ManyPaths`](super::InvalidStatement::ManyPaths): use [`join_on`](Select::join_on).
    pub fn join<J: Table>(self, table: J) -> Select<S, T>
    where
        S: Reads<J>,
    {
        self.joined(JoinKind::Inner, table.handle(), None)
    }

    /// Joins another table as [`join`](Select::join) does, but keeps rows without a counterpart, with NULL in the
    /// other's columns.
    ///
    /// A deleted counterpart counts as missing. Read the other's columns as `Option`, with
    /// [`nullable`](super::Col::nullable) in a tuple.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let rows = bakery.select(orders).left_join(customers).columns((orders.id, customers.email.nullable()));
    /// let third = rows.order_by(orders.id.desc()).limit(1).one(&db)?;
    /// assert_eq!(third, (3, None));
    /// # Ok(())
    /// # }
    /// ```
    pub fn left_join<J: Table>(self, table: J) -> Select<S, T>
    where
        S: Reads<J>,
    {
        self.joined(JoinKind::Left, table.handle(), None)
    }

    /// Joins the rows of another table on a condition of your own. The condition may name the tables up to this one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let later = orders.alias("later");
    /// let pairs = bakery.select(orders).join_on(JoinKind::Left, later, later.id.gt(orders.id));
    /// assert_eq!(pairs.count(&db)?, 4);   // 1–2, 1–3, 2–3, and 3 alone
    /// # Ok(())
    /// # }
    /// ```
    pub fn join_on<J: Table>(self, kind: JoinKind, table: J, on: impl Into<Filter>) -> Select<S, T>
    where
        S: Reads<J>,
    {
        self.joined(kind, table.handle(), Some(on.into().node))
    }

    /// Sorts by this column. Called again, the next column decides between rows that are equal so far.
    pub fn order_by(self, order: Order) -> Select<S, T> {
        self.with(|query| query.order.push(order))
    }

    /// Keeps only the rows that come after the row with these values in the columns of `order_by`: the next page.
    ///
    /// The last column has to be unique, and no column may be NULL: otherwise rows are left out. A page found this
    /// way costs the same whatever its number is, and no row is lost or shown twice when another is deleted
    /// meanwhile.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let page = |after: Option<(i64, i64)>| {
    ///     let query = bakery.select(orders).order_by(orders.total.desc()).order_by(orders.id.asc()).limit(2);
    ///     query.maybe(after, |query, row| query.after(row)).columns((orders.total, orders.id)).all(&db)
    /// };
    /// assert_eq!(page(None)?, [(120, 1), (80, 2)]);
    /// assert_eq!(page(Some((80, 2)))?, [(30, 3)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn after(self, row: impl Cursor) -> Select<S, T> {
        self.with(|query| query.after = Some(row.parameters()))
    }

    /// Returns at most this number of rows. Sort them too: without an order the database returns any.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let dearest = bakery.select(orders).order_by(orders.total.desc()).limit(1).columns(orders.id).one(&db)?;
    /// assert_eq!(dearest, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit(self, rows: u64) -> Select<S, T> {
        self.with(|query| query.limit = Some(rows))
    }

    /// Leaves out this number of rows at the beginning.
    ///
    /// The database still reads them. [`after`](Select::after) finds later pages faster, and does not lose a row when
    /// another one is deleted meanwhile.
    pub fn offset(self, rows: u64) -> Select<S, T> {
        self.with(|query| query.offset = Some(rows))
    }

    /// Locks the rows of the table until the transaction ends (PostgreSQL manual, 13.3.2). Joined tables are not
    /// locked.
    ///
    /// Outside of a transaction the lock ends with the statement. On SQLite it is an error
    /// ([`InvalidStatement::Unsupported`](super::InvalidStatement::Unsupported)): SQLite locks the database, not
    /// rows.
    ///
    /// ```
    /// # #[cfg(feature = "postgres")]
    /// # mod example {
    /// # use migrate::scope::{self, FromRow, Lock, Scope, Wait, tables};
    /// # tables! { tenant = business_id; jobs { id: i64, business_id: i64 } }
    /// #[derive(FromRow)]
    /// struct Job {
    ///     id: i64,
    /// }
    ///
    /// async fn next(shop: &Scope, transaction: &tokio_postgres::Transaction<'_>) -> scope::Result<Option<Job>> {
    ///     shop.select(jobs).order_by(jobs.id.asc()).limit(1).lock(Lock::Update, Wait::Skip).optional(transaction).await
    /// }
    /// # }
    /// ```
    pub fn lock(self, lock: Lock, wait: Wait) -> Select<S, T> {
        self.with(|query| query.lock = Some((lock, wait)))
    }

    /// Reads these columns as a tuple: columns of the table and of joined ones, and aggregates.
    pub fn columns<C: Columns>(self, columns: C) -> Projection<S, T, C> {
        Projection::new(self, columns)
    }

    /// The SQL, without sending it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// #[derive(FromRow)]
    /// struct Order {
    ///     id: i64,
    /// }
    ///
    /// let statement = bakery.select(orders).key(1).statement::<Order>(Engine::Postgres)?;
    /// assert!(statement.sql().contains(r#""business_id" = $1 AND "orders"."deleted_at" IS NULL"#));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], as when it is sent.
    pub fn statement<R: FromRow>(&self, engine: Engine) -> Result<Statement> {
        let mut w = Writer::new(engine, self.scope.context());
        // A struct without table names reads from the table of the query.
        let root = self.query.root.alias;
        self.query.write(&mut w, |w| w.row_columns::<R>(root))?;
        w.finish()
    }

    /// The statement for the engine of the database, once its use is recorded.
    fn recorded<R: FromRow, D: Database>(&self) -> Result<Statement> {
        recorded(&self.scope, "select", self.statement::<R>(D::ENGINE))
    }

    /// Sends the query and returns all rows.
    ///
    /// The rows are read into memory at once: give a table that grows a [`limit`](Select::limit).
    pub fn all<R: FromRow, D: Database>(self, database: D) -> D::Answer<Vec<R>> {
        database.rows(self.recorded::<R, D>(), R::from_row, |rows| rows)
    }

    /// Sends the query and returns the only row. At most two rows are fetched.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no row, [`Error::NotOne`] if there are more.
    pub fn one<R: FromRow, D: Database>(self, database: D) -> D::Answer<R> {
        let limited = self.at_most_two();
        database.rows(limited.recorded::<R, D>(), R::from_row, |rows| only(T::definition().name, rows?))
    }

    /// Sends the query and returns the only row, or `None`. At most two rows are fetched.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`] if there are more.
    pub fn optional<R: FromRow, D: Database>(self, database: D) -> D::Answer<Option<R>> {
        let limited = self.at_most_two();
        database
            .rows(limited.recorded::<R, D>(), R::from_row, |rows| at_most_one(T::definition().name, rows?))
    }

    /// Two rows are enough to know that there is not one alone.
    fn at_most_two(self) -> Select<S, T> {
        self.with(|query| query.limit = Some(query.limit.map_or(2, |limit| limit.min(2))))
    }

    /// Sends the query and returns the number of rows on all pages: `order_by`, `after`, `limit`, `offset` and `lock`
    /// are ignored.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let page = bakery.select(orders).order_by(orders.id.asc()).limit(2);
    /// assert_eq!(page.clone().columns(orders.id).all(&db)?, [1, 2]);
    /// assert_eq!(page.count(&db)?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn count<D: Database>(self, database: D) -> D::Answer<i64> {
        // A lock, an order and a page would change how long it takes, and not the number. LIMIT would change it.
        let mut counted = self;
        counted.query =
            Query { order: Vec::new(), after: None, limit: None, offset: None, lock: None, ..counted.query };
        counted.columns(super::count_all()).one(database)
    }

    /// Sends the query and returns whether it has a row. The database stops at the first one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// assert!(bakery.select(orders).filter(orders.note.eq("vip")).exists(&db)?);
    /// assert!(!bakery.select(orders).key(4).exists(&db)?);   // the cinema's
    /// # Ok(())
    /// # }
    /// ```
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

    /// The query as a part of another statement: it keeps its own context, which the other checks.
    pub(crate) fn into_subquery(self) -> Subquery {
        Subquery { context: self.scope.context(), query: self.query, columns: Vec::new() }
    }
}

/// The only row.
pub(crate) fn only<R>(table: &'static str, rows: Vec<R>) -> Result<R> {
    at_most_one(table, rows)?.ok_or(Error::NotFound { table })
}

/// The only row, or `None`.
pub(crate) fn at_most_one<R>(table: &'static str, mut rows: Vec<R>) -> Result<Option<R>> {
    match rows.len() {
        0 | 1 => Ok(rows.pop()),
        rows => Err(Error::NotOne { table, rows: rows as u64 }),
    }
}

/// Adds the condition that a row has this primary key.
pub(crate) fn filter_by_key<T: Table>(handle: Handle, key: T::Key, filter: &mut Vec<Node>) {
    let mut columns = T::definition().key.iter();
    T::key_values(key, |value| {
        // The alias of the statement, which need not be the table's own name.
        let field = |name| Field { alias: handle.alias, ..Field::of(handle.table, name) };
        filter.extend(columns.next().map(|column| Node::Compare(field(column), " = ", value)));
    });
}

/// A query nested in a statement.
#[derive(Clone, Debug)]
pub(crate) struct Subquery {
    pub(crate) context: Context,
    pub(crate) query: Query,
    /// The columns; empty if only the existence of a row matters.
    pub(crate) columns: Vec<Node>,
}

impl Subquery {
    /// Writes the query, if its context may be nested in the statement.
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

/// The values of a row in the columns of `order_by`: a tuple of one to three.
pub trait Cursor {
    /// The values as they are bound.
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
