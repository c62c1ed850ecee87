//! The verb that adds a row or changes the one with the same key.
//!
//! What comes in is a scope, a table, the columns of a unique key and values:
//! `bakery.upsert(customers).on(customers.email).set(…)`. What goes out is
//! `INSERT … ON CONFLICT ("business_id", "email") … DO UPDATE`, one statement, so two callers at the same moment
//! cannot both insert.

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

/// A row that is added, or changed if it exists, from [`Scope::upsert`](super::Scope::upsert).
///
/// `on` names the columns of a unique index that begins with the tenant, such as `(business_id, email)`. The library
/// adds the tenant's column by itself. If the table has soft deletes, the index should be partial,
/// `WHERE deleted_at IS NULL`: then a deleted row with the same key stays as it is. A row of another tenant is never
/// reached.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let ada = |name: &str| {
///     bakery.upsert(customers).on(customers.email).set(customers.email, "ada@example.com").set(customers.name, name)
/// };
/// ada("Ada Lovelace").one(&db)?;
/// let names = bakery.select(customers).columns(customers.name).all(&db)?;
/// assert_eq!(names, [Some("Ada Lovelace".to_owned())]);
///
/// assert!(!ada("someone else").or_keep().execute(&db)?);   // it exists, and stays as it is
/// # Ok(())
/// # }
/// ```
///
/// It costs one round trip on PostgreSQL.
///
/// # Errors
///
/// Each method that sends returns the [errors of every statement](super::Database#errors). Without a matching unique
/// index the database refuses the statement: SQLSTATE 42P10 on PostgreSQL.
#[derive(Clone, Debug)]
#[must_use = "an upsert is sent by `execute`, `one` and their like"]
pub struct Upsert<S, T> {
    scope: S,
    row: NewRow<T>,
    on: Vec<Field>,
    is_kept: bool,
}

impl<S: Access, T: Table> Upsert<S, T> {
    /// No columns yet.
    pub(crate) fn new(scope: S) -> Upsert<S, T> {
        Upsert { scope, row: NewRow::new(), on: Vec::new(), is_kept: false }
    }

    /// Names the columns by which a row is recognized, without the tenant: a single one, or a tuple. They have to be
    /// set as well.
    pub fn on(self, columns: impl Targets<T>) -> Upsert<S, T> {
        Upsert { on: columns.fields(), ..self }
    }

    /// Sets a column, of a new row and of an existing one. The primary key is set in a new row only.
    pub fn set<V>(self, column: Col<T, V>, value: impl Operand<V>) -> Upsert<S, T> {
        Upsert { row: self.row.set(column, value), ..self }
    }

    /// Leaves an existing row as it is.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let ada = bakery.upsert(customers).on(customers.email).set(customers.email, "ada@example.com");
    /// assert!(!ada.clone().or_keep().execute(&db)?);                         // she exists
    ///
    /// #[derive(FromRow)]
    /// struct Customer {
    ///     id: i64,
    /// }
    ///
    /// let found: Option<Customer> = ada.or_keep().returning().optional(&db)?;
    /// assert!(found.is_none());                                              // so nothing is returned either
    /// # Ok(())
    /// # }
    /// ```
    pub fn or_keep(self) -> Upsert<S, T> {
        Upsert { is_kept: true, ..self }
    }

    /// Returns the row as it is then, whether it is new or not.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// #[derive(FromRow)]
    /// struct Customer {
    ///     id: i64,
    /// }
    ///
    /// let upsert = bakery.upsert(customers).on(customers.email).set(customers.email, "ada@example.com");
    /// let ada: Customer = upsert.returning().one(&db)?;
    /// assert_eq!(ada.id, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn returning<R: FromRow>(self) -> UpsertReturning<S, T, R> {
        UpsertReturning { upsert: self, of: PhantomData }
    }

    /// The SQL, without sending it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let upsert = bakery.upsert(customers).on(customers.email).set(customers.email, "ada@example.com");
    /// let sql = upsert.statement(Engine::Postgres)?;
    /// assert!(sql.sql().contains(r#"ON CONFLICT ("business_id", "email") WHERE "deleted_at" IS NULL DO UPDATE"#));
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

    /// Writes the upsert up to the end of its condition.
    fn written(&self, engine: Engine) -> Result<Writer> {
        let definition = T::definition();
        let columns = settable(definition, self.row.fields())?;
        let on = settable(definition, self.on.iter().copied())?;
        // A key column that is not set would be its default, and hardly the row that is meant.
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
        // The predicate of the partial index: without it the engines do not find that index (PostgreSQL manual,
        // INSERT, `index_predicate`).
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
        // The key of the index is equal already, and the primary key of an existing row must not change.
        let is_identity = |column: &str| on.contains(&column) || definition.key.contains(&column);
        let others: Vec<_> = columns.iter().filter(|column| !is_identity(column)).collect();
        // RETURNING gives back only rows that were changed. So if only the key is set, the key is set to itself.
        let set = if others.is_empty() { on.iter().collect() } else { others };
        w.separated(", ", set, |w, column| {
            w.identifier(column);
            w.push(" = excluded.");
            w.identifier(column);
        });
        write_next_version(definition, &mut w);
        let handle = Handle::new(definition);
        // Without this, a unique index that does not begin with the tenant would let one tenant change another's row.
        if w.narrows(handle) {
            w.push(" WHERE ");
            w.rows(handle)?;
        }
        Ok(w)
    }

    /// The statement, once its use is recorded.
    fn recorded(&self, engine: Engine) -> Result<Statement> {
        recorded(&self.scope, "upsert", self.statement(engine))
    }

    /// Adds or changes the row, and returns whether it did. Only after [`or_keep`](Upsert::or_keep) the answer can be
    /// `false`.
    ///
    /// # Errors
    ///
    /// [`Error::UpsertConflict`] if a deleted row holds the key.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<bool> {
        let is_kept = self.is_kept;
        database.execute(self.recorded(D::ENGINE), move |rows| match rows? {
            0 if !is_kept => Err(Error::UpsertConflict { table: T::definition().name }),
            rows => Ok(rows > 0),
        })
    }

    /// Adds or changes the row. After [`or_keep`](Upsert::or_keep) it may have done neither.
    ///
    /// # Errors
    ///
    /// [`Error::UpsertConflict`] if a deleted row holds the key.
    pub fn one<D: Database>(self, database: D) -> D::Answer<()> {
        let is_kept = self.is_kept;
        database.execute(self.recorded(D::ENGINE), move |rows| match rows? {
            0 if !is_kept => Err(Error::UpsertConflict { table: T::definition().name }),
            _ => Ok(()),
        })
    }
}

/// An upsert that returns the row, from [`Upsert::returning`].
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

    /// Adds or changes the row and returns it.
    ///
    /// # Errors
    ///
    /// [`Error::UpsertConflict`] if a deleted row holds the key; after [`or_keep`](Upsert::or_keep) also if the row
    /// existed.
    pub fn one<D: Database>(self, database: D) -> D::Answer<R> {
        let conflict = Error::UpsertConflict { table: T::definition().name };
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| rows?.pop().ok_or(conflict))
    }

    /// Adds or changes the row and returns it, or `None` if [`or_keep`](Upsert::or_keep) left an existing row as it
    /// is.
    pub fn optional<D: Database>(self, database: D) -> D::Answer<Option<R>> {
        database.rows(self.statement(D::ENGINE), R::from_row, |rows| Ok(rows?.pop()))
    }
}
