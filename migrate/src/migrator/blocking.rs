use std::task::{Context, Poll, Waker};

use migrate_core::{Drift, Dump, Fingerprint, Plan, Status, Target, Version};

use super::Migrator;
use crate::database::BlockingDatabase;
use crate::error::Error;
use crate::report::Report;
use crate::run::Run;
use crate::verification::Verification;

impl Migrator<'_> {
    /// As [`Migrator::status`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`].
    pub fn status_blocking(&self, database: impl BlockingDatabase) -> Result<Status, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.status())
    }

    /// As [`Migrator::plan`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::plan`].
    pub fn plan_blocking(&self, database: impl BlockingDatabase, target: Target) -> Result<Plan, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.plan(target))
    }

    /// As [`Migrator::migrate`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate`].
    pub fn migrate_blocking(&self, database: impl BlockingDatabase) -> Result<Report, Error> {
        self.run_blocking(database, Target::Latest)
    }

    /// As [`Migrator::migrate_to`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate_to`].
    pub fn migrate_to_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::UpTo(version))
    }

    /// As [`Migrator::rollback`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback`].
    pub fn rollback_blocking(&self, database: impl BlockingDatabase, steps: usize) -> Result<Report, Error> {
        self.run_blocking(database, Target::Down(steps))
    }

    /// As [`Migrator::rollback_to`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback_to`].
    pub fn rollback_to_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::DownTo(version))
    }

    /// As [`Migrator::redo`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::redo`].
    pub fn redo_blocking(&self, database: impl BlockingDatabase) -> Result<Report, Error> {
        self.run_blocking(database, Target::Redo)
    }

    /// As [`Migrator::baseline`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::baseline`].
    pub fn baseline_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::Baseline(version))
    }

    /// As [`Migrator::resolve_applied`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_applied`].
    pub fn resolve_applied_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::ResolveApplied(version))
    }

    /// As [`Migrator::resolve_rolled_back`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_rolled_back`].
    pub fn resolve_rolled_back_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::ResolveRolledBack(version))
    }

    /// As [`Migrator::resolve_statement_done`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_statement_done`].
    pub fn resolve_statement_done_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::StatementDone(version))
    }

    /// As [`Migrator::resolve_statement_undone`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::resolve_statement_undone`].
    pub fn resolve_statement_undone_blocking(
        &self,
        database: impl BlockingDatabase,
        version: Version,
    ) -> Result<Report, Error> {
        self.run_blocking(database, Target::StatementUndone(version))
    }

    /// As [`Migrator::repair`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::repair`].
    pub fn repair_blocking(&self, database: impl BlockingDatabase) -> Result<Report, Error> {
        self.run_blocking(database, Target::Repair)
    }

    /// As [`Migrator::verify`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::verify`].
    pub fn verify_blocking(&self, database: impl BlockingDatabase) -> Result<Verification, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.verify())
    }

    /// As [`Migrator::fingerprint`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::fingerprint`].
    pub fn fingerprint_blocking(&self, database: impl BlockingDatabase) -> Result<Fingerprint, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.fingerprint())
    }

    /// As [`Migrator::dump`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::dump`].
    pub fn dump_blocking(&self, database: impl BlockingDatabase) -> Result<Dump, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.dump())
    }

    /// As [`Migrator::drift`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::drift`].
    pub fn drift_blocking(&self, database: impl BlockingDatabase) -> Result<Drift, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.drift())
    }

    /// As [`Migrator::accept_drift`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::accept_drift`].
    pub fn accept_drift_blocking(&self, database: impl BlockingDatabase) -> Result<(), Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.accept_drift())
    }

    /// As [`Migrator::reset`], for SQLite.
    ///
    /// # Errors
    ///
    /// As [`Migrator::reset`].
    pub fn reset_blocking(&self, database: impl BlockingDatabase, name: &str) -> Result<Report, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.reset(name))
    }

    pub(crate) fn run_blocking(
        &self,
        database: impl BlockingDatabase,
        target: Target,
    ) -> Result<Report, Error> {
        let mut driver = database.open()?;
        finished(Run::new(self, &mut driver)?.run(target))
    }
}

/// The result of a future over a blocking driver, which never waits: it is there at the first poll.
pub(crate) fn finished<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a blocking driver has nothing to wait for"),
    }
}
