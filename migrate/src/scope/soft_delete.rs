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
/// It takes the children with it whose foreign keys say `on soft_delete cascade`, and theirs, and is refused where live
/// children are declared `restrict`. Every row is stamped with the same operation, by which
/// [`restore`](super::Scope::restore) takes back exactly what it took. A row that is deleted already keeps its time.
///
/// On PostgreSQL it is one statement, on SQLite a transaction or a savepoint in the one that is there. A child that
/// another transaction is adding at the same moment is not seen.
#[derive(Clone, Debug)]
#[must_use = "a soft delete is sent by `execute` or `one`"]
pub struct SoftDelete<S, T> {
    scope: S,
    chosen: Chosen<T>,
    reason: Option<String>,
}

/// What a soft delete took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// The operation, for [`Restore::op`](super::Restore::op).
    pub op: Uuid,
    /// How many rows of each table: of the table of the statement first.
    pub counts: Vec<(&'static str, u64)>,
}

impl<S: Access, T: SoftDeletes> SoftDelete<S, T> {
    pub(crate) fn new(scope: S) -> SoftDelete<S, T> {
        SoftDelete { scope, chosen: Chosen::new(), reason: None }
    }

    /// Only the rows for which this holds too.
    pub fn filter(mut self, filter: impl Into<Filter>) -> SoftDelete<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// The row with this primary key.
    pub fn key(mut self, key: impl Into<T::Key>) -> SoftDelete<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// Only if the row still has this version. If it has another, the answer is [`Error::Stale`]; if it is not there, or
    /// no longer, [`Error::NotFound`].
    pub fn if_version(mut self, version: i64) -> SoftDelete<S, T> {
        self.chosen.version = Some(Parameter::new(version));
        self
    }

    /// Why, for the `reason` column.
    pub fn reason(self, reason: impl Into<String>) -> SoftDelete<S, T> {
        SoftDelete { reason: Some(reason.into()), ..self }
    }

    /// The SQL on PostgreSQL, to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]
    pub fn statement(&self) -> Result<Statement> {
        self.family(Uuid::nil(), Engine::Postgres)?.statement()
    }

    fn family(&self, op: Uuid, engine: Engine) -> Result<Family<Stamp>> {
        let definition = T::definition();
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

    fn recorded(&self, op: Uuid, engine: Engine) -> Result<Family<Stamp>> {
        recorded(&self.scope, "soft delete", engine, self.family(op, engine))
    }

    /// Deletes the rows, and says what that took. None is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Restricted`]; and after [`if_version`](SoftDelete::if_version), [`Error::Stale`] and
    /// [`Error::NotFound`] where none was deleted.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<Deleted> {
        let op = Uuid::new_v4();
        database.family(self.recorded(op, D::ENGINE), move |counts, family| deleted(op, &counts?, family))
    }

    /// Deletes the only row, and says what that took.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Restricted`], [`Error::Stale`], and [`Error::NotOne`] if there were more: they are
    /// deleted.
    pub fn one<D: Database>(self, database: D) -> D::Answer<Deleted> {
        let op = Uuid::new_v4();
        database.family(self.recorded(op, D::ENGINE), move |counts, family| {
            let counts = counts?;
            let deleted = deleted(op, &counts, family)?;
            exactly_one::<T>(counts.chosen())?;
            Ok(deleted)
        })
    }
}

fn deleted(op: Uuid, counts: &Counts, family: &Family<Stamp>) -> Result<Deleted> {
    let table = family.levels[0].table.name;
    match counts.obstacle(&family.obstacles) {
        Some((obstacle, rows)) => Err(Error::Restricted { table, child: obstacle.key.child.name, rows }),
        None => Ok(Deleted { op, counts: counts.by_table(family) }),
    }
}

/// When, by whom, why and by which operation rows are deleted.
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

/// So that what was found is what is changed.
pub(crate) fn lock_rows(w: &mut Writer) {
    if w.engine == Engine::Postgres {
        w.push(" FOR UPDATE");
    }
}
