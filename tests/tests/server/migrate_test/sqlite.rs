//! Tests on SQLite.

use std::thread;
use std::time::Duration;

use migrate::testing::SqliteTestDatabase;
use rusqlite::Connection;

use crate::migrate_test::{INSERT, Outcome, count_lite, sets};

#[migrate::test]
fn a_connection_leads_to_a_migrated_database(connection: Connection) {
    assert_eq!(count_lite(&connection), 0);
    connection.execute_batch(INSERT).unwrap();
}

#[migrate::test]
fn connections_lead_to_the_same_database(
    mut one: Connection,
    two: Connection,
    database: SqliteTestDatabase,
) -> Outcome {
    let transaction = one.transaction()?;
    transaction.execute_batch(INSERT)?;
    two.busy_timeout(Duration::ZERO)?;
    assert!(two.query_row("SELECT 1 FROM orders", [], |_| Ok(())).is_err(), "a writer is alone");
    transaction.commit()?;
    assert_eq!(count_lite(&two), 1);
    let other = database.connect()?;
    assert_eq!(thread::spawn(move || count_lite(&other)).join().unwrap(), 1);
    Ok(())
}

#[migrate::test(seed = "fixtures/seeds/orders.sql", up_to = 20251107100000)]
async fn seed_and_version_are_the_same_on_sqlite(connection: Connection) {
    assert_eq!(count_lite(&connection), 2);
    assert!(connection.prepare("SELECT note FROM orders").is_err());
}

#[migrate::test(sets::SQLITE)]
fn foreign_keys_are_as_in_any_connection(connection: Connection, database: SqliteTestDatabase) {
    let enforced = |connection: &Connection| -> bool {
        connection.query_row("PRAGMA foreign_keys", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(enforced(&connection), enforced(&Connection::open_in_memory().unwrap()));
    assert_eq!(enforced(&connection), enforced(&database.connect().unwrap()));
}
