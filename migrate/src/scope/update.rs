//! The verb that changes rows, and the choice of rows that all changing verbs share.
//!
//! What comes in is a scope, a table, new values and conditions:
//! `bakery.update(orders).key(1).set(orders.total, 99)`. What goes out is `UPDATE "orders" SET "total" = $1 WHERE`
//! with the condition of the scope in front, and the caller's in parentheses after it. An update has no derived table
//! to hide other rows, so the order of these two is what keeps them out.

use std::marker::PhantomData;

use migrate_core::Engine;

use super::access::{Access, recorded};
use super::column::{Col, Field};
use super::database::Database;
use super::error::{Error, InvalidStatement, Result};
use super::expression::{Filter, Node, Operand};
use super::insert::settable;
use super::query::Query;
use super::row::FromRow;
use super::select::{filter_by_key, only};
use super::sql::{Probe, Statement, Writer};
use super::table::{Definition, Handle, Table};
use super::value::Parameter;

/// A change of rows, from [`Scope::update`](super::Scope::update).
///
/// It reaches live rows of the scope alone. The owner of a row and its deletion cannot be set. If the table has a
/// version column, each change adds one to it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// bakery.update(orders).key(1).set(orders.note, "late").one(&db)?;
///
/// let raised = bakery.update(orders).filter(orders.total.lt(100)).set(orders.total, orders.total.plus(10));
/// assert_eq!(raised.execute(&db)?, 2);
///
/// // Another tenant's row is not found, as if it did not exist.
/// let refused = bakery.update(orders).key(4).set(orders.total, 0).one(&db);
/// assert!(matches!(refused, Err(Error::NotFound { table: "orders" })));
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// One round trip on PostgreSQL. If [`if_version`](Update::if_version) reaches no row, a second one asks whether the
/// row exists.
///
/// # Errors
///
/// Each method that sends returns the [errors of every statement](super::Database#errors).
#[derive(Clone, Debug)]
#[must_use = "an update is sent by `execute`, `one` and their like"]
pub struct Update<S, T> {
    scope: S,
    sets: Vec<(Field, Node)>,
    pub(crate) chosen: Chosen<T>,
}

/// The rows that a statement changes: what the caller chose of those that the scope may see.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<T> {
    pub(crate) handle: Handle,
    pub(crate) filter: Vec<Node>,
    pub(crate) version: Option<Parameter>,
    of: PhantomData<fn() -> T>,
}

impl<T: Table> Chosen<T> {
    /// All live rows.
    pub(crate) fn new() -> Chosen<T> {
        Chosen { handle: Handle::new(T::definition()), filter: Vec::new(), version: None, of: PhantomData }
    }

    pub(crate) fn filter(&mut self, filter: Node) {
        self.filter.push(filter);
    }

    pub(crate) fn key(&mut self, key: T::Key) {
        filter_by_key::<T>(self.handle, key, &mut self.filter);
    }

    /// Writes the condition: the rows of the scope first, and of these what the caller chose.
    pub(crate) fn write_where(&self, w: &mut Writer) -> Result<()> {
        // The scope's condition first. The order has no meaning to the database, but a reader of the log sees whose
        // rows are meant.
        let mut keyword = " WHERE ";
        if w.narrows(self.handle) {
            w.push(keyword);
            w.rows(self.handle)?;
            keyword = " AND ";
        }
        for node in &self.filter {
            w.push(keyword);
            w.within([self.handle], |w| node.write(w))?;
            keyword = " AND ";
        }
        if let Some(version) = self.version_node()? {
            w.push(keyword);
            w.within([self.handle], |w| version.write(w))?;
        }
        Ok(())
    }

    /// What the caller chose, including the version.
    pub(crate) fn filter_with_version(&self) -> Result<Vec<Node>> {
        let mut filter = self.filter.clone();
        filter.extend(self.version_node()?);
        Ok(filter)
    }

    /// The condition on the version, if one was given and the table has the column.
    fn version_node(&self) -> Result<Option<Node>> {
        let Some(version) = &self.version else { return Ok(None) };
        let table = T::definition();
        let missing = InvalidStatement::NoColumn { table: table.name, role: "version" };
        let column = table.version.ok_or(Error::Invalid(missing))?;
        Ok(Some(Node::Compare(Field::of(table, column), " = ", version.clone())))
    }

    /// The question for the case that a change with a version reaches no row: does a row with another version exist?
    pub(crate) fn probe<S: Access>(&self, scope: &S, engine: Engine) -> Result<Option<Probe>> {
        if self.version.is_none() {
            return Ok(None);
        }
        let mut query = Query::new(self.handle);
        query.filter.clone_from(&self.filter);
        // Whether there is one is all that is asked.
        query.limit = Some(1);
        let mut w = Writer::new(engine, scope.context());
        query.write(&mut w, |w| {
            w.push("1");
            Ok(())
        })?;
        Ok(Some(Probe { statement: w.finish()?, table: T::definition().name }))
    }
}

/// `, "version" = "version" + 1`, if the table has a version column.
pub(crate) fn write_next_version(table: &Definition, w: &mut Writer) {
    if let Some(version) = table.version {
        w.push(", ");
        w.identifier(version);
        w.push(" = ");
        w.column(table.name, version);
        w.push(" + 1");
    }
}

impl<S: Access, T: Table> Update<S, T> {
    /// No change yet.
    pub(crate) fn new(scope: S) -> Update<S, T> {
        Update { scope, sets: Vec::new(), chosen: Chosen::new() }
    }

    /// Sets a column to a value, or to what is computed from the row.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.update(orders).key(1).set(orders.total, orders.total.minus(20)).set(orders.note, None::<String>).one(&db)?;
    /// assert_eq!(bakery.select(orders).key(1).columns((orders.total, orders.note)).one(&db)?, (100, None));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The owner of a row is not a column that can be set: this does not compile.
    ///
    /// ```compile_fail
    /// use migrate::scope::{Scope, tables};
    ///
    /// tables! {
    ///     tenant = business_id;
    ///     orders { id: i64, business_id: i64 }
    /// }
    ///
    /// let _ = Scope::tenant(1).update(orders).set(orders.business_id, 2);
    /// ```
    pub fn set<V>(mut self, column: Col<T, V>, value: impl Operand<V>) -> Update<S, T> {
        self.sets.push((column.field(), value.operand().node));
        self
    }

    /// Changes only the rows that fulfil this condition as well. The condition may hold subqueries:
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let known = bakery.select(customers).filter(customers.id.eq(orders.customer_id));
    /// let paid = bakery.update(orders).filter(exists(known)).set(orders.is_paid, true).execute(&db)?;
    /// assert_eq!(paid, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter(mut self, filter: impl Into<Filter>) -> Update<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// Changes only the row with this primary key.
    pub fn key(mut self, key: impl Into<T::Key>) -> Update<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// Changes the row only if it still has this version: no lost update.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let stale = bakery.update(orders).key(1).if_version(7).set(orders.total, 1).one(&db);
    /// assert!(matches!(stale, Err(Error::Stale { table: "orders" })));
    /// bakery.update(orders).key(1).if_version(1).set(orders.total, 1).one(&db)?;   // it has version 2 now
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// If the row has another version, the answer is [`Error::Stale`]. If it does not exist, or not any more, the
    /// answer is [`Error::NotFound`]. The table needs a version column: otherwise the answer is
    /// [`InvalidStatement::NoColumn`].
    pub fn if_version(mut self, version: i64) -> Update<S, T> {
        self.chosen.version = Some(Parameter::new(version));
        self
    }

    /// Returns the rows as they are then.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// #[derive(FromRow)]
    /// struct Order {
    ///     total: i64,
    ///     row_version: i64,
    /// }
    ///
    /// let order: Order = bakery.update(orders).key(1).set(orders.total, 99).returning().one(&db)?;
    /// assert_eq!((order.total, order.row_version), (99, 2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn returning<R: FromRow>(self) -> UpdateReturning<S, T, R> {
        UpdateReturning { update: self, of: PhantomData }
    }

    /// The SQL, without sending it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let update = bakery.update(customers).key(1).set(customers.name, "Ada");
    /// assert_eq!(
    ///     update.statement(Engine::Sqlite)?.sql(),
    ///     r#"UPDATE "customers" SET "name" = ?1 WHERE "customers"."business_id" = ?2 AND "customers"."deleted_at" IS NULL AND ("customers"."id" = ?3)"#,
    /// );
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], as when it is sent.
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        self.written(engine)?.finish()
    }

    /// Writes the update up to the end of its condition.
    fn written(&self, engine: Engine) -> Result<Writer> {
        if self.sets.is_empty() {
            return Err(InvalidStatement::NothingSet.into());
        }
        let table = T::definition();
        // Checked before anything is written, so the error names the column and not a part of the SQL.
        let columns = settable(table, self.sets.iter().map(|(field, _)| *field))?;
        let mut w = Writer::new(engine, self.scope.context());
        w.push("UPDATE ");
        w.target(table)?;
        w.push(" SET ");
        w.try_separated(", ", columns.iter().zip(&self.sets), |w, (column, (_, value))| {
            w.identifier(column);
            w.push(" = ");
            w.within([self.chosen.handle], |w| value.write(w))
        })?;
        write_next_version(table, &mut w);
        self.chosen.write_where(&mut w)?;
        Ok(w)
    }

    /// The statement with an end such as RETURNING, once its use is recorded.
    fn recorded(&self, engine: Engine, end: impl FnOnce(&mut Writer) -> Result<()>) -> Result<Statement> {
        let mut w = self.written(engine)?;
        end(&mut w)?;
        let statement = w.finish()?.with_probe(self.chosen.probe(&self.scope, engine)?);
        recorded(&self.scope, "update", Ok(statement))
    }

    /// Changes the rows and returns their number. Zero is not an error.
    ///
    /// # Errors
    ///
    /// After [`if_version`](Update::if_version), [`Error::Stale`] or [`Error::NotFound`] if no row was changed.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        database.execute(self.recorded(D::ENGINE, |_| Ok(())), |rows| rows)
    }

    /// Changes the only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no row, [`Error::Stale`] after [`if_version`](Update::if_version), and
    /// [`Error::NotOne`] if there were more. In the last case they are changed, unless you roll the transaction back.
    pub fn one<D: Database>(self, database: D) -> D::Answer<()> {
        database.execute(self.recorded(D::ENGINE, |_| Ok(())), |rows| exactly_one::<T>(rows?))
    }
}

/// The error for any number of rows but one.
pub(crate) fn exactly_one<T: Table>(rows: u64) -> Result<()> {
    let table = T::definition().name;
    match rows {
        0 => Err(Error::NotFound { table }),
        1 => Ok(()),
        rows => Err(Error::NotOne { table, rows }),
    }
}

/// An update that returns the changed rows, from [`Update::returning`].
#[derive(Clone, Debug)]
#[must_use = "an update is sent by `all` or `one`"]
pub struct UpdateReturning<S, T, R> {
    update: Update<S, T>,
    of: PhantomData<fn() -> R>,
}

impl<S: Access, T: Table, R: FromRow> UpdateReturning<S, T, R> {
    fn statement(&self, engine: Engine) -> Result<Statement> {
        self.update.recorded(engine, |w| w.returning::<R>(T::definition()))
    }

    /// Changes the rows and returns them. Their order is the database's.
    ///
    /// # Errors
    ///
    /// After [`if_version`](Update::if_version), [`Error::Stale`] or [`Error::NotFound`] if no row was changed.
    pub fn all<D: Database>(self, database: D) -> D::Answer<Vec<R>> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| rows)
    }

    /// Changes the only row and returns it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stale`], and [`Error::NotOne`] if there were more: they are changed.
    pub fn one<D: Database>(self, database: D) -> D::Answer<R> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| only(T::definition().name, rows?))
    }
}
