//! The verb that adds rows.
//!
//! What comes in is a scope, a table and values: `bakery.insert(orders).set(orders.total, 45)`. What goes out is one
//! statement, `INSERT INTO "orders" ("business_id", "total") VALUES ($1, $2)`, or several in one transaction if the
//! values of all rows do not fit into one. The tenant's column is filled in here and nowhere else: no value of the
//! caller can get there.

use std::marker::PhantomData;

use migrate_core::Engine;

use super::access::{Access, recorded};
use super::column::{Col, Field};
use super::database::Database;
use super::error::{InvalidStatement, Result};
use super::expression::{Node, Operand};
use super::projection::{Columns, Projection};
use super::row::FromRow;
use super::select::{Subquery, only};
use super::sql::{Statement, Writer};
use super::table::{Definition, Table};
use super::value::Value;

/// New rows, from [`Scope::insert`](super::Scope::insert). The library fills in whose they are.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// bakery.insert(orders).set(orders.id, 10).set(orders.total, 45).execute(&db)?;
///
/// // Many rows at once: what they have in common is set once.
/// let totals = [(11, 5), (12, 7)];
/// let rows = bakery.insert(orders).set(orders.note, "gift").rows(totals, |row, (id, total)| {
///     row.set(orders.id, id).set(orders.total, total)
/// });
/// assert_eq!(rows.execute(&db)?, 2);
///
/// // What the database filled in comes back with `returning`.
/// #[derive(FromRow)]
/// struct Created {
///     id: i64,
///     row_version: i64,
/// }
///
/// let created: Created = bakery.insert(orders).set(orders.total, 9).returning().one(&db)?;
/// assert_eq!((created.id, created.row_version), (13, 1));
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// One round trip on PostgreSQL as long as the values fit into one statement. More rows cost one for each statement,
/// and two or three for the transaction or savepoint around them.
///
/// # Errors
///
/// Each method that sends returns the [errors of every statement](super::Database#errors). A unique key that is taken
/// is [`Error::Database`](super::Error::Database), with
/// [`is_unique_violation`](super::DatabaseError::is_unique_violation).
#[derive(Clone, Debug)]
#[must_use = "an insert is sent by `execute` or `returning`"]
pub struct Insert<S, T> {
    scope: S,
    /// The columns that all rows have in common.
    common: NewRow<T>,
    source: Source<T>,
}

/// Where the rows come from.
#[derive(Clone, Debug)]
enum Source<T> {
    /// One row, of the common columns alone.
    Alone,
    /// A row for each item.
    Rows(Vec<NewRow<T>>),
    /// A row for each row of a query, and the columns that it fills.
    Query(Vec<Field>, Box<Subquery>),
}

/// The columns of a new row, in the closure of [`Insert::rows`].
#[derive(Clone, Debug)]
#[must_use = "a row is part of an insert"]
pub struct NewRow<T> {
    cells: Vec<(Field, Node)>,
    of: PhantomData<fn() -> T>,
}

impl<T: Table> NewRow<T> {
    pub(crate) fn new() -> NewRow<T> {
        NewRow { cells: Vec::new(), of: PhantomData }
    }

    /// Sets a column.
    pub fn set<V>(mut self, column: Col<T, V>, value: impl Operand<V>) -> NewRow<T> {
        self.cells.push((column.field(), value.operand().node));
        self
    }

    /// `(tenant, …)`
    pub(crate) fn write_columns(columns: &[&'static str], w: &mut Writer) {
        w.push(" (");
        let tenant = T::definition().tenant;
        w.separated(", ", tenant.iter().chain(columns), |w, column| w.identifier(column));
        w.push(")");
    }

    /// `(value of the tenant, …)`: the row's own values in the order of the columns, then what all rows have in
    /// common.
    pub(crate) fn write_values(
        &self,
        columns: &[&'static str],
        common: &NewRow<T>,
        w: &mut Writer,
    ) -> Result<()> {
        // A row that sets a column twice has as many cells as one that sets another column, hence the search below as
        // well.
        if self.cells.len() != columns.len() {
            return Err(InvalidStatement::UnevenRows.into());
        }
        w.push("(");
        // The tenant comes first, in the values as in the list of columns.
        let mut comma = "";
        if T::definition().tenant.is_some() {
            w.tenant(T::definition())?;
            comma = ", ";
        }
        for column in columns {
            let cell = self.cells.iter().find(|(field, _)| field.name == *column);
            let (_, value) = cell.ok_or(InvalidStatement::UnevenRows)?;
            w.push(comma);
            value.write(w)?;
            comma = ", ";
        }
        for (_, value) in &common.cells {
            w.push(comma);
            value.write(w)?;
            comma = ", ";
        }
        w.push(")");
        Ok(())
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> {
        self.cells.iter().map(|(field, _)| *field)
    }
}

/// The names of the columns, if they belong to the table and the caller may set them. Their types say so too, but any
/// crate can make a `Col` of its own.
pub(crate) fn settable(
    table: &'static Definition,
    fields: impl IntoIterator<Item = Field>,
) -> Result<Vec<&'static str>> {
    let name = |field: Field| {
        let column = field.name;
        if std::ptr::eq(field.table, table) && !table.keeps(column) {
            Ok(column)
        } else {
            Err(InvalidStatement::NotSettable { table: table.name, column }.into())
        }
    };
    fields.into_iter().map(name).collect()
}

impl<S: Access, T: Table> Insert<S, T> {
    /// No columns yet.
    pub(crate) fn new(scope: S) -> Insert<S, T> {
        Insert { scope, common: NewRow::new(), source: Source::Alone }
    }

    /// Sets a column: of the only row, or of all rows that `rows` or `from_query` add.
    pub fn set<V>(self, column: Col<T, V>, value: impl Operand<V>) -> Insert<S, T> {
        Insert { common: self.common.set(column, value), ..self }
    }

    /// Adds a row for each item. All rows have to set the same columns. Without items no row is made and nothing is
    /// sent.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let items = [("gift", 12), ("vip", 15)];
    /// let rows = bakery.insert(orders).set(orders.customer_id, 1).rows(items, |row, (note, total)| {
    ///     row.set(orders.note, note).set(orders.total, total)
    /// });
    /// assert_eq!(rows.execute(&db)?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// One statement holds 65,535 values on PostgreSQL and 32,766 on SQLite. More are sent in several statements, in
    /// one transaction, or in a savepoint of the open one: all rows are inserted, or none. If other tasks use the
    /// same client or object at the same time, what they send meanwhile becomes part of that transaction.
    pub fn rows<I>(
        self,
        items: impl IntoIterator<Item = I>,
        row: impl Fn(NewRow<T>, I) -> NewRow<T>,
    ) -> Insert<S, T> {
        let rows = items.into_iter().map(|item| row(NewRow::new(), item)).collect();
        Insert { source: Source::Rows(rows), ..self }
    }

    /// Adds a row for each row of a query of the same scope.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let copied = bakery.select(orders).filter(orders.note.eq("vip")).columns((orders.total, orders.customer_id));
    /// let added = bakery.insert(orders).set(orders.note, "copy").from_query((orders.total, orders.customer_id), copied);
    /// assert_eq!(added.execute(&db)?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_query<C, Q, U, P>(self, columns: C, query: Projection<Q, U, P>) -> Insert<S, T>
    where
        C: Targets<T>,
        Q: Access,
        U: Table,
        P: Columns<Row = C::Row>,
    {
        Insert { source: Source::Query(columns.fields(), Box::new(query.into_subquery())), ..self }
    }

    /// Returns the rows as they are then, with what the database filled in: keys, defaults, what triggers have
    /// changed.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// #[derive(FromRow)]
    /// struct Created {
    ///     id: i64,
    ///     is_paid: bool,
    /// }
    ///
    /// let rows = bakery.insert(orders).rows([7, 8], |row, total| row.set(orders.total, total));
    /// let created: Vec<Created> = rows.returning().all(&db)?;
    /// assert_eq!(created.iter().map(|row| row.id).collect::<Vec<_>>(), [5, 6]);
    /// assert!(created.iter().all(|row| !row.is_paid));
    /// # Ok(())
    /// # }
    /// ```
    pub fn returning<R: FromRow>(self) -> InsertReturning<S, T, R> {
        InsertReturning { insert: self, of: PhantomData }
    }

    /// The SQL, without sending it; for many rows the first statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let insert = bakery.insert(orders).set(orders.total, 45);
    /// assert_eq!(
    ///     insert.statement(Engine::Postgres)?.sql(),
    ///     r#"INSERT INTO "orders" ("business_id", "total") VALUES ($1, $2)"#,
    /// );
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](super::Error::Invalid), as when it is sent.
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        self.written(engine, |_| Ok(()))
    }

    /// The statement, with an end such as RETURNING.
    fn written(&self, engine: Engine, end: impl Fn(&mut Writer) -> Result<()>) -> Result<Statement> {
        match &self.source {
            Source::Alone => self.write_rows(&[NewRow::new()], engine, &end),
            Source::Rows(rows) if rows.is_empty() => Ok(Statement::nothing(self.scope.context())),
            Source::Rows(rows) => self.write_rows(rows, engine, &end),
            Source::Query(own, query) => {
                let definition = T::definition();
                let columns = settable(definition, self.common.fields().chain(own.iter().copied()))?;
                let mut w = self.begun(&columns, engine)?;
                w.push(" SELECT ");
                if definition.tenant.is_some() {
                    w.tenant(definition)?;
                    w.push(", ");
                }
                for (_, value) in &self.common.cells {
                    value.write(&mut w)?;
                    w.push(", ");
                }
                // The query is a derived table, so that its columns need no names of their own here.
                w.push("q.* FROM (");
                query.write(&mut w)?;
                w.push(") AS q");
                end(&mut w)?;
                w.finish()
            }
        }
    }

    /// `INSERT INTO "orders" ("business_id", "id")`
    fn begun(&self, columns: &[&'static str], engine: Engine) -> Result<Writer> {
        let mut w = Writer::new(engine, self.scope.context());
        w.push("INSERT INTO ");
        w.target(T::definition())?;
        NewRow::<T>::write_columns(columns, &mut w);
        Ok(w)
    }

    /// Writes as many statements as the engine needs for the values.
    fn write_rows(
        &self,
        rows: &[NewRow<T>],
        engine: Engine,
        end: impl Fn(&mut Writer) -> Result<()>,
    ) -> Result<Statement> {
        let definition = T::definition();
        // The first row decides which columns there are.
        let own = rows.first().map_or(Ok(Vec::new()), |first| settable(definition, first.fields()))?;
        let common = settable(definition, self.common.fields())?;
        let columns: Vec<_> = own.iter().copied().chain(common).collect();
        if columns.is_empty() {
            return Err(InvalidStatement::NothingSet.into());
        }
        let mut statements = Vec::new();
        let mut rest = rows;
        while !rest.is_empty() {
            let mut w = self.begun(&columns, engine)?;
            w.push(" VALUES ");
            let written = self.write_some(rest, &own, &mut w)?;
            end(&mut w)?;
            statements.push(w.finish()?);
            rest = &rest[written..];
        }
        // The first statement carries the others, so that one value stands for the whole insert.
        let mut first = statements.remove(0);
        first.more = statements;
        Ok(first)
    }

    /// Writes rows until no further value fits, and returns their number, which is at least one.
    fn write_some(&self, rows: &[NewRow<T>], own: &[&'static str], w: &mut Writer) -> Result<usize> {
        for (i, row) in rows.iter().enumerate() {
            let mark = w.mark();
            w.push(if i == 0 { "" } else { ", " });
            row.write_values(own, &self.common, w)?;
            // Written first and taken back if too long: how many values a row binds is known only afterwards, since
            // an expression may bind any number.
            if i > 0 && w.is_too_long() {
                w.back_to(&mark);
                return Ok(i);
            }
        }
        Ok(rows.len())
    }

    /// The statement, once its use is recorded.
    fn recorded(&self, engine: Engine) -> Result<Statement> {
        recorded(&self.scope, "insert", self.statement(engine))
    }

    /// Inserts the rows and returns their number.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        database.execute(self.recorded(D::ENGINE), |rows| rows)
    }
}

/// An insert that returns the new rows, from [`Insert::returning`].
#[derive(Clone, Debug)]
#[must_use = "an insert is sent by `all` or `one`"]
pub struct InsertReturning<S, T, R> {
    insert: Insert<S, T>,
    of: PhantomData<fn() -> R>,
}

impl<S: Access, T: Table, R: FromRow> InsertReturning<S, T, R> {
    fn statement(&self, engine: Engine) -> Result<Statement> {
        let statement = self.insert.written(engine, |w| w.returning::<R>(T::definition()));
        recorded(&self.insert.scope, "insert", statement)
    }

    /// Inserts the rows and returns them, in the order in which they were given.
    pub fn all<D: Database>(self, database: D) -> D::Answer<Vec<R>> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| rows)
    }

    /// Inserts the only row and returns it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound) and [`Error::NotOne`](super::Error::NotOne) if
    /// [`from_query`](Insert::from_query) or [`rows`](Insert::rows) made no row, or more than one. Those rows are
    /// inserted.
    pub fn one<D: Database>(self, database: D) -> D::Answer<R> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| only(T::definition().name, rows?))
    }
}

/// The columns that an insert fills from a query, or by which an upsert recognizes a row: a single one, or a tuple of
/// up to six.
pub trait Targets<T> {
    /// A row of them.
    type Row;

    /// The columns, in order.
    #[doc(hidden)]
    fn fields(self) -> Vec<Field>;
}

impl<T, V: Value> Targets<T> for Col<T, V> {
    type Row = V;

    fn fields(self) -> Vec<Field> {
        vec![self.field()]
    }
}

macro_rules! targets {
    ($($value:ident $i:tt),*) => {
        impl<T, $($value: Value),*> Targets<T> for ($(Col<T, $value>,)*) {
            type Row = ($($value,)*);

            fn fields(self) -> Vec<Field> {
                vec![$(self.$i.field()),*]
            }
        }
    };
}

targets!(A 0);
targets!(A 0, B 1);
targets!(A 0, B 1, C 2);
targets!(A 0, B 1, C 2, D 3);
targets!(A 0, B 1, C 2, D 3, E 4);
targets!(A 0, B 1, C 2, D 3, E 4, F 5);
