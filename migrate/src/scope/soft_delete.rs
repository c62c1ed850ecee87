//! The verb that marks rows as deleted, with the rows below them.
//!
//! What comes in is a scope, a table, conditions and a reason: `bakery.soft_delete(customers).key(1).reason("left")`.
//! What goes out is a [`Family`] of rows that all get the same stamp, when, by whom, why and by which operation; and
//! from its answer a [`Deleted`], `Deleted { op: 5f0c…, counts: [("customers", 1), ("orders", 2)] }`.

use migrate_core::Engine;
use uuid::Uuid;

use super::access::Access;
use super::database::Database;
use super::error::{Error, InvalidStatement, Result};
use super::expression::Filter;
use super::family::{Counts, Family, Kind, Level, levels, recorded, restricting};
use super::sql::{Statement, Writer};
use super::table::{Definition, OnSoftDelete, Rows, SoftDeletes};
use super::update::{Chosen, exactly_one, write_next_version};
use super::value::Parameter;

/// A soft delete, from [`Scope::soft_delete`](super::Scope::soft_delete).
///
/// It takes along the children whose foreign keys say `on soft_delete cascade`, and their children. It is refused if
/// live children are declared `restrict`. Every row gets the same operation, by which
/// [`restore`](super::Scope::restore) brings back exactly these rows. A row that was deleted before keeps its time.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let deleted = bakery.soft_delete(customers).key(1).one(&db)?;
/// assert_eq!(deleted.counts, [("customers", 1), ("orders", 2)]);   // Ada, and her orders
/// assert_eq!(bakery.select(orders).count(&db)?, 1);
///
/// let who = bakery.clone().actor("support:7").soft_delete(orders).key(3).reason("test order").one(&db)?;
/// let stamps = bakery.select(orders).only_deleted().key(3).columns((orders.deleted_by, orders.delete_op)).one(&db)?;
/// assert_eq!(stamps, (Some("support:7".into()), Some(who.op)));
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// One statement and one round trip on PostgreSQL, for any number of tables. On SQLite a transaction, or a savepoint
/// in the open one.
///
/// It does not see a child that another transaction is adding at the same moment. If that matters, use a serializable
/// transaction (PostgreSQL manual, 13.2.3).
///
/// # Errors
///
/// Each method that sends returns the [errors of every statement](super::Database#errors).
#[derive(Clone, Debug)]
#[must_use = "a soft delete is sent by `execute` or `one`"]
pub struct SoftDelete<S, T> {
    scope: S,
    chosen: Chosen<T>,
    reason: Option<String>,
}

/// The rows that a soft delete took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// The operation, for [`Restore::op`](super::Restore::op).
    pub op: Uuid,
    /// The number of rows of each table, the table of the statement first.
    pub counts: Vec<(&'static str, u64)>,
}

impl<S: Access, T: SoftDeletes> SoftDelete<S, T> {
    /// All live rows.
    pub(crate) fn new(scope: S) -> SoftDelete<S, T> {
        SoftDelete { scope, chosen: Chosen::new(), reason: None }
    }

    /// Deletes only the rows that fulfil this condition as well.
    pub fn filter(mut self, filter: impl Into<Filter>) -> SoftDelete<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// Deletes only the row with this primary key, and what is below it.
    pub fn key(mut self, key: impl Into<T::Key>) -> SoftDelete<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// Deletes the row only if it still has this version. If it has another one, the answer is [`Error::Stale`]; if
    /// it does not exist, or not any more, [`Error::NotFound`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.update(orders).key(1).set(orders.total, 1).one(&db)?;               // it has version 2 now
    /// let stale = bakery.soft_delete(orders).key(1).if_version(1).one(&db);
    /// assert!(matches!(stale, Err(Error::Stale { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn if_version(mut self, version: i64) -> SoftDelete<S, T> {
        self.chosen.version = Some(Parameter::new(version));
        self
    }

    /// Says why, for the `reason` column. The table needs one: otherwise the answer is
    /// [`InvalidStatement::NoColumn`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(orders).key(1).reason("sent twice").one(&db)?;
    /// let why = bakery.select(orders).only_deleted().columns(orders.delete_reason).one(&db)?;
    /// assert_eq!(why.as_deref(), Some("sent twice"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn reason(self, reason: impl Into<String>) -> SoftDelete<S, T> {
        SoftDelete { reason: Some(reason.into()), ..self }
    }

    /// The SQL on PostgreSQL, without sending it. SQLite gets several statements.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], as when it is sent.
    pub fn statement(&self) -> Result<Statement> {
        self.family(Uuid::nil(), Engine::Postgres)?.statement()
    }

    /// The rows with those below them, and the stamp.
    fn family(&self, op: Uuid, engine: Engine) -> Result<Family<Stamp>> {
        let definition = T::definition();
        // A reason that goes nowhere would be lost in silence.
        if self.reason.is_some() && definition.reason.is_none() {
            return Err(InvalidStatement::NoColumn { table: definition.name, role: "reason" }.into());
        }
        let context = self.scope.context();
        let stamp = Stamp {
            op: Parameter::new(op),
            by: context.actor.as_deref().map(|actor| Parameter::new(actor.to_owned())),
            reason: self.reason.clone().map(Parameter::new),
        };
        let levels = levels(definition, |key| key.on_soft_delete == OnSoftDelete::Cascade);
        let obstacles = restricting(&levels);
        let filter = self.chosen.filter_with_version()?;
        let probe = self.chosen.probe(&self.scope, engine)?;
        Ok(Family { context, kind: stamp, filter, levels, obstacles, probe })
    }

    /// The family, once its use is recorded.
    fn recorded(&self, op: Uuid, engine: Engine) -> Result<Family<Stamp>> {
        recorded(&self.scope, "soft delete", engine, self.family(op, engine))
    }

    /// Deletes the rows and returns what that took. No row is not an error.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let deleted = bakery.soft_delete(orders).filter(orders.note.eq("vip")).execute(&db)?;
    /// assert_eq!(deleted.counts, [("orders", 2)]);
    /// let again = bakery.soft_delete(orders).filter(orders.note.eq("vip")).execute(&db)?;
    /// assert_eq!(again.counts, [("orders", 0)]);   // those are deleted already, and keep their time
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Restricted`] if a live child is declared `restrict`. After [`if_version`](SoftDelete::if_version),
    /// [`Error::Stale`] or [`Error::NotFound`] if no row was deleted.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<Deleted> {
        // Made here and not by the database: SQLite has no function for it, and the caller learns it without
        // RETURNING.
        let op = Uuid::new_v4();
        database.family(self.recorded(op, D::ENGINE), move |counts, family| deleted(op, &counts?, family))
    }

    /// Deletes the only row and returns what that took.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Restricted`], [`Error::Stale`], and [`Error::NotOne`] if there were more: they
    /// are deleted.
    pub fn one<D: Database>(self, database: D) -> D::Answer<Deleted> {
        let op = Uuid::new_v4();
        database.family(self.recorded(op, D::ENGINE), move |counts, family| {
            let counts = counts?;
            let deleted = deleted(op, &counts, family)?;
            // Counts the rows that the caller chose, and not those below them.
            exactly_one::<T>(counts.chosen())?;
            Ok(deleted)
        })
    }
}

/// The answer, or the obstacle that kept everything from being deleted.
fn deleted(op: Uuid, counts: &Counts, family: &Family<Stamp>) -> Result<Deleted> {
    let table = family.levels[0].table.name;
    match counts.obstacle(&family.obstacles) {
        Some((obstacle, rows)) => Err(Error::Restricted { table, child: obstacle.key.child.name, rows }),
        None => Ok(Deleted { op, counts: counts.by_table(family) }),
    }
}

/// The stamp of a soft delete: its operation, and who and why. The time is the database's clock.
#[derive(Debug)]
pub(super) struct Stamp {
    op: Parameter,
    by: Option<Parameter>,
    reason: Option<Parameter>,
}

impl Kind for Stamp {
    fn write_rows(&self, level: &Level, _: bool, w: &mut Writer) -> Result<()> {
        w.rows(level.handle(Rows::Live))
    }

    fn write_still(&self, level: &Level, w: &mut Writer) -> Result<()> {
        w.own_rows(level.table, " IS NULL")
    }

    fn shared_column(&self, _: &'static Definition) -> Option<&'static str> {
        None
    }

    fn write_end(&self, w: &mut Writer) {
        lock_rows(w);
    }

    fn write_change(&self, level: &Level, w: &mut Writer) -> Result<()> {
        let table = level.table;
        w.push("UPDATE ");
        w.target(table)?;
        w.push(" SET ");
        w.identifiers(table.deleted.as_slice());
        w.push(match w.engine {
            Engine::Postgres => " = now()",
            // As text and with milliseconds: `datetime('now')` would give two deletes of one second the same time.
            Engine::Sqlite => " = strftime('%Y-%m-%d %H:%M:%f', 'now')",
        });
        let stamps =
            [(table.op, Some(&self.op)), (table.by, self.by.as_ref()), (table.reason, self.reason.as_ref())];
        for (column, value) in stamps {
            if let (Some(column), Some(value)) = (column, value) {
                w.push(", ");
                w.identifier(column);
                w.push(" = ");
                w.bind(value.clone());
            }
        }
        write_next_version(table, w);
        Ok(())
    }
}

/// Locks the rows that were found, so that they are the rows that are changed.
pub(crate) fn lock_rows(w: &mut Writer) {
    if w.engine.locks_rows() {
        w.push(" FOR UPDATE");
    }
}
