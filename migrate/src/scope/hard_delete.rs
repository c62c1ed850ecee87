//! The verb that removes rows at once.
//!
//! What comes in is a scope, a table and conditions: `bakery.hard_delete(orders).key(1)`. What goes out is
//! `DELETE FROM "orders" WHERE` with the condition of the scope in front. Unlike a soft delete it works on any table,
//! and takes nothing along.

use migrate_core::Engine;

use super::access::{Access, recorded};
use super::database::Database;
use super::error::Result;
use super::expression::Filter;
use super::sql::{Statement, Writer};
use super::table::Table;
use super::update::{Chosen, exactly_one};
use super::value::Parameter;

/// Removes rows for good, from [`Scope::hard_delete`](super::Scope::hard_delete).
///
/// It reaches live rows, unless [`with_deleted`](HardDelete::with_deleted) or
/// [`only_deleted`](HardDelete::only_deleted) asks for others. What happens to the rows that refer to them is for the
/// foreign keys of the database.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// bakery.hard_delete(orders).key(3).one(&db)?;
/// assert_eq!(bakery.select(orders).with_deleted().count(&db)?, 2);   // it is not in the trash either
/// # Ok(())
/// # }
/// ```
///
/// It costs one round trip on PostgreSQL, and a second one if [`if_version`](HardDelete::if_version) reaches no row.
///
/// # Errors
///
/// Each method that sends returns the [errors of every statement](super::Database#errors). A row that another refers
/// to is [`Error::Database`](super::Error::Database), with SQLSTATE 23503 or SQLite's 787.
#[derive(Clone, Debug)]
#[must_use = "a delete is sent by `execute` or `one`"]
pub struct HardDelete<S, T> {
    scope: S,
    chosen: Chosen<T>,
}

impl<S: Access, T: Table> HardDelete<S, T> {
    /// All live rows.
    pub(crate) fn new(scope: S) -> HardDelete<S, T> {
        HardDelete { scope, chosen: Chosen::new() }
    }

    /// Deletes only the rows that fulfil this condition as well.
    pub fn filter(mut self, filter: impl Into<Filter>) -> HardDelete<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// Deletes only the row with this primary key.
    pub fn key(mut self, key: impl Into<T::Key>) -> HardDelete<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// Deletes the row only if it still has this version. If it has another one, the answer is
    /// [`Error::Stale`](super::Error::Stale); if it does not exist, or not any more,
    /// [`Error::NotFound`](super::Error::NotFound).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let stale = bakery.hard_delete(orders).key(1).if_version(9).one(&db);
    /// assert!(matches!(stale, Err(Error::Stale { .. })));
    /// bakery.hard_delete(orders).key(1).if_version(1).one(&db)?;
    /// let gone = bakery.hard_delete(orders).key(1).if_version(1).one(&db);
    /// assert!(matches!(gone, Err(Error::NotFound { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn if_version(mut self, version: i64) -> HardDelete<S, T> {
        self.chosen.version = Some(Parameter::new(version));
        self
    }

    /// Includes rows that are deleted softly.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(orders).key(2).one(&db)?;
    /// assert!(bakery.hard_delete(orders).key(2).one(&db).is_err());   // not among the live rows
    /// bakery.hard_delete(orders).key(2).with_deleted().one(&db)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_deleted(mut self) -> HardDelete<S, T> {
        self.chosen.handle = self.chosen.handle.with_deleted();
        self
    }

    /// Deletes only rows that are deleted softly: it empties the trash, without the care that [`Purge`](super::Purge)
    /// takes.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(orders).filter(orders.note.eq("vip")).execute(&db)?;
    /// assert_eq!(bakery.hard_delete(orders).only_deleted().execute(&db)?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn only_deleted(mut self) -> HardDelete<S, T> {
        self.chosen.handle = self.chosen.handle.only_deleted();
        self
    }

    /// The SQL, without sending it.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](super::Error::Invalid), as when it is sent.
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        let table = T::definition();
        let mut w = Writer::new(engine, self.scope.context());
        w.push("DELETE FROM ");
        w.target(table)?;
        self.chosen.write_where(&mut w)?;
        w.finish()
    }

    /// The statement, once its use is recorded.
    fn recorded(&self, engine: Engine) -> Result<Statement> {
        let statement = self.statement(engine)?.with_probe(self.chosen.probe(&self.scope, engine)?);
        recorded(&self.scope, "hard delete", Ok(statement))
    }

    /// Deletes the rows and returns their number. Zero is not an error.
    ///
    /// # Errors
    ///
    /// After [`if_version`](HardDelete::if_version), [`Error::Stale`](super::Error::Stale) or
    /// [`Error::NotFound`](super::Error::NotFound) if no row was deleted.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        database.execute(self.recorded(D::ENGINE), |rows| rows)
    }

    /// Deletes the only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound), [`Error::Stale`](super::Error::Stale), and
    /// [`Error::NotOne`](super::Error::NotOne) if there were more: they are deleted.
    pub fn one<D: Database>(self, database: D) -> D::Answer<()> {
        database.execute(self.recorded(D::ENGINE), |rows| exactly_one::<T>(rows?))
    }
}
