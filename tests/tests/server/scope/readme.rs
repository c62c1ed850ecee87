//! The example of the README, as it is there, on real databases.

use migrate::scope::{Error, Scope};
use migrate::testing::Server;

/// The example. A test compares it with the README.
#[rustfmt::skip]
mod example {
// begin
use std::time::SystemTime;
use migrate::scope::{self, FromRow, Scope, tables};

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, business_id: i64, total: i64, note: Option<String>, deleted_at: Option<SystemTime> }
}

#[derive(FromRow)]
pub(super) struct Order { pub(super) id: i64, pub(super) total: i64 }

pub(super) async fn large(pool: &deadpool_postgres::Pool, tenant: i64) -> scope::Result<Vec<Order>> {
    let scope = Scope::tenant(tenant);
    let filter = orders.total.gt(100).or(orders.note.eq("vip"));
    scope.select(orders).filter(filter).order_by(orders.id.asc()).limit(20).all(pool).await
}

pub(super) fn close(connection: &rusqlite::Connection, scope: &Scope, id: i64) -> scope::Result<()> {
    scope.update(orders).key(id).set(orders.note, "closed").one(connection)?;
    scope.soft_delete(orders).key(id).one(connection)?;
    Ok(())
}
// end
}

#[test]
fn it_is_the_example_of_the_readme() {
    let (_, example) = include_str!("readme.rs").split_once("// begin\n").unwrap();
    let (example, _) = example.split_once("// end\n").unwrap();
    let example = example.replace("pub(super) ", "");
    let readme = include_str!("../../../../README.md");
    assert!(readme.contains(&format!("```rust\n{example}```\n")), "{example}");
}

#[tokio::test]
async fn it_runs_on_postgres() {
    use example::*;
    let database = Server::shared().unwrap().create_database("scope_readme").await.unwrap();
    let pool = pool(database.url());
    let client = pool.get().await.unwrap();
    client
        .batch_execute(
            "CREATE TABLE orders (id bigint PRIMARY KEY, business_id bigint NOT NULL, total bigint NOT NULL, note text,
                 deleted_at timestamptz);
             INSERT INTO orders VALUES (1, 7, 120, NULL), (2, 7, 80, 'vip'), (3, 7, 30, NULL), (4, 8, 990, 'vip')",
        )
        .await
        .unwrap();
    let found = large(&pool, 7).await.unwrap();
    assert_eq!(found.iter().map(|order| (order.id, order.total)).collect::<Vec<_>>(), [(1, 120), (2, 80)]);
    let scope = Scope::tenant(7);
    scope.soft_delete(orders).key(1).one(&pool).await.unwrap();
    let deleted = scope.select(orders).only_deleted().columns(orders.deleted_at).one(&pool).await.unwrap();
    assert!(deleted.unwrap().elapsed().unwrap().as_secs() < 3600);
}

#[test]
fn it_runs_on_sqlite() {
    use example::*;
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE orders (id integer PRIMARY KEY, business_id bigint NOT NULL, total bigint NOT NULL, note text,
                 deleted_at text);
             INSERT INTO orders VALUES (1, 7, 120, NULL, NULL), (2, 7, 80, 'vip', NULL)",
        )
        .unwrap();
    let scope = Scope::tenant(7);
    close(&connection, &scope, 1).unwrap();
    assert_eq!(scope.select(orders).count(&connection).unwrap(), 1);
}

/// The declaration that the README had: the database says a time, the program a text.
mod mistaken {
    use migrate::scope::{FromRow, tables};

    tables! {
        tenant = business_id;
        orders { id: i32, business_id: i64, note: String, deleted_at: Option<String> }
    }

    #[derive(Debug, FromRow)]
    pub(super) struct Deleted {
        #[expect(dead_code, reason = "it cannot be read")]
        deleted_at: Option<String>,
    }
}

#[tokio::test]
async fn a_type_that_cannot_be_read_is_named_with_those_that_can() {
    use mistaken::{Deleted, orders};
    let database = Server::shared().unwrap().create_database("scope_unread").await.unwrap();
    let pool = pool(database.url());
    let client = pool.get().await.unwrap();
    client
        .batch_execute(
            "CREATE TABLE orders (id bigint, business_id bigint NOT NULL, note text, deleted_at timestamptz);
             INSERT INTO orders VALUES (1, 7, NULL, '2026-01-02 03:04:05Z')",
        )
        .await
        .unwrap();
    let scope = Scope::tenant(7);
    let error = scope.select(orders).one::<Deleted, _>(&pool).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "cannot read the column `deleted_at` (timestamptz) as `Option<String>`; read timestamptz as `SystemTime`, or,"
        ) && text.contains("`Postgres<chrono::DateTime<Utc>>`"),
        "{text}"
    );
    assert!(!text.contains("2026"), "{text}");
    let Error::Read(unread) = error else { panic!("{error:?}") };
    assert_eq!((unread.column, unread.name.as_str(), unread.is_null), (0, "deleted_at", false));
    let error = scope.select(orders).columns(orders.id).one(&pool).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot read the column `id` (int8) as `i32`; read int8 as `i64`, or as an `Option` of that"
    );
    let error = scope.select(orders).columns(orders.note).one(&pool).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot read the column `note` (text) as `String`: it is NULL; read it as `Option<String>`"
    );
}

#[test]
fn sqlite_names_the_type_of_the_value() {
    use mistaken::orders;
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE orders (id text, business_id bigint NOT NULL, note text, deleted_at text);
             INSERT INTO orders VALUES ('secret', 7, NULL, NULL)",
        )
        .unwrap();
    let scope = Scope::tenant(7);
    let error = scope.select(orders).columns(orders.id).one(&connection).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot read the column `id` (text) as `i32`; read text as `String`, or as an `Option` of that"
    );
    let error = scope.select(orders).columns(orders.note).one(&connection).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot read the column `note` (null) as `String`: it is NULL; read it as `Option<String>`"
    );
}

fn pool(url: &str) -> deadpool_postgres::Pool {
    let manager = deadpool_postgres::Manager::new(url.parse().unwrap(), tokio_postgres::NoTls);
    deadpool_postgres::Pool::builder(manager).max_size(2).build().unwrap()
}
