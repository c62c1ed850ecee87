//! A migrated SQLite database in memory, for one test.
//!
//! What comes in are the contents; what goes out is a copy of a template in memory, made by SQLite's backup, with a
//! name that every connection of the process can open: `file:/mt_orders_1?vfs=memdb`.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use migrate_core::Engine;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::contents::{BoxError, Contents};
use super::database::since_epoch;
use crate::migrator::Migrator;

/// A migrated SQLite database in memory, for one test.
///
/// An argument of the type `rusqlite::Connection` is a connection to it. Take this type to open others, in other
/// threads or with options of their own. Like every database in memory it has no WAL: while one connection is in a
/// transaction that wrote, the others cannot read.
///
/// ```
/// use migrate::testing::SqliteTestDatabase;
/// # use migrate::{MigrationSet, embed_migrations};
/// # static MIGRATIONS: MigrationSet = embed_migrations!("migrations", dialect = "sqlite");
///
/// #[migrate::test]
/// fn two_connections_see_the_same_rows(database: SqliteTestDatabase) -> rusqlite::Result<()> {
///     let (writer, reader) = (database.connect()?, database.connect()?);
///     writer.execute("INSERT INTO tenants VALUES ('b1', 'bakery')", [])?;
///     let tenants: i64 = reader.query_row("SELECT count(*) FROM tenants", [], |row| row.get(0))?;
///     assert_eq!(tenants, 1);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct SqliteTestDatabase(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    name: String,
    /// The database exists as long as this connection is open, even if the test closes its own.
    keeper: Mutex<Connection>,
}

impl SqliteTestDatabase {
    /// A copy of the template, which the first test of the process makes.
    pub(super) fn create(contents: Contents, hint: &str) -> Result<Self, BoxError> {
        contents.check(Engine::Sqlite)?;
        static TEMPLATES: Mutex<Option<HashMap<String, Connection>>> = Mutex::new(None);
        let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
        let templates = templates.get_or_insert_default();
        let key = contents.key()?;
        if !templates.contains_key(&key) {
            templates.insert(key.clone(), migrated(contents)?);
        }
        let name = unique_name(hint);
        let mut keeper = open(&name)?;
        let template = &templates[&key];
        // SQLite's own backup copies pages, which takes a fraction of the time that the migrations take.
        Backup::new(template, &mut keeper)?.step(-1)?;
        Ok(Self(Arc::new(Opened { name, keeper: Mutex::new(keeper) })))
    }

    /// Opens a connection to it.
    ///
    /// # Errors
    ///
    /// If SQLite is out of memory, or older than 3.36, which has no database in memory for several connections.
    pub fn connect(&self) -> rusqlite::Result<Connection> {
        open(&self.0.name)
    }

    /// The same database: it lives until the last value is dropped.
    pub(super) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Writes it to a file, and prints where that is.
    pub(super) fn keep(&self) {
        let keeper = self.0.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let file = env::temp_dir().join(format!("{}.sqlite", self.0.name));
        match write(&keeper, &file) {
            Ok(()) => eprintln!("test database kept: {}", file.display()),
            Err(error) => eprintln!("test database lost: cannot write it to {}: {error}", file.display()),
        }
    }
}

/// The template.
fn migrated(contents: Contents) -> Result<Connection, BoxError> {
    let mut connection = Connection::open_in_memory()?;
    if let Some(prepare) = contents.prepare()? {
        connection.execute_batch(prepare.sql()).map_err(|error| prepare.failed(&error.to_string()))?;
    }
    let migrator = Migrator::new(contents.set);
    match contents.up_to {
        Some(version) => migrator.migrate_to(&mut connection, version)?,
        None => migrator.migrate(&mut connection)?,
    };
    for seed in contents.seeds {
        connection.execute_batch(seed.sql).map_err(|error| seed.failed(&error, None))?;
    }
    Ok(connection)
}

/// Opens the database of this name. All connections of the process share it, without SQLite's shared cache and the
/// errors of that.
fn open(name: &str) -> rusqlite::Result<Connection> {
    if rusqlite::version_number() < 3_036_000 {
        let error = rusqlite::ffi::Error { code: ErrorCode::ApiMisuse, extended_code: 21 };
        let text = "databases of tests need SQLite 3.36, or the feature `sqlite-bundled` of migrate";
        return Err(rusqlite::Error::SqliteFailure(error, Some(text.to_owned())));
    }
    let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags)
}

/// A name that no other database of this machine has.
fn unique_name(hint: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let hint: String = hint.chars().map(plain).take(100).collect();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("mt_{hint}_{:x}_{:x}_{number:x}", since_epoch().as_micros(), process::id())
}

/// Writes the database to a file.
fn write(from: &Connection, to: &PathBuf) -> Result<(), BoxError> {
    let mut file = Connection::open(to)?;
    match Backup::new(from, &mut file)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err("a connection of the test is still at work in it".into()),
    }
}
