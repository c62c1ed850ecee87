//! What only PostgreSQL has: sessions, schemas, limits, and futures that are dropped.

mod alone;
mod cut;
mod dialect;
mod format;
mod history;
mod kept;
mod limits;
mod message;
mod no_transaction;
mod reset;
mod rights;
mod session;
mod swallowed;
mod transaction;
mod verify;

use std::time::{Duration, Instant};

use migrate::Dialect;
use migrate_tests::{Folder, PostgresPool, Sandbox};
use tokio::time::sleep;

async fn database(hint: &str) -> PostgresPool {
    PostgresPool::create(hint).await
}

fn folder() -> Folder {
    Folder::new(Dialect::Postgres)
}

/// Two migrations: the first holds `script`, the second creates a table by a bare name.
fn followed(script: &str) -> Folder {
    let undo = "DROP TABLE IF EXISTS first";
    folder().migration("1_first", script, undo).migration(
        "2_second",
        "CREATE TABLE second ()",
        "DROP TABLE second",
    )
}

/// Where the tables are, and whose they are.
const PLACES: &str = "SELECT schemaname || '.' || tablename FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename !~ '^migrate_' ORDER BY 1";
const SESSION: &str = "SELECT current_setting('search_path'), current_user, session_user,
    current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('TimeZone'),
    current_setting('client_min_messages'), current_setting('application_name'),
    current_setting('default_transaction_isolation')";

/// Waits until no one but us is connected, and then looks.
async fn alone(db: &mut PostgresPool) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let deadline = Instant::now() + Duration::from_secs(20);
    while db.column(others).await != ["0"] {
        assert!(Instant::now() < deadline, "a connection of the dropped run is still there");
        sleep(Duration::from_millis(20)).await;
    }
}
