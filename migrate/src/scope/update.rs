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
/// It reaches live rows of the scope alone. Whose a row is and whether it is deleted cannot be set. Where the table has
/// a version column, each change counts it up.
#[derive(Clone, Debug)]
#[must_use = "an update is sent by `execute`, `one` and their like"]
pub struct Update<S, T> {
    scope: S,
    sets: Vec<(Field, Node)>,
    pub(crate) chosen: Chosen<T>,
}

/// The rows that a statement changes.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<T> {
    pub(crate) handle: Handle,
    pub(crate) filter: Vec<Node>,
    pub(crate) version: Option<Parameter>,
    of: PhantomData<fn() -> T>,
}

impl<T: Table> Chosen<T> {
    pub(crate) fn new() -> Chosen<T> {
        Chosen { handle: Handle::new(T::definition()), filter: Vec::new(), version: None, of: PhantomData }
    }

    pub(crate) fn filter(&mut self, filter: Node) {
        self.filter.push(filter);
    }

    pub(crate) fn key(&mut self, key: T::Key) {
        filter_by_key::<T>(self.handle, key, &mut self.filter);
    }

    /// The condition: the rows of the scope, and of these what the caller chose.
    pub(crate) fn write_where(&self, w: &mut Writer) -> Result<()> {
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

    /// What the caller chose, the version among it.
    pub(crate) fn filter_with_version(&self) -> Result<Vec<Node>> {
        let mut filter = self.filter.clone();
        filter.extend(self.version_node()?);
        Ok(filter)
    }

    fn version_node(&self) -> Result<Option<Node>> {
        let Some(version) = &self.version else { return Ok(None) };
        let table = T::definition();
        let missing = InvalidStatement::NoColumn { table: table.name, role: "version" };
        let column = table.version.ok_or(Error::Invalid(missing))?;
        Ok(Some(Node::Compare(Field::of(table, column), " = ", version.clone())))
    }

    /// What is asked when a change with a version reaches no row: whether there is one that has another.
    pub(crate) fn probe<S: Access>(&self, scope: &S, engine: Engine) -> Result<Option<Probe>> {
        if self.version.is_none() {
            return Ok(None);
        }
        let mut query = Query::new(self.handle);
        query.filter.clone_from(&self.filter);
        query.limit = Some(1);
        let mut w = Writer::new(engine, scope.context());
        query.write(&mut w, |w| {
            w.push("1");
            Ok(())
        })?;
        Ok(Some(Probe { statement: w.finish()?, table: T::definition().name }))
    }
}

/// `, "version" = "version" + 1`, where there is one.
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
    pub(crate) fn new(scope: S) -> Update<S, T> {
        Update { scope, sets: Vec::new(), chosen: Chosen::new() }
    }

    /// The value of a column, or what it is computed from: `set(orders.total, orders.total.plus(1))`.
    pub fn set<V>(mut self, column: Col<T, V>, value: impl Operand<V>) -> Update<S, T> {
        self.sets.push((column.field(), value.operand().node));
        self
    }

    /// Only the rows for which this holds too.
    pub fn filter(mut self, filter: impl Into<Filter>) -> Update<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// The row with this primary key.
    pub fn key(mut self, key: impl Into<T::Key>) -> Update<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// Only if the row still has this version. If it has another, the answer is [`Error::Stale`]; if it is not there, or
    /// no longer, [`Error::NotFound`].
    pub fn if_version(mut self, version: i64) -> Update<S, T> {
        self.chosen.version = Some(Parameter::new(version));
        self
    }

    /// The rows as they are then.
    pub fn returning<R: FromRow>(self) -> UpdateReturning<S, T, R> {
        UpdateReturning { update: self, of: PhantomData }
    }

    /// The SQL, to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        self.written(engine)?.finish()
    }

    fn written(&self, engine: Engine) -> Result<Writer> {
        if self.sets.is_empty() {
            return Err(InvalidStatement::NothingSet.into());
        }
        let table = T::definition();
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

    fn recorded(&self, engine: Engine, end: impl FnOnce(&mut Writer) -> Result<()>) -> Result<Statement> {
        let mut w = self.written(engine)?;
        end(&mut w)?;
        let statement = w.finish()?.with_probe(self.chosen.probe(&self.scope, engine)?);
        recorded(&self.scope, "update", Ok(statement))
    }

    /// Changes the rows, and says how many they were.
    ///
    /// # Errors
    ///
    /// After [`if_version`](Update::if_version), [`Error::Stale`] and [`Error::NotFound`] where none was changed.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        database.execute(self.recorded(D::ENGINE, |_| Ok(())), |rows| rows)
    }

    /// Changes the only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stale`], and [`Error::NotOne`] if there were more: they are changed.
    pub fn one<D: Database>(self, database: D) -> D::Answer<()> {
        database.execute(self.recorded(D::ENGINE, |_| Ok(())), |rows| exactly_one::<T>(rows?))
    }
}

pub(crate) fn exactly_one<T: Table>(rows: u64) -> Result<()> {
    let table = T::definition().name;
    match rows {
        0 => Err(Error::NotFound { table }),
        1 => Ok(()),
        rows => Err(Error::NotOne { table, rows }),
    }
}

/// An update that gives the rows back.
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

    /// The rows that were changed.
    ///
    /// # Errors
    ///
    /// After [`if_version`](Update::if_version), [`Error::Stale`] and [`Error::NotFound`] where none was changed.
    pub fn all<D: Database>(self, database: D) -> D::Answer<Vec<R>> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| rows)
    }

    /// The only row that was changed.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stale`], and [`Error::NotOne`] if there were more: they are changed.
    pub fn one<D: Database>(self, database: D) -> D::Answer<R> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| only(T::definition().name, rows?))
    }
}
