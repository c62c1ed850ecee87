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

/// Takes rows out of the database that have been deleted softly for long enough, from
/// [`Scope::purge`](super::Scope::purge).
///
/// With a row go those below it that were deleted with it or hide with it, children first. A row stays as long as
/// anything else refers to it: a child that is not deleted or not for long enough, or that is declared `keep` or
/// `restrict`, or another tenant's.
///
/// What it leaves for that is in [`Purged::held`].
///
/// Each batch is a statement of its own on PostgreSQL, and a transaction on SQLite, unless there is one already.
#[derive(Clone, Debug)]
#[must_use = "a purge is sent by `execute`"]
pub struct Purge<S, T> {
    scope: S,
    chosen: Chosen<T>,
    older_than: Option<Duration>,
    batch: u64,
}

/// What a purge took out of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purged {
    /// How many rows of each table: of the table of the statement first.
    pub counts: Vec<(&'static str, u64)>,
    /// What stays although it has been deleted for long enough; empty where nothing does.
    pub held: Vec<Held>,
    /// How many rows of the table of the statement stay because a foreign key holds them for rows that are not seen
    /// here: under row-level security those of other tenants, or of a table that is not declared. After 1,000 of them the
    /// purge ends, with what it has done. On PostgreSQL alone: SQLite hides no rows.
    pub unseen: u64,
}

/// Rows that a purge would have taken, had nothing referred to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// How many they are. One that several tables hold counts for each.
    pub rows: u64,
    /// Where the rows are that refer to them.
    pub by: &'static str,
    /// Why these do not go along.
    pub because: Because,
}

/// Why rows that refer to others are not purged with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Because {
    /// They are not declared to go with them: `keep`, `restrict`, a tree, or a key without `on soft_delete`.
    TheyStay,
    /// They are not deleted, not for long enough, or held themselves; or they are another tenant's.
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

/// So many days, for [`Purge::older_than`].
pub const fn days(days: u32) -> Duration {
    Duration::from_secs(days as u64 * 86_400)
}

impl<S: Access, T: SoftDeletes> Purge<S, T> {
    pub(crate) fn new(scope: S) -> Purge<S, T> {
        Purge { scope, chosen: Chosen::new(), older_than: None, batch: 1000 }
    }

    /// How long rows stay in the trash, by the clock of the database. It has to be said.
    pub fn older_than(self, age: Duration) -> Purge<S, T> {
        Purge { older_than: Some(age), ..self }
    }

    /// How many rows of the table go at once; 1000 if nothing is said.
    pub fn batch(self, rows: u64) -> Purge<S, T> {
        Purge { batch: rows.max(1), ..self }
    }

    /// Only the rows for which this holds too.
    pub fn filter(mut self, filter: impl Into<Filter>) -> Purge<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// The row with this primary key.
    pub fn key(mut self, key: impl Into<T::Key>) -> Purge<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// The SQL of a batch on PostgreSQL, to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]
    pub fn statement(&self) -> Result<Statement> {
        self.family()?.statement()
    }

    fn family(&self) -> Result<Family<Removal>> {
        let age = self.older_than.ok_or(Error::Invalid(InvalidStatement::NoRetention))?;
        let levels = levels(T::definition(), goes_along);
        let kind = Removal { age, batch: self.batch, table: T::definition(), narrowed: None };
        let filter = self.chosen.filter.clone();
        let context = self.scope.context();
        Ok(Family { context, kind, filter, levels, obstacles: Vec::new(), probe: None })
    }

    /// Purges batch after batch until there is nothing left, and says what that took and what it could not take.
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

fn held(counts: &Counts, table: &'static Definition) -> Vec<Held> {
    let by = |(key, rows): (&'static ForeignKey, &i64)| Held {
        rows: rows.unsigned_abs(),
        by: key.child.name,
        because: if goes_along(key) { Because::TheyAreNotDue } else { Because::TheyStay },
    };
    table.children.iter().zip(&counts.held).map(by).filter(|held| held.rows > 0).collect()
}

/// A tree goes leaf by leaf, a batch for each height.
fn goes_along(key: &ForeignKey) -> bool {
    matches!(key.on_soft_delete, OnSoftDelete::Cascade | OnSoftDelete::HideWithParent) && !key.is_circular()
}

#[derive(Debug)]
pub(super) struct Removal {
    age: Duration,
    batch: u64,
    table: &'static Definition,
    narrowed: Option<Narrowed>,
}

/// How many rows a purge leaves out before it ends.
const MOST_SPARED: u64 = 1_000;

/// How a purge goes on after a foreign key has refused a batch: through the rows in the order of their key, past those
/// that stay.
#[derive(Clone, Copy, Debug)]
struct Narrowed {
    batch: u64,
    /// How many rows stay: the first ones in the order.
    spared: u64,
}

impl Removal {
    fn spared(&self) -> u64 {
        self.narrowed.map_or(0, |narrowed| narrowed.spared)
    }

    /// Whether the row, which goes by this alias, has been deleted for long enough.
    fn write_is_old(&self, alias: &str, deleted: &str, w: &mut Writer) {
        match w.engine {
            Engine::Postgres => {
                w.column(alias, deleted);
                w.push(" < now() - make_interval(secs => ");
                w.bind(Parameter::new(self.age.as_secs_f64()));
            }
            // Whatever form of time the column holds.
            Engine::Sqlite => {
                w.push("julianday(");
                w.column(alias, deleted);
                w.push(") < julianday('now', ");
                w.bind(Parameter::new(format!("-{} seconds", self.age.as_secs_f64())));
            }
        }
        w.push(")");
    }

    /// That the row is the scope's and has been deleted for long enough.
    fn write_is_due(&self, table: &Definition, w: &mut Writer) -> Result<()> {
        w.own_rows(table, " IS NOT NULL")?;
        if let Some(deleted) = table.deleted {
            w.push(" AND ");
            self.write_is_old(table.name, deleted, w);
        }
        Ok(())
    }

    /// That nothing refers to the row but what goes along with it. What refers may be another tenant's.
    fn write_is_free(&self, table: &'static Definition, alias: &str, depth: u64, w: &mut Writer) {
        for key in table.children {
            w.push(" AND NOT ");
            self.write_is_held(key, alias, depth, w);
        }
    }

    /// `EXISTS (…)`: a row that refers to it by this key, and does not go along.
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
            // NULL is not old.
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
                w.push(" OFFSET ");
                w.number(spared);
            }
        }
        if w.engine == Engine::Postgres {
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
