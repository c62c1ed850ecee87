use std::marker::PhantomData;

use migrate_core::Engine;

use super::access::Access;
use super::column::Col;
use super::database::Database;
use super::error::{InvalidStatement, Result};
use super::expression::{Node, Operand};
use super::projection::{Columns, Projection};
use super::row::FromRow;
use super::select::{Subquery, only};
use super::sql::{Statement, Writer};
use super::table::Table;
use super::value::Value;

/// New rows, from [`Scope::insert`](super::Scope::insert). The library fills in whose they are.
#[derive(Clone, Debug)]
#[must_use = "an insert is sent by `execute` or `returning`"]
pub struct Insert<S, T> {
    scope: S,
    /// What all rows have in common.
    common: NewRow<T>,
    source: Source<T>,
}

#[derive(Clone, Debug)]
enum Source<T> {
    /// One row, of what was set.
    Alone,
    Rows(Vec<NewRow<T>>),
    Query(Vec<&'static str>, Box<Subquery>),
}

/// The columns of a new row.
#[derive(Clone, Debug)]
#[must_use = "a row is part of an insert"]
pub struct NewRow<T> {
    pub(crate) cells: Vec<(&'static str, Node)>,
    of: PhantomData<fn() -> T>,
}

impl<T: Table> NewRow<T> {
    pub(crate) fn new() -> NewRow<T> {
        NewRow { cells: Vec::new(), of: PhantomData }
    }

    /// The value of a column.
    pub fn set<V>(mut self, column: Col<T, V>, value: impl Operand<V>) -> NewRow<T> {
        self.cells.push((column.name(), value.operand().node));
        self
    }

    /// `(tenant, …)`
    pub(crate) fn write_columns(columns: &[&'static str], w: &mut Writer) {
        w.push(" (");
        let tenant = T::definition().tenant;
        w.separated(", ", tenant.iter().chain(columns), |w, column| w.identifier(column));
        w.push(")");
    }

    /// `(value of the tenant, …)`: its own values in the order of the columns, then what all rows have in common.
    pub(crate) fn write_values(
        &self,
        columns: &[&'static str],
        common: &NewRow<T>,
        w: &mut Writer,
    ) -> Result<()> {
        if self.cells.len() != columns.len() {
            return Err(InvalidStatement::UnevenRows.into());
        }
        w.push("(");
        let mut comma = "";
        if T::definition().tenant.is_some() {
            w.tenant();
            comma = ", ";
        }
        for column in columns {
            let cell = self.cells.iter().find(|(name, _)| name == column);
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

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.cells.iter().map(|(name, _)| *name)
    }
}

impl<S: Access, T: Table> Insert<S, T> {
    pub(crate) fn new(scope: S) -> Insert<S, T> {
        Insert { scope, common: NewRow::new(), source: Source::Alone }
    }

    /// The value of a column, in the only row or in all that `rows` or `from_query` give.
    pub fn set<V>(self, column: Col<T, V>, value: impl Operand<V>) -> Insert<S, T> {
        Insert { common: self.common.set(column, value), ..self }
    }

    /// A row for each item. They have to set the same columns, and there has to be one: an insert of nothing is an error.
    /// One statement holds 65535 values on PostgreSQL and 32766 on SQLite.
    pub fn rows<I>(
        self,
        items: impl IntoIterator<Item = I>,
        row: impl Fn(NewRow<T>, I) -> NewRow<T>,
    ) -> Insert<S, T> {
        let rows = items.into_iter().map(|item| row(NewRow::new(), item)).collect();
        Insert { source: Source::Rows(rows), ..self }
    }

    /// A row for each of a query of the same scope: `from_query((orders.total, orders.note), query)`.
    pub fn from_query<C, Q, U, P>(self, columns: C, query: Projection<Q, U, P>) -> Insert<S, T>
    where
        C: Targets<T>,
        Q: Access,
        U: Table,
        P: Columns<Row = C::Row>,
    {
        Insert { source: Source::Query(columns.names(), Box::new(query.into_subquery())), ..self }
    }

    /// The rows as they are then, with what the database filled in.
    pub fn returning<R: FromRow>(self) -> InsertReturning<S, T, R> {
        InsertReturning { insert: self, of: PhantomData }
    }

    /// The SQL, to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](super::Error::Invalid)
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        Ok(self.written(engine)?.finish())
    }

    fn written(&self, engine: Engine) -> Result<Writer> {
        let mut w = Writer::new(engine, self.scope.context());
        w.push("INSERT INTO ");
        w.target(T::definition());
        match &self.source {
            Source::Alone => self.write_rows(&[NewRow::new()], &mut w)?,
            Source::Rows(rows) => self.write_rows(rows, &mut w)?,
            Source::Query(own, query) => {
                let columns: Vec<_> = self.common.names().chain(own.iter().copied()).collect();
                NewRow::<T>::write_columns(&columns, &mut w);
                w.push(" SELECT ");
                if T::definition().tenant.is_some() {
                    w.tenant();
                    w.push(", ");
                }
                for (_, value) in &self.common.cells {
                    value.write(&mut w)?;
                    w.push(", ");
                }
                w.push("q.* FROM (");
                query.write(&mut w)?;
                w.push(") AS q");
            }
        }
        Ok(w)
    }

    fn write_rows(&self, rows: &[NewRow<T>], w: &mut Writer) -> Result<()> {
        let first = rows.first().ok_or(InvalidStatement::NothingSet)?;
        let own: Vec<_> = first.names().collect();
        let columns: Vec<_> = own.iter().copied().chain(self.common.names()).collect();
        if columns.is_empty() {
            return Err(InvalidStatement::NothingSet.into());
        }
        NewRow::<T>::write_columns(&columns, w);
        w.push(" VALUES ");
        w.try_separated(", ", rows, |w, row| row.write_values(&own, &self.common, w))
    }

    fn recorded(&self, engine: Engine) -> Result<Writer> {
        self.scope.record("insert", T::definition().name)?;
        self.written(engine)
    }

    /// Inserts the rows, and says how many they are.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        database.execute(self.recorded(D::ENGINE).map(Writer::finish), |rows| rows)
    }
}

/// An insert that gives the rows back.
#[derive(Clone, Debug)]
#[must_use = "an insert is sent by `all` or `one`"]
pub struct InsertReturning<S, T, R> {
    insert: Insert<S, T>,
    of: PhantomData<fn() -> R>,
}

impl<S: Access, T: Table, R: FromRow> InsertReturning<S, T, R> {
    fn statement(&self, engine: Engine) -> Result<Statement> {
        let mut w = self.insert.recorded(engine)?;
        w.returning::<R>(T::definition());
        Ok(w.finish())
    }

    /// The new rows.
    pub fn all<D: Database>(self, database: D) -> D::Answer<Vec<R>> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| rows)
    }

    /// The only new row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound) and [`Error::NotOne`](super::Error::NotOne) after a
    /// [`from_query`](Insert::from_query) of no row or many.
    pub fn one<D: Database>(self, database: D) -> D::Answer<R> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| only(T::definition().name, rows?))
    }
}

/// The columns that an insert fills from a query: one, or a tuple of up to six.
pub trait Targets<T> {
    /// A row of them.
    type Row;

    #[doc(hidden)]
    fn names(self) -> Vec<&'static str>;
}

impl<T, V: Value> Targets<T> for Col<T, V> {
    type Row = V;

    fn names(self) -> Vec<&'static str> {
        vec![self.name()]
    }
}

macro_rules! targets {
    ($($value:ident $i:tt),*) => {
        impl<T, $($value: Value),*> Targets<T> for ($(Col<T, $value>,)*) {
            type Row = ($($value,)*);

            fn names(self) -> Vec<&'static str> {
                vec![$(self.$i.name()),*]
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
