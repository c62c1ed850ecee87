use std::marker::PhantomData;

use migrate_core::Engine;

use super::access::{Access, recorded};
use super::column::{Col, Field};
use super::database::Database;
use super::error::{Error, InvalidStatement, Result};
use super::expression::Operand;
use super::insert::{NewRow, Targets, settable};
use super::row::FromRow;
use super::sql::{Statement, Writer};
use super::table::{Handle, Table};
use super::update::write_next_version;

/// A row that is added, or changed if it is there, from [`Scope::upsert`](super::Scope::upsert).
///
/// `on` names the columns of a unique index that begins with the tenant, as `(business_id, email)`. Where the table has
/// soft deletes the index is best partial, `WHERE deleted_at IS NULL`: then a deleted row with the same key is left
/// alone. A row of another tenant is never reached.
#[derive(Clone, Debug)]
#[must_use = "an upsert is sent by `execute`, `one` and their like"]
pub struct Upsert<S, T> {
    scope: S,
    row: NewRow<T>,
    on: Vec<Field>,
    is_kept: bool,
}

impl<S: Access, T: Table> Upsert<S, T> {
    pub(crate) fn new(scope: S) -> Upsert<S, T> {
        Upsert { scope, row: NewRow::new(), on: Vec::new(), is_kept: false }
    }

    /// The columns by which a row is the same, without the tenant: one, or a tuple. They have to be set as well.
    pub fn on(self, columns: impl Targets<T>) -> Upsert<S, T> {
        Upsert { on: columns.fields(), ..self }
    }

    /// The value of a column, of a new row as of one that is there; that of the primary key is for a new row alone.
    pub fn set<V>(self, column: Col<T, V>, value: impl Operand<V>) -> Upsert<S, T> {
        Upsert { row: self.row.set(column, value), ..self }
    }

    /// Leaves a row that is there as it is.
    pub fn or_keep(self) -> Upsert<S, T> {
        Upsert { is_kept: true, ..self }
    }

    /// The row as it is then.
    pub fn returning<R: FromRow>(self) -> UpsertReturning<S, T, R> {
        UpsertReturning { upsert: self, of: PhantomData }
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
        let definition = T::definition();
        let columns = settable(definition, self.row.fields())?;
        let on = settable(definition, self.on.iter().copied())?;
        if on.is_empty() || !on.iter().all(|column| columns.contains(column)) {
            return Err(InvalidStatement::NoUpsertKey.into());
        }
        let mut w = Writer::new(engine, self.scope.context());
        w.push("INSERT INTO ");
        w.target(definition)?;
        NewRow::<T>::write_columns(&columns, &mut w);
        w.push(" VALUES ");
        self.row.write_values(&columns, &NewRow::new(), &mut w)?;
        w.push(" ON CONFLICT (");
        w.separated(", ", definition.tenant.iter().chain(&on), |w, column| w.identifier(column));
        w.push(")");
        if let Some(deleted) = definition.deleted {
            w.push(" WHERE ");
            w.identifier(deleted);
            w.push(" IS NULL");
        }
        if self.is_kept {
            w.push(" DO NOTHING");
            return Ok(w);
        }
        w.push(" DO UPDATE SET ");
        let is_identity = |column: &str| on.contains(&column) || definition.key.contains(&column);
        let others: Vec<_> = columns.iter().filter(|column| !is_identity(column)).collect();
        // A row that is there has to be changed to be given back.
        let set = if others.is_empty() { on.iter().collect() } else { others };
        w.separated(", ", set, |w, column| {
            w.identifier(column);
            w.push(" = excluded.");
            w.identifier(column);
        });
        write_next_version(definition, &mut w);
        let handle = Handle::new(definition);
        if w.narrows(handle) {
            w.push(" WHERE ");
            w.rows(handle)?;
        }
        Ok(w)
    }

    fn recorded(&self, engine: Engine) -> Result<Statement> {
        recorded(&self.scope, "upsert", self.statement(engine))
    }

    /// Adds or changes the row; says whether it did, which after `or_keep` it need not.
    ///
    /// # Errors
    ///
    /// [`Error::UpsertConflict`]
    pub fn execute<D: Database>(self, database: D) -> D::Answer<bool> {
        let is_kept = self.is_kept;
        database.execute(self.recorded(D::ENGINE), move |rows| match rows? {
            0 if !is_kept => Err(Error::UpsertConflict { table: T::definition().name }),
            rows => Ok(rows > 0),
        })
    }

    /// Adds or changes the row.
    ///
    /// # Errors
    ///
    /// [`Error::UpsertConflict`]
    pub fn one<D: Database>(self, database: D) -> D::Answer<()> {
        let is_kept = self.is_kept;
        database.execute(self.recorded(D::ENGINE), move |rows| match rows? {
            0 if !is_kept => Err(Error::UpsertConflict { table: T::definition().name }),
            _ => Ok(()),
        })
    }
}

/// An upsert that gives the row back.
#[derive(Clone, Debug)]
#[must_use = "an upsert is sent by `one` or `optional`"]
pub struct UpsertReturning<S, T, R> {
    upsert: Upsert<S, T>,
    of: PhantomData<fn() -> R>,
}

impl<S: Access, T: Table, R: FromRow> UpsertReturning<S, T, R> {
    fn statement(&self, engine: Engine) -> Result<Statement> {
        let mut w = self.upsert.written(engine)?;
        w.returning::<R>(T::definition())?;
        recorded(&self.upsert.scope, "upsert", w.finish())
    }

    /// The row.
    ///
    /// # Errors
    ///
    /// [`Error::UpsertConflict`]; also after `or_keep` if the row was there.
    pub fn one<D: Database>(self, database: D) -> D::Answer<R> {
        let conflict = Error::UpsertConflict { table: T::definition().name };
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| rows?.pop().ok_or(conflict))
    }

    /// The row, or none if it was there and [`or_keep`](Upsert::or_keep) left it.
    pub fn optional<D: Database>(self, database: D) -> D::Answer<Option<R>> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| Ok(rows?.pop()))
    }
}
