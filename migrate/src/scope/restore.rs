//! The verb that takes a soft delete back.
//!
//! What comes in is a scope, a table and conditions, or the operation of a delete:
//! `bakery.restore(customers).key(1)`. What goes out is a [`Family`] whose stamps are cleared, and from its answer a
//! [`Restored`], `Restored { counts: [("customers", 1), ("orders", 2)] }`.

use migrate_core::Engine;
use uuid::Uuid;

use super::access::Access;
use super::column::Field;
use super::database::Database;
use super::error::{Error, InvalidStatement, Result};
use super::expression::{Filter, Node};
use super::family::{Counts, Family, Kind, Level, bereft, levels, recorded};
use super::soft_delete::lock_rows;
use super::sql::{Statement, Writer};
use super::table::{Definition, OnSoftDelete, SoftDeletes};
use super::update::{Chosen, exactly_one, write_next_version};
use super::value::Parameter;

/// Takes a soft delete back, from [`Scope::restore`](super::Scope::restore).
///
/// With a row come the rows below it that the same operation deleted, and no others: what was deleted before stays
/// deleted. A row that is not deleted is not touched. A row that refers to a deleted row is not restored before that
/// one. A row that refers to a row which the scope does not see at all comes back as it was.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// bakery.soft_delete(orders).key(2).one(&db)?;                     // this one by itself
/// let deleted = bakery.soft_delete(customers).key(1).one(&db)?;   // and Ada with the order that was left
///
/// let restored = bakery.restore(customers).op(deleted.op).one(&db)?;
/// assert_eq!(restored.counts, [("customers", 1), ("orders", 1)]);
/// assert_eq!(bakery.select(orders).only_deleted().columns(orders.id).all(&db)?, [2]);
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// One statement and one round trip on PostgreSQL. On SQLite a transaction, or a savepoint in the open one.
///
/// # Errors
///
/// Each method that sends returns the [errors of every statement](super::Database#errors).
#[derive(Clone, Debug)]
#[must_use = "a restore is sent by `execute` or `one`"]
pub struct Restore<S, T> {
    scope: S,
    chosen: Chosen<T>,
    op: Option<Uuid>,
}

/// The rows that a restore brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// The number of rows of each table, the table of the statement first.
    pub counts: Vec<(&'static str, u64)>,
}

impl<S: Access, T: SoftDeletes> Restore<S, T> {
    /// All deleted rows.
    pub(crate) fn new(scope: S) -> Restore<S, T> {
        Restore { scope, chosen: Chosen::new(), op: None }
    }

    /// Restores only what this operation deleted: [`Deleted::op`](super::Deleted::op).
    pub fn op(self, op: Uuid) -> Restore<S, T> {
        Restore { op: Some(op), ..self }
    }

    /// Restores only the rows that fulfil this condition as well.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(orders).execute(&db)?;   // all of them
    /// let restored = bakery.restore(orders).filter(orders.total.ge(80)).execute(&db)?;
    /// assert_eq!(restored.counts, [("orders", 2)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter(mut self, filter: impl Into<Filter>) -> Restore<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// Restores only the row with this primary key, and what the same operation deleted below it.
    pub fn key(mut self, key: impl Into<T::Key>) -> Restore<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// The SQL on PostgreSQL, without sending it. SQLite gets several statements.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], as when it is sent.
    pub fn statement(&self) -> Result<Statement> {
        self.family()?.statement()
    }

    /// The deleted rows with those below them.
    fn family(&self) -> Result<Family<Unstamp>> {
        let definition = T::definition();
        let mut filter = self.chosen.filter.clone();
        if let Some(op) = self.op {
            let missing = InvalidStatement::NoColumn { table: definition.name, role: "op" };
            let column = definition.op.ok_or(Error::Invalid(missing))?;
            filter.push(Node::Compare(Field::of(definition, column), " = ", Parameter::new(op)));
        }
        let levels = levels(definition, |key| key.on_soft_delete == OnSoftDelete::Cascade);
        let obstacles = bereft(&levels);
        Ok(Family { context: self.scope.context(), kind: Unstamp, filter, levels, obstacles, probe: None })
    }

    /// The family, once its use is recorded.
    fn recorded(&self, engine: Engine) -> Result<Family<Unstamp>> {
        recorded(&self.scope, "restore", engine, self.family())
    }

    /// Restores the rows and returns what that brought back. No row is not an error.
    ///
    /// # Errors
    ///
    /// [`Error::RestoreConflict`] if a live row has taken a unique key meanwhile, [`Error::ParentDeleted`] if a row
    /// refers to a deleted one. Nothing is restored then.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<Restored> {
        database.family(self.recorded(D::ENGINE), |counts, family| {
            let counts = not_blocked(counts, family)?;
            Ok(Restored { counts: counts.by_table(family) })
        })
    }

    /// Restores the only row and returns what that brought back.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(customers).key(1).one(&db)?;        // Ada, with her orders
    /// let early = bakery.restore(orders).key(1).one(&db);    // her order alone would have no customer
    /// assert!(matches!(early, Err(Error::ParentDeleted { parent: "customers", .. })));
    /// bakery.restore(customers).key(1).one(&db)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::RestoreConflict`], [`Error::ParentDeleted`], and [`Error::NotOne`] if there were
    /// more: they are restored.
    pub fn one<D: Database>(self, database: D) -> D::Answer<Restored> {
        database.family(self.recorded(D::ENGINE), |counts, family| {
            let counts = not_blocked(counts, family)?;
            exactly_one::<T>(counts.chosen())?;
            Ok(Restored { counts: counts.by_table(family) })
        })
    }
}

/// The answer, or what kept everything from being restored.
fn not_blocked(counts: Result<Counts>, family: &Family<Unstamp>) -> Result<Counts> {
    let table = family.levels[0].table.name;
    let counts = counts.map_err(|error| match error {
        // The index is the judge of that: to ask first would miss a row that is added meanwhile.
        Error::Database(source) if source.is_unique_violation() => Error::RestoreConflict { table, source },
        error => error,
    })?;
    match counts.obstacle(&family.obstacles) {
        Some((obstacle, rows)) => Err(Error::ParentDeleted { table, parent: obstacle.key.parent.name, rows }),
        None => Ok(counts),
    }
}

/// Clears the stamp of a soft delete.
#[derive(Debug)]
pub(super) struct Unstamp;

impl Kind for Unstamp {
    fn write_rows(&self, level: &Level, _: bool, w: &mut Writer) -> Result<()> {
        w.own_rows(level.table, " IS NOT NULL")
    }

    fn write_still(&self, level: &Level, w: &mut Writer) -> Result<()> {
        w.own_rows(level.table, " IS NOT NULL")
    }

    fn shared_column(&self, table: &'static Definition) -> Option<&'static str> {
        table.op
    }

    fn write_end(&self, w: &mut Writer) {
        lock_rows(w);
    }

    fn write_change(&self, level: &Level, w: &mut Writer) -> Result<()> {
        let table = level.table;
        w.push("UPDATE ");
        w.target(table)?;
        w.push(" SET ");
        let stamps = [table.deleted, table.op, table.by, table.reason];
        w.separated(", ", stamps.into_iter().flatten(), |w, column| {
            w.identifier(column);
            w.push(" = NULL");
        });
        write_next_version(table, w);
        Ok(())
    }
}
