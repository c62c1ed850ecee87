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
    Query(Vec<Field>, Box<Subquery>),
}

/// The columns of a new row.
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

    /// The value of a column.
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

/// The names of columns, if all are the table's and the caller's to set. Their types say so, and anybody can make those.
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
    pub(crate) fn new(scope: S) -> Insert<S, T> {
        Insert { scope, common: NewRow::new(), source: Source::Alone }
    }

    /// The value of a column, in the only row or in all that `rows` or `from_query` give.
    pub fn set<V>(self, column: Col<T, V>, value: impl Operand<V>) -> Insert<S, T> {
        Insert { common: self.common.set(column, value), ..self }
    }

    /// A row for each item. They have to set the same columns. Of no items no row is made, and nothing is sent.
    ///
    /// One statement holds 65,535 values on PostgreSQL and 32,766 on SQLite. What is more is sent in several, in one
    /// transaction, or in a savepoint of the one that is there: all rows are inserted or none. On a client or object
    /// that other tasks use at the same time, what they send meanwhile falls into that transaction.
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
        Insert { source: Source::Query(columns.fields(), Box::new(query.into_subquery())), ..self }
    }

    /// The rows as they are then, with what the database filled in.
    pub fn returning<R: FromRow>(self) -> InsertReturning<S, T, R> {
        InsertReturning { insert: self, of: PhantomData }
    }

    /// The SQL, to look at: of many rows, that of the first statement.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](super::Error::Invalid)
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        self.written(engine, |_| Ok(()))
    }

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

    /// As many statements as the engine needs for the values.
    fn write_rows(
        &self,
        rows: &[NewRow<T>],
        engine: Engine,
        end: impl Fn(&mut Writer) -> Result<()>,
    ) -> Result<Statement> {
        let definition = T::definition();
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
        let mut first = statements.remove(0);
        first.more = statements;
        Ok(first)
    }

    /// Writes rows until no value more fits, and says how many they were: one at least.
    fn write_some(&self, rows: &[NewRow<T>], own: &[&'static str], w: &mut Writer) -> Result<usize> {
        for (i, row) in rows.iter().enumerate() {
            let mark = w.mark();
            w.push(if i == 0 { "" } else { ", " });
            row.write_values(own, &self.common, w)?;
            if i > 0 && w.is_too_long() {
                w.back_to(&mark);
                return Ok(i);
            }
        }
        Ok(rows.len())
    }

    fn recorded(&self, engine: Engine) -> Result<Statement> {
        recorded(&self.scope, "insert", self.statement(engine))
    }

    /// Inserts the rows, and says how many they are.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        database.execute(self.recorded(D::ENGINE), |rows| rows)
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
        let statement = self.insert.written(engine, |w| w.returning::<R>(T::definition()));
        recorded(&self.insert.scope, "insert", statement)
    }

    /// The new rows, in the order in which they were given.
    pub fn all<D: Database>(self, database: D) -> D::Answer<Vec<R>> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| rows)
    }

    /// The only new row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound) and [`Error::NotOne`](super::Error::NotOne) after a
    /// [`from_query`](Insert::from_query) or [`rows`](Insert::rows) of no row or many.
    pub fn one<D: Database>(self, database: D) -> D::Answer<R> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| only(T::definition().name, rows?))
    }
}

/// The columns that an insert fills from a query: one, or a tuple of up to six.
pub trait Targets<T> {
    /// A row of them.
    type Row;

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
