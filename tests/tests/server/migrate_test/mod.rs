//! `#[migrate::test]`: what the tests of an application see, and what is there before, beside and after them.
//!
//! Some of these tests are run by others, in processes of their own: one that is killed is really killed, and one that
//! is meant to fail does so there alone.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod argument;
mod contents;
mod kept;
mod process;
mod sqlite;
mod template;
mod unprepared;

use std::error::Error;

use migrate::{MigrationSet, embed_migrations};
use rusqlite::Connection;
use tokio_postgres::Client;

pub(crate) static MIGRATIONS: MigrationSet = embed_migrations!("fixtures/shop");

mod sets {
    use super::{MigrationSet, embed_migrations};

    pub(crate) static PREPARED: MigrationSet = embed_migrations!("fixtures/prepared");
    pub(crate) static ONCE: MigrationSet = embed_migrations!("fixtures/once");
    pub(crate) static SLOW: MigrationSet = embed_migrations!("fixtures/slow");
    pub(crate) static SQLITE: MigrationSet = embed_migrations!("fixtures/shop", dialect = "sqlite");
}

type Outcome = Result<(), Box<dyn Error>>;

const INSERT: &str = "INSERT INTO orders (id, total) VALUES (7, 0)";

async fn count(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get(0)
}

fn count_lite(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap()
}

async fn columns(client: &Client) -> Vec<String> {
    let query =
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 1";
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
