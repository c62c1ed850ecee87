//! Statements on tables of the test's own making: for tests of what the library claims about statements.
//!
//! What comes in are the SQL of a setup and the SQL to observe; what goes out are [`StatementTrace`]s, without a
//! folder, a set or a history.

use std::fmt;

use deadpool_postgres::Pool;
use migrate_core::{Defaults, Dialect, Engine, MigrationSet, Script, Version, embedded};

use super::report::{MigrationTrace, StatementTrace};
use super::tracer::Tracer;
use crate::driver::{DatabaseError, Driver, Piece, Timeouts};
use crate::error::Error;

/// Statements on tables of the test's own making, without a set: for tests of what is known about statements.
///
/// It drops everything in the database.
#[doc(hidden)]
pub struct Scene {
    tracer: Tracer<'static>,
    /// The setup that the database holds.
    setup: Option<String>,
}

/// The driver wants a set: it looks up declared risks there.
static NO_SET: MigrationSet =
    embedded::set("scene", Dialect::Postgres, "", embedded::NO_MIGRATIONS, None, None, Defaults::NONE);

impl Scene {
    /// A scene in the database of `pool`, which it has to itself.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn open(pool: &Pool) -> Result<Scene, Error> {
        Ok(Scene { tracer: super::tracer(&NO_SET, Vec::new(), pool).await?, setup: None })
    }

    /// Runs the statements of `sql` in a transaction on the tables that `setup` makes, and rolls them back. With the
    /// setup of the previous call this takes a few milliseconds.
    ///
    /// # Errors
    ///
    /// If a statement fails.
    pub async fn trace(&mut self, setup: &str, sql: &str) -> Result<Vec<StatementTrace>, Error> {
        self.prepare(setup).await?;
        let script = Script::of_text(sql, Engine::Postgres, true);
        let whole = Piece::whole(&script, Timeouts::default());
        self.tracer.rehearse(&whole).await.map_err(failed)
    }

    /// Runs the statements of `sql` on their own: for those that refuse a transaction.
    ///
    /// # Errors
    ///
    /// If a statement fails.
    pub async fn trace_alone(&mut self, setup: &str, sql: &str) -> Result<Vec<StatementTrace>, Error> {
        self.prepare(setup).await?;
        self.setup = None;
        let script = Script::of_text(sql, Engine::Postgres, false);
        for statement in Piece::whole(&script, Timeouts::default()).statements() {
            self.tracer.run_alone(&statement, false, &mut |_| {}).await.map_err(failed)?;
        }
        Ok(self.tracer.take_trace().migrations.pop().map_or(Vec::new(), |migration| migration.statements))
    }

    /// Makes the setup, if the database does not hold it already.
    async fn prepare(&mut self, setup: &str) -> Result<(), Error> {
        if self.setup.as_deref() != Some(setup) {
            self.setup = None;
            self.tracer.wipe().await.map_err(failed)?;
            self.tracer.create(setup).await.map_err(failed)?;
            self.setup = Some(setup.to_owned());
        }
        self.tracer.take_trace();
        self.tracer.enter(MigrationTrace {
            version: Version::new(0).expect("the least version"),
            name: "scene".to_owned(),
            transaction: true,
            declared: None,
            statements: Vec::new(),
        });
        Ok(())
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene").field("setup", &self.setup).finish_non_exhaustive()
    }
}

fn failed(error: DatabaseError) -> Error {
    Error::database("a scene", error)
}
