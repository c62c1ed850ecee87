use std::future::Future;

use migrate::schema::{Drift, Dump, Fingerprint};
use migrate::{Database, Dialect, Error, Migrator, Plan, Report, Status, Target, Verification, Version};

/// The rows that a query gives, each value as text and NULL as `NULL`.
pub type Rows = Vec<Vec<String>>;

/// The verbs of a migrator, each on the database of the sandbox, and awaited on every engine.
macro_rules! verbs {
    ($($verb:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {$(
        #[doc = concat!("[`Migrator::", stringify!($verb), "`]")]
        async fn $verb(&mut self, migrator: &Migrator<'_>, $($argument: $type),*) -> Result<$answer, Error> {
            Self::answered(migrator.$verb(self.for_verbs(), $($argument),*)).await
        }
    )*};
}

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

    /// What a verb of a migrator is given.
    type Verbs<'a>: Database
    where
        Self: 'a;

    /// An empty database.
    async fn create(hint: &str) -> Self;

    /// The same database for somebody else: with a connection of its own.
    async fn beside(&self) -> Self;

    /// The database, for the verbs of a migrator.
    fn for_verbs(&mut self) -> Self::Verbs<'_>;

    /// What a verb came to.
    async fn answered<'a, T: Send + 'a>(
        answer: <Self::Verbs<'a> as Database>::Answer<'a, T>,
    ) -> Result<T, Error>
    where
        Self: 'a;

    verbs! {
        status() -> Status;
        plan(target: Target) -> Plan;
        migrate() -> Report;
        migrate_to(version: Version) -> Report;
        rollback(steps: usize) -> Report;
        rollback_to(version: Version) -> Report;
        baseline(version: Version) -> Report;
        redo() -> Report;
        resolve_applied(version: Version) -> Report;
        resolve_rolled_back(version: Version) -> Report;
        repair() -> Report;
        verify() -> Verification;
        reset(name: &str) -> Report;
        fingerprint() -> Fingerprint;
        dump() -> Dump;
        drift() -> Drift;
        accept_drift() -> ();
    }

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
