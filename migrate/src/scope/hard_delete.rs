use migrate_core::Engine;

use super::access::{Access, recorded};
use super::database::Database;
use super::error::Result;
use super::expression::Filter;
use super::sql::{Statement, Writer};
use super::table::Table;
use super::update::{Chosen, exactly_one};
use super::value::Parameter;

/// Takes rows out of the database at once, from [`Scope::hard_delete`](super::Scope::hard_delete).
///
/// It reaches live rows unless another set is asked for. What refers to them is for the foreign keys of the database.
#[derive(Clone, Debug)]
#[must_use = "a delete is sent by `execute` or `one`"]
pub struct HardDelete<S, T> {
    scope: S,
    chosen: Chosen<T>,
}

impl<S: Access, T: Table> HardDelete<S, T> {
    pub(crate) fn new(scope: S) -> HardDelete<S, T> {
        HardDelete { scope, chosen: Chosen::new() }
    }

    /// Only the rows for which this holds too.
    pub fn filter(mut self, filter: impl Into<Filter>) -> HardDelete<S, T> {
        self.chosen.filter(filter.into().node);
        self
    }

    /// The row with this primary key.
    pub fn key(mut self, key: impl Into<T::Key>) -> HardDelete<S, T> {
        self.chosen.key(key.into());
        self
    }

    /// Only if the row still has this version. If it has another, the answer is [`Error::Stale`](super::Error::Stale); if
    /// it is not there, or no longer, [`Error::NotFound`](super::Error::NotFound).
    pub fn if_version(mut self, version: i64) -> HardDelete<S, T> {
        self.chosen.version = Some(Parameter::new(version));
        self
    }

    /// Rows that are deleted softly too.
    pub fn with_deleted(mut self) -> HardDelete<S, T> {
        self.chosen.handle = self.chosen.handle.with_deleted();
        self
    }

    /// Rows that are deleted softly alone.
    pub fn only_deleted(mut self) -> HardDelete<S, T> {
        self.chosen.handle = self.chosen.handle.only_deleted();
        self
    }

    /// The SQL, to look at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](super::Error::Invalid)
    pub fn statement(&self, engine: Engine) -> Result<Statement> {
        let table = T::definition();
        let mut w = Writer::new(engine, self.scope.context());
        w.push("DELETE FROM ");
        w.target(table)?;
        self.chosen.write_where(&mut w)?;
        w.finish()
    }

    fn recorded(&self, engine: Engine) -> Result<Statement> {
        let statement = self.statement(engine)?.with_probe(self.chosen.probe(&self.scope, engine)?);
        recorded(&self.scope, "hard delete", Ok(statement))
    }

    /// Deletes the rows, and says how many they were.
    ///
    /// # Errors
    ///
    /// After [`if_version`](HardDelete::if_version), [`Error::Stale`](super::Error::Stale) and
    /// [`Error::NotFound`](super::Error::NotFound) where none was deleted.
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        database.execute(self.recorded(D::ENGINE), |rows| rows)
    }

    /// Deletes the only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound), [`Error::Stale`](super::Error::Stale), and [`Error::NotOne`](super::Error::NotOne) if there were more: they are deleted.
    pub fn one<D: Database>(self, database: D) -> D::Answer<()> {
        database.execute(self.recorded(D::ENGINE), |rows| exactly_one::<T>(rows?))
    }
}
