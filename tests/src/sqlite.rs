use std::path::Path;
use std::sync::Arc;

use migrate::{Database, Dialect, Error};
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

    type Verbs<'a> = &'a mut Connection;

    async fn create(_hint: &str) -> SqliteFile {
        SqliteFile::open(Arc::new(tempfile::tempdir().unwrap()))
    }

    async fn beside(&self) -> SqliteFile {
        SqliteFile::open(Arc::clone(&self.directory))
    }

    fn for_verbs(&mut self) -> &mut Connection {
        &mut self.connection
    }

    async fn answered<'a, T: Send + 'a>(
        answer: <&'a mut Connection as Database>::Answer<'a, T>,
    ) -> Result<T, Error> {
        answer
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
