use migrate_core::Engine;

use super::access::Access;
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

    /// Only if the row still has this version; if none has, the answer is [`Error::Stale`](super::Error::Stale).
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
        let mut w = Writer::new(engine, self.scope.context());
        w.push("DELETE FROM ");
        w.target(T::definition());
        self.chosen.write_where(&mut w)?;
        Ok(w.finish())
    }

    fn recorded(&self, engine: Engine) -> Result<Statement> {
        self.scope.record("hard delete", T::definition().name)?;
        self.statement(engine)
    }

    /// Deletes the rows, and says how many they were.
    ///
    /// # Errors
    ///
    /// [`Error::Stale`](super::Error::Stale)
    pub fn execute<D: Database>(self, database: D) -> D::Answer<u64> {
        let is_versioned = self.chosen.version.is_some();
        let statement = self.recorded(D::ENGINE);
        database.execute(statement, move |rows| Chosen::<T>::reached(is_versioned, rows?))
    }

    /// Deletes the only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](super::Error::NotFound), [`Error::Stale`](super::Error::Stale), and [`Error::NotOne`](super::Error::NotOne) if there were more: they are deleted.
    pub fn one<D: Database>(self, database: D) -> D::Answer<()> {
        let is_versioned = self.chosen.version.is_some();
        let statement = self.recorded(D::ENGINE);
        database.execute(statement, move |rows| exactly_one::<T>(Chosen::<T>::reached(is_versioned, rows?)?))
    }
}
