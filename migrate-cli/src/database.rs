//! What the verbs of the folder ask of a database.

use deadpool_postgres::Pool;
use migrate::cli::{Address, Failure, Options};
use migrate::{Engine, Error, Migrator, Report, Status, Version};
use rusqlite::types::Value;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::SimpleQueryMessage;

/// A database that is open.
pub(crate) enum Database {
    Postgres { pool: Pool, runtime: Runtime },
    Sqlite(rusqlite::Connection),
}

/// A row, each column as text.
pub(crate) type Row = Vec<Option<String>>;

impl Database {
    /// The database that the options or the environment name. A file that is not there is not created.
    pub(crate) fn open(options: &Options) -> Result<Database, Failure> {
        let (address, origin) = Address::find(options.database_url.as_deref())?;
        match &address {
            Address::Postgres(postgres) => {
                let runtime = Builder::new_current_thread().enable_all().build().map_err(asking)?;
                let pool = postgres.pool("cargo migrate")?;
                let connected = runtime.block_on(pool.get()).map_err(|error| {
                    let help = "check that the server runs, and that the address and the password are right";
                    Failure::new("connection", format!("cannot connect to {address} ({origin}): {error}"))
                        .help(help)
                });
                connected.map(|_| ())?;
                Ok(Database::Postgres { pool, runtime })
            }
            Address::Sqlite(file) if file.path().exists() => {
                rusqlite::Connection::open(file.path()).map(Database::Sqlite).map_err(asking)
            }
            _ => Err(Failure::new("no-database", format!("there is no database at {address} ({origin})"))
                .help("check the path")),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Database::Postgres { .. } => Engine::Postgres,
            Database::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// The rows that a statement returns. It may only read.
    pub(crate) fn rows(&mut self, sql: &str) -> Result<Vec<Row>, Failure> {
        match self {
            Database::Postgres { pool, runtime } => runtime.block_on(async {
                let client = pool.get().await.map_err(asking)?;
                let messages = client.simple_query(sql).await.map_err(asking)?;
                Ok(messages.iter().filter_map(postgres_row).collect())
            }),
            Database::Sqlite(connection) => sqlite_rows(connection, sql).map_err(asking),
        }
    }

    pub(crate) fn status(&mut self, migrator: &Migrator<'_>) -> Result<Status, Error> {
        match self {
            Database::Postgres { pool, runtime } => runtime.block_on(migrator.status(&*pool)),
            Database::Sqlite(connection) => migrator.status_blocking(connection),
        }
    }

    pub(crate) fn baseline(&mut self, migrator: &Migrator<'_>, version: Version) -> Result<Report, Error> {
        match self {
            Database::Postgres { pool, runtime } => runtime.block_on(migrator.baseline(&*pool, version)),
            Database::Sqlite(connection) => migrator.baseline_blocking(connection, version),
        }
    }
}

fn postgres_row(message: &SimpleQueryMessage) -> Option<Row> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
}

fn sqlite_rows(connection: &rusqlite::Connection, sql: &str) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let text = |value| match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text),
        Value::Blob(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
    };
    let rows =
        statement.query_map([], |row| (0..columns).map(|column| row.get(column).map(text)).collect())?;
    rows.collect()
}

/// What the database says; the source of a driver's error holds it.
fn asking(error: impl std::error::Error) -> Failure {
    let mut message = format!("asking the database: {error}");
    let mut source = error.source();
    while let Some(inner) = source {
        message += &format!(": {inner}");
        source = inner.source();
    }
    Failure::new("database", message)
}
