use std::path::Path;
use std::sync::Arc;

use migrate::schema::{Drift, Fingerprint};
use migrate::{Dialect, Error, Migrator, Plan, Report, Status, Target, Verification, Version};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;

use crate::{Rows, Sandbox};

/// A SQLite file, with foreign keys on, as applications have it.
#[derive(Debug)]
pub struct SqliteFile {
    connection: Connection,
    directory: Arc<TempDir>,
}

impl SqliteFile {
    fn open(directory: Arc<TempDir>) -> SqliteFile {
        let connection = Connection::open(directory.path().join("app.db")).unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        SqliteFile { connection, directory }
    }

    /// The connection.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The connection, for statements that need not have it alone.
    pub fn shared_connection(&self) -> &Connection {
        &self.connection
    }

    /// The directory of the file.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Sandbox for SqliteFile {
    const DIALECT: Dialect = Dialect::Sqlite;
    const SYNTAX_ERROR: &'static str = "1";
    const DUPLICATE_KEY: &'static str = "1555";
    const FOREIGN_KEY: &'static str = "787";
    const ALONE: &'static str = "VACUUM";

    async fn create(_hint: &str) -> SqliteFile {
        SqliteFile::open(Arc::new(tempfile::tempdir().unwrap()))
    }

    async fn beside(&self) -> SqliteFile {
        SqliteFile::open(Arc::clone(&self.directory))
    }

    async fn status(&mut self, migrator: &Migrator<'_>) -> Result<Status, Error> {
        migrator.status_blocking(&mut self.connection)
    }

    async fn plan(&mut self, migrator: &Migrator<'_>, target: Target) -> Result<Plan, Error> {
        migrator.plan_blocking(&mut self.connection, target)
    }

    async fn migrate(&mut self, migrator: &Migrator<'_>) -> Result<Report, Error> {
        migrator.migrate_blocking(&mut self.connection)
    }

    async fn migrate_to(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error> {
        migrator.migrate_to_blocking(&mut self.connection, version)
    }

    async fn rollback(&mut self, migrator: &Migrator<'_>, steps: usize) -> Result<Report, Error> {
        migrator.rollback_blocking(&mut self.connection, steps)
    }

    async fn rollback_to(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error> {
        migrator.rollback_to_blocking(&mut self.connection, version)
    }

    async fn baseline(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error> {
        migrator.baseline_blocking(&mut self.connection, version)
    }

    async fn redo(&mut self, migrator: &Migrator<'_>) -> Result<Report, Error> {
        migrator.redo_blocking(&mut self.connection)
    }

    async fn resolve_applied(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error> {
        migrator.resolve_applied_blocking(&mut self.connection, version)
    }

    async fn resolve_rolled_back(
        &mut self,
        migrator: &Migrator<'_>,
        version: Version,
    ) -> Result<Report, Error> {
        migrator.resolve_rolled_back_blocking(&mut self.connection, version)
    }

    async fn repair(&mut self, migrator: &Migrator<'_>) -> Result<Report, Error> {
        migrator.repair_blocking(&mut self.connection)
    }

    async fn verify(&mut self, migrator: &Migrator<'_>) -> Result<Verification, Error> {
        migrator.verify_blocking(&mut self.connection)
    }

    async fn reset(&mut self, migrator: &Migrator<'_>, name: &str) -> Result<Report, Error> {
        migrator.reset_blocking(&mut self.connection, name)
    }

    async fn fingerprint(&mut self, migrator: &Migrator<'_>) -> Result<Fingerprint, Error> {
        migrator.fingerprint_blocking(&mut self.connection)
    }

    async fn drift(&mut self, migrator: &Migrator<'_>) -> Result<Drift, Error> {
        migrator.drift_blocking(&mut self.connection)
    }

    async fn accept_drift(&mut self, migrator: &Migrator<'_>) -> Result<(), Error> {
        migrator.accept_drift_blocking(&mut self.connection)
    }

    async fn name(&mut self) -> String {
        self.connection.path().unwrap().to_owned()
    }

    async fn execute(&mut self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }

    async fn rows(&mut self, sql: &str) -> Rows {
        select(&self.connection, sql)
    }

    async fn schema(&mut self) -> String {
        schema_of(&self.connection)
    }

    async fn tables(&mut self) -> Vec<String> {
        let tables =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'migrate\\_%' ESCAPE '\\'
                      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
        self.column(tables).await
    }
}

/// The rows of a query, as text.
pub fn select(connection: &Connection, sql: &str) -> Rows {
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    };
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let columns = statement.column_count();
    let rows =
        statement.query_map([], |row| (0..columns).map(|i| row.get_ref(i).map(text)).collect()).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The statements that made the tables, indexes, views and triggers: SQLite keeps them, and rewrites them when
/// something is altered, with the white space as it comes, and quotes around the name of what was renamed.
pub fn schema_of(connection: &Connection) -> String {
    let objects = "SELECT type, name, tbl_name, sql FROM sqlite_schema
                   WHERE tbl_name NOT LIKE 'migrate\\_%' ESCAPE '\\' ORDER BY type, name";
    let line =
        |row: Vec<String>| row.join(" ").replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ");
    select(connection, objects).into_iter().map(line).collect::<Vec<_>>().join("\n")
}
