//! The verb that empties the trash: rows that were deleted softly long enough ago are removed for good.
//!
//! What comes in is a scope, a table and an age: `bakery.purge(customers).older_than(days(30))`. What goes out is a
//! [`Family`] of due rows, removed in batches, children first; and from the answers a [`Purged`],
//! `Purged { counts: [("customers", 1), ("orders", 2)], held: [], unseen: 0 }`. A row stays as long as anything
//! refers to it that does not go with it.

use std::fmt;
use std::time::Duration;

use migrate_core::Engine;

use super::access::Access;
use super::database::Database;
use super::error::{Error, InvalidStatement, Result};
use super::expression::Filter;
use super::family::{Counts, Family, Kind, Level, levels, recorded};
use super::sql::{Statement, Writer};
use super::table::{Definition, ForeignKey, OnSoftDelete, SoftDeletes};
use super::update::Chosen;
use super::value::Parameter;

/// Removes rows for good that were deleted softly long enough ago, from [`Scope::purge`](super::Scope::purge).
///
/// With a row go the rows below it that were deleted with it or hide with it, children first. A row stays as long as
/// anything else refers to it: a child that is not deleted, or not long enough ago; one that is declared `keep` or
/// `restrict`; or a row of another tenant. [`Purged::held`] says which rows stayed for such a reason.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// bakery.soft_delete(customers).key(1).one(&db)?;
///
/// let early = bakery.purge(customers).older_than(days(30)).execute(&db)?;
/// assert_eq!(early.counts, [("customers", 0), ("orders", 0)]);   // they have been there for a moment
/// # std::thread::sleep(std::time::Duration::from_millis(5));
///
/// let purged = bakery.purge(customers).older_than(days(0)).execute(&db)?;
/// assert_eq!(purged.counts, [("customers", 1), ("orders", 2)]);
/// assert!(purged.held.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// On PostgreSQL each batch is a statement and a round trip; the last one finds nothing. One more counts what is
/// held, if other tables refer to this one. On SQLite each batch is a transaction, unless one is open. Rows that
/// another transaction has locked are skipped.
///
/// # Errors
///
/// The [errors of every statement](super::Database#errors), and [`Error::StillReferenced`] in a transaction of the
/// caller's.
#[derive(Clone, Debug)]
#[must_use = "a purge is sent by `execute`"]
pub struct Purge<S, T> {
    scope: S,
    chosen: Chosen<T>,
    older_than: Option<Duration>,
    batch: u64,
}

/// The rows that a purge removed, and those that it had to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purged {
    /// The number of removed rows of each table, the table of the statement first.
    pub counts: Vec<(&'static str, u64)>,
    /// The rows that stay although they were deleted long enough ago; empty if there are none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// bakery.soft_delete(customers).key(1).one(&db)?;
    /// bakery.restore(orders).key(1).execute(&db).unwrap_err();   // it cannot be live without her …
    /// db.execute("UPDATE orders SET deleted_at = NULL WHERE id = 1", [])?;   // … but SQL by hand made it so
    /// # std::thread::sleep(std::time::Duration::from_millis(5));
    ///
    /// let purged = bakery.purge(customers).older_than(days(0)).execute(&db)?;
    /// assert_eq!(purged.counts[0], ("customers", 0));
    /// assert_eq!(
    ///     purged.held[0].to_string(),
    ///     "1 rows are held by rows of orders, which are not deleted, or not for long enough",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub held: Vec<Held>,
    /// The number of rows of the statement's table that stay because a foreign key holds them for rows that are not
    /// visible here: under row-level security those of other tenants, or of a table that is not declared.
    ///
    /// After 1,000 of them the purge ends with what it has done. Always 0 on SQLite, which hides no rows.
    pub unseen: u64,
}

/// Rows that a purge would have removed, had nothing referred to them. It displays as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// Their number. A row that several tables hold counts for each of them.
    pub rows: u64,
    /// The table whose rows refer to them.
    pub by: &'static str,
    /// Why the rows that refer to them do not go with them.
    pub because: Because,
}

/// Why rows that refer to others are not purged with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Because {
    /// They are not declared to go with them: `keep`, `restrict`, a tree, or a key without `on soft_delete`.
    TheyStay,
    /// They are not deleted, or not long enough ago, or are held themselves; or they belong to another tenant.
    TheyAreNotDue,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Held { rows, by, because } = self;
        let why = match because {
            Because::TheyStay => "which are not declared to go with them",
            Because::TheyAreNotDue => "which are not deleted, or not for long enough",
        };
        write!(f, "{rows} rows are held by rows of {by}, {why}")
    }
}

/// A number of days of 24 hours, for [`Purge::older_than`].
///
/// ```
/// use migrate::scope::days;
///
/// assert_eq!(days(2).as_secs(), 172_800);
/// ```
pub const fn days(days: u32) -> Duration {
    Duration::from_secs(days as u64 * 86_400)
}

impl<S: Access, T: SoftDeletes> Purge<S, T> {
    /// All due rows, 1000 at a time.
    pub(crate) fn new(scope: S) -> Purge<S, T> {
        Purge { scope, chosen: Chosen::new(), older_than: None, batch: 1000 }
    }

    /// Says how long rows stay in the trash, by the clock of the database. Without it nothing is sent:
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let refused = bakery.purge(orders).execute(&db);
    /// assert!(matches!(refused, Err(Error::Invalid(InvalidStatement::NoRetention))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn older_than(self, age: Duration) -> Purge<S, T> {
        Purge { older_than: Some(age), ..self }
    }

    /// Sets how many rows of the table one batch removes; 1000 by default. The rows below them come on top.
    ///
    /// A smaller batch holds its locks for a shorter time.
    pub fn batch(self, rows: u64) -> Purge<S, T> {
        Purge { batch: rows.max(1), ..self }
    }

    /// Purges only the rows that fulfil this condition as well.
    pub fn filter(mut self, filter: impl Into<Filter>) -> Purge<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// Purges only the row with this primary key.
    pub fn key(mut self, key: impl Into<T::Key>) -> Purge<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// The SQL of a batch on PostgreSQL, without sending it. SQLite gets several statements.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], as when it is sent.
    pub fn statement(&self) -> Result<Statement> {
        self.family()?.statement()
    }

    /// The due rows with those below them.
    fn family(&self) -> Result<Family<Removal>> {
        // A default age would delete what someone wanted to keep.
        let age = self.older_than.ok_or(Error::Invalid(InvalidStatement::NoRetention))?;
        let levels = levels(T::definition(), goes_along);
        let kind = Removal { age, batch: self.batch, table: T::definition(), narrowed: None };
        let filter = self.chosen.filter.clone();
        let context = self.scope.context();
        Ok(Family { context, kind, filter, levels, obstacles: Vec::new(), probe: None })
    }

    /// Purges batch after batch until nothing is left, and returns what that removed and what it could not remove.
    ///
    /// # Errors
    ///
    /// [`Error::StillReferenced`] if the purge runs in the caller's transaction and a foreign key refuses a batch for
    /// a row that is not visible here: PostgreSQL has then given up the transaction. Outside of one such a row is
    /// left out.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<Purged> {
        let family = recorded(&self.scope, "purge", D::ENGINE, self.family());
        database.family(family, |counts, family| {
            let counts = counts?;
            Ok(Purged {
                counts: counts.by_table(family),
                held: held(&counts, T::definition()),
                unseen: family.kind.spared(),
            })
        })
    }
}

/// What is held, from the numbers of the last statement.
fn held(counts: &Counts, table: &'static Definition) -> Vec<Held> {
    let by = |(key, rows): (&'static ForeignKey, &i64)| Held {
        rows: rows.unsigned_abs(),
        by: key.child.name,
        because: if goes_along(key) { Because::TheyAreNotDue } else { Because::TheyStay },
    };
    table.children.iter().zip(&counts.held).map(by).filter(|held| held.rows > 0).collect()
}

/// Whether the children go with their parents. A tree is removed leaf by leaf, with a batch for each height.
fn goes_along(key: &ForeignKey) -> bool {
    matches!(key.on_soft_delete, OnSoftDelete::Cascade | OnSoftDelete::HideWithParent) && !key.is_circular()
}

/// What a purge removes: rows of this age, in batches.
#[derive(Debug)]
pub(super) struct Removal {
    age: Duration,
    batch: u64,
    table: &'static Definition,
    narrowed: Option<Narrowed>,
}

/// The number of rows that a purge leaves out before it ends.
const MOST_SPARED: u64 = 1_000;

/// How a purge continues after a foreign key has refused a batch: through the rows in the order of their key, past
/// those that stay.
#[derive(Clone, Copy, Debug)]
struct Narrowed {
    batch: u64,
    /// The number of rows that stay: the first ones in the order.
    spared: u64,
}

impl Removal {
    fn spared(&self) -> u64 {
        self.narrowed.map_or(0, |narrowed| narrowed.spared)
    }

    /// That the row, which goes by this alias, was deleted long enough ago.
    fn write_is_old(&self, alias: &str, deleted: &str, w: &mut Writer) {
        match w.engine {
            Engine::Postgres => {
                w.column(alias, deleted);
                // The clock of the database: application servers disagree about the time.
                w.push(" < now() - make_interval(secs => ");
                w.bind(Parameter::new(self.age.as_secs_f64()));
            }
            // `julianday` reads every form of time that SQLite knows, so it does not matter which one the column
            // holds.
            Engine::Sqlite => {
                w.push("julianday(");
                w.column(alias, deleted);
                w.push(") < julianday('now', ");
                w.bind(Parameter::new(format!("-{} seconds", self.age.as_secs_f64())));
            }
        }
        w.push(")");
    }

    /// That the row is the scope's and was deleted long enough ago.
    fn write_is_due(&self, table: &Definition, w: &mut Writer) -> Result<()> {
        w.own_rows(table, " IS NOT NULL")?;
        if let Some(deleted) = table.deleted {
            w.push(" AND ");
            self.write_is_old(table.name, deleted, w);
        }
        Ok(())
    }

    /// That nothing refers to the row but what goes with it. Children of all tenants count: they only ever keep a
    /// row.
    fn write_is_free(&self, table: &'static Definition, alias: &str, depth: u64, w: &mut Writer) {
        for key in table.children {
            w.push(" AND NOT ");
            self.write_is_held(key, alias, depth, w);
        }
    }

    /// `EXISTS (…)`: a row that refers to it by this key, and does not go with it.
    fn write_is_held(&self, key: &'static ForeignKey, alias: &str, depth: u64, w: &mut Writer) {
        w.push("EXISTS (SELECT 1 FROM ");
        w.witness(key.child);
        let child = format!("migrate_child_{depth}");
        w.push(" AS ");
        w.identifier(&child);
        w.push(" WHERE ");
        let columns = key.columns.iter().zip(key.parent_columns);
        w.separated(" AND ", columns, |w, (column, parent_column)| {
            w.column(&child, column);
            w.push(" = ");
            w.column(alias, parent_column);
        });
        if goes_along(key) {
            w.push(" AND NOT (");
            self.write_goes_along(key, &child, alias, depth, w);
            w.push(")");
        }
        w.push(")");
    }

    /// That a child goes with its parent: it is the same tenant's, due as well, and free itself.
    fn write_goes_along(
        &self,
        key: &'static ForeignKey,
        child: &str,
        parent: &str,
        depth: u64,
        w: &mut Writer,
    ) {
        w.push("TRUE");
        w.and_same_tenant([child, parent], [key.child, key.parent]);
        if let (OnSoftDelete::Cascade, Some(deleted)) = (key.on_soft_delete, key.child.deleted) {
            // A child that is not deleted has NULL here, and NULL is not old.
            w.push(" AND coalesce(");
            self.write_is_old(child, deleted, w);
            w.push(", FALSE)");
        }
        self.write_is_free(key.child, child, depth + 1, w);
    }
}

impl Kind for Removal {
    fn write_rows(&self, level: &Level, is_first: bool, w: &mut Writer) -> Result<()> {
        if is_first {
            self.write_is_due(level.table, w)?;
            self.write_is_free(level.table, level.table.name, 0, w);
            Ok(())
        } else {
            w.own_rows(level.table, "")
        }
    }

    fn write_still(&self, level: &Level, w: &mut Writer) -> Result<()> {
        w.own_rows(level.table, "")
    }

    fn holding(&self, level: &Level) -> &'static [ForeignKey] {
        level.table.children
    }

    fn write_held_by(&self, key: &'static ForeignKey, level: &Level, w: &mut Writer) -> Result<()> {
        self.write_is_due(level.table, w)?;
        w.push(" AND ");
        self.write_is_held(key, level.table.name, 0, w);
        Ok(())
    }

    fn shared_column(&self, _: &'static Definition) -> Option<&'static str> {
        None
    }

    fn write_end(&self, w: &mut Writer) {
        match self.narrowed {
            None => {
                w.push(" LIMIT ");
                w.number(self.batch);
            }
            Some(Narrowed { batch, spared }) => {
                w.push(" ORDER BY ");
                w.separated(", ", self.table.key, |w, column| w.column(self.table.name, column));
                w.push(" LIMIT ");
                w.number(batch);
                // Past the rows that stay. The order of the key is stable, and the rows before are not removed.
                w.push(" OFFSET ");
                w.number(spared);
            }
        }
        if w.engine.locks_rows() {
            // Two purges at once share the work instead of waiting for each other.
            w.push(" FOR UPDATE SKIP LOCKED");
        }
    }

    fn write_change(&self, level: &Level, w: &mut Writer) -> Result<()> {
        w.push("DELETE FROM ");
        w.target(level.table)
    }

    fn batch(&self) -> Option<u64> {
        Some(self.batch)
    }

    fn spare(&mut self) -> bool {
        let Narrowed { batch, spared } = self.narrowed.unwrap_or(Narrowed { batch: self.batch, spared: 0 });
        // The batch is halved until the one row is found that is held. Nothing has to be known about what holds it:
        // the foreign key says so.
        self.narrowed = Some(match batch {
            1 => Narrowed { batch, spared: spared + 1 },
            more => Narrowed { batch: more / 2, spared },
        });
        true
    }

    fn has_spared_enough(&self) -> bool {
        self.spared() >= MOST_SPARED
    }

    fn go_on_after_spared(&mut self) -> bool {
        if let Some(narrowed) = &mut self.narrowed {
            narrowed.batch = (narrowed.batch * 2).min(self.batch);
        }
        self.narrowed.is_some()
    }

    fn is_children_first(&self) -> bool {
        true
    }
}
