use std::future::Future;

use migrate::schema::{Drift, Fingerprint};
use migrate::{Dialect, Error, Migrator, Plan, Report, Status, Target, Verification, Version};

/// The rows that a query gives, each value as text and NULL as `NULL`.
pub type Rows = Vec<Vec<String>>;

/// A fresh database of one engine, and the verbs on it.
#[expect(async_fn_in_trait, reason = "no case needs to send a future to another thread")]
pub trait Sandbox: Sized {
    /// The dialect of the engine.
    const DIALECT: Dialect;
    /// The code of a syntax error.
    const SYNTAX_ERROR: &'static str;
    /// The code of a value that a primary key holds already.
    const DUPLICATE_KEY: &'static str;
    /// The code of a reference to a row that does not exist.
    const FOREIGN_KEY: &'static str;
    /// A statement that the engine refuses in a transaction, on a table `box` with a column `label`.
    const ALONE: &'static str;

    /// An empty database.
    async fn create(hint: &str) -> Self;

    /// The same database for somebody else: with a connection of its own.
    async fn beside(&self) -> Self;

    /// [`Migrator::status`]
    async fn status(&mut self, migrator: &Migrator<'_>) -> Result<Status, Error>;

    /// [`Migrator::plan`]
    async fn plan(&mut self, migrator: &Migrator<'_>, target: Target) -> Result<Plan, Error>;

    /// [`Migrator::migrate`]
    async fn migrate(&mut self, migrator: &Migrator<'_>) -> Result<Report, Error>;

    /// [`Migrator::migrate_to`]
    async fn migrate_to(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error>;

    /// [`Migrator::rollback`]
    async fn rollback(&mut self, migrator: &Migrator<'_>, steps: usize) -> Result<Report, Error>;

    /// [`Migrator::rollback_to`]
    async fn rollback_to(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error>;

    /// [`Migrator::baseline`]
    async fn baseline(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error>;

    /// [`Migrator::redo`]
    async fn redo(&mut self, migrator: &Migrator<'_>) -> Result<Report, Error>;

    /// [`Migrator::resolve_applied`]
    async fn resolve_applied(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error>;

    /// [`Migrator::resolve_rolled_back`]
    async fn resolve_rolled_back(
        &mut self,
        migrator: &Migrator<'_>,
        version: Version,
    ) -> Result<Report, Error>;

    /// [`Migrator::repair`]
    async fn repair(&mut self, migrator: &Migrator<'_>) -> Result<Report, Error>;

    /// [`Migrator::verify`]
    async fn verify(&mut self, migrator: &Migrator<'_>) -> Result<Verification, Error>;

    /// [`Migrator::reset`]
    async fn reset(&mut self, migrator: &Migrator<'_>, name: &str) -> Result<Report, Error>;

    /// [`Migrator::fingerprint`]
    async fn fingerprint(&mut self, migrator: &Migrator<'_>) -> Result<Fingerprint, Error>;

    /// [`Migrator::drift`]
    async fn drift(&mut self, migrator: &Migrator<'_>) -> Result<Drift, Error>;

    /// [`Migrator::accept_drift`]
    async fn accept_drift(&mut self, migrator: &Migrator<'_>) -> Result<(), Error>;

    /// The name of the database, as [`Migrator::reset`] wants it.
    async fn name(&mut self) -> String;

    /// Runs SQL that gives no rows.
    async fn execute(&mut self, sql: &str);

    /// The rows of a query.
    async fn rows(&mut self, sql: &str) -> Rows;

    /// Everything in the database but its rows and the history, as text.
    async fn schema(&mut self) -> String;

    /// Both tables of the history, complete.
    fn records(&mut self) -> impl Future<Output = (Rows, Rows)> {
        async {
            let history = self.rows("SELECT * FROM migrate_history ORDER BY set_name, version").await;
            (history, self.rows("SELECT * FROM migrate_log ORDER BY id").await)
        }
    }

    /// Version and state of each row of the history.
    fn history(&mut self) -> impl Future<Output = Vec<String>> {
        async { self.column("SELECT version || ' ' || state FROM migrate_history ORDER BY version").await }
    }

    /// Action and version of each row of the log.
    fn log(&mut self) -> impl Future<Output = Vec<String>> {
        async { self.column("SELECT action || ' ' || version FROM migrate_log ORDER BY id").await }
    }

    /// The tables that are not the history's, in the order of their names.
    async fn tables(&mut self) -> Vec<String>;

    /// The first column of a query.
    fn column(&mut self, sql: &str) -> impl Future<Output = Vec<String>> {
        async { self.rows(sql).await.into_iter().map(|mut row| row.swap_remove(0)).collect() }
    }
}
