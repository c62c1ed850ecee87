//! The wire is cut at every message of a run, before it, after it and after its answer. Then a second run finishes,
//! and leaves the same schema and the same history as a run that nothing disturbed.

use std::num::NonZeroU32;

use deadpool_postgres::Pool;
use migrate::testing::{Bouncer, Server, TestDatabase};
use migrate::{Error, MigrationSet, Migrator, Report};
use tokio_postgres::{Client, Config, NoTls};

use crate::database::{self, LOCKS, TRANSACTIONS, assert_nothing_stranded, picture, rows, until_none, wipe};
use crate::folder::{Folder, postgres};
use crate::proxy::{Cut, Proxy};

const CREATE: (&str, &str) = ("1_create.up", "CREATE TABLE seed (n bigint); INSERT INTO seed VALUES (1)");

fn transactional() -> Folder {
    postgres(&[
        CREATE,
        ("2_orders.up", "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO seed VALUES (2)"),
        ("2_orders.down", "DROP TABLE orders"),
        (
            "3_lines.up",
            "SET search_path = ''; CREATE TABLE public.lines (n int); INSERT INTO public.seed VALUES (3)",
        ),
    ])
}

fn without_transaction() -> Folder {
    postgres(&[
        CREATE,
        (
            "2_index.up",
            "-- migrate: no-transaction
             INSERT INTO seed VALUES (2);
             CREATE INDEX CONCURRENTLY seed_n ON seed (n);
             INSERT INTO seed VALUES (3)",
        ),
    ])
}

fn mixed() -> Folder {
    postgres(&[
        CREATE,
        (
            "2_insert.up",
            "-- migrate: no-transaction\n-- migrate: lock-timeout 5s\nINSERT INTO seed VALUES (2)",
        ),
        ("3_orders.up", "CREATE TABLE orders (id bigint); INSERT INTO seed VALUES (3)"),
        (
            "4_index.up",
            "-- migrate: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS seed_n ON seed (n)",
        ),
        ("5_last.up", "INSERT INTO seed VALUES (5)"),
    ])
}

/// How a run comes to the database.
#[derive(Clone, Copy, Debug)]
enum Via {
    Pool,
    Client,
}

/// A run and the pool that it used, which must be of use again.
async fn run(via: Via, config: Config, set: &MigrationSet) -> (Result<Report, Error>, Option<Pool>) {
    let migrator = Migrator::new(set);
    match via {
        Via::Pool => {
            let pool = database::pool(config, 1);
            (migrator.migrate(&pool).await, Some(pool))
        }
        Via::Client => {
            let (mut client, connection) = config.connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            (migrator.migrate(&mut client).await, None)
        }
    }
}

async fn sweep(via: Via, folder: &Folder, database: &TestDatabase, through: Config) {
    let client = database.connect().await.unwrap();
    let set = folder.set();
    let proxy = Proxy::start(through);
    let (clean, _) = run(via, proxy.config(), &set).await;
    assert_eq!(clean.unwrap().migrations.len(), set.migrations().len());
    let (want, messages) = (picture(&client).await, proxy.sent());
    assert!(messages.len() > 20, "{messages:?}");

    for cut in [Cut::Before, Cut::After, Cut::AfterAnswer] {
        let mut number = 0;
        loop {
            number += 1;
            if messages.get(number - 1).is_some_and(|tag| !matters(*tag, cut)) {
                continue;
            }
            wipe(&client).await;
            proxy.cut(number, cut);
            let (result, pool) = run(via, proxy.config(), &set).await;
            if !proxy.is_cut() {
                result.unwrap();
                break;
            }
            let place = format!("{via:?}, {cut:?} message {number} of {}", messages.len());
            check(&client, result, &place).await;
            if let Some(pool) = pool {
                // The pool closes what is broken and lends what works.
                assert_eq!(rows(&pool.get().await.unwrap(), "SELECT 1").await, ["1"], "{place}");
            }
            // At once: what the server still does for the lost run is the new run's to live with.
            let (finished, _) = run(via, database.config(), &set).await;
            finished.unwrap_or_else(|error| panic!("{place}: {error}"));
            until_none(&client, TRANSACTIONS).await;
            until_none(&client, LOCKS).await;
            assert_eq!(picture(&client).await, want, "{place}");
        }
        assert!(number >= messages.len(), "{number}");
    }
    assert_nothing_stranded(&client).await;
}

/// The server does not act on a part of a request: Parse begins one, Sync ends it, and a Query is one.
fn matters(tag: u8, cut: Cut) -> bool {
    match cut {
        Cut::Before => matches!(tag, b'P' | b'Q'),
        Cut::After | Cut::AfterAnswer => matches!(tag, b'S' | b'Q'),
    }
}

/// What a run reports as done is in the history.
async fn check(client: &Client, result: Result<Report, Error>, place: &str) {
    let report = match &result {
        Ok(report) => report,
        Err(error) => error.report(),
    };
    for migration in &report.migrations {
        let state = format!("SELECT state FROM migrate_history WHERE version = {}", migration.version);
        assert_eq!(rows(client, &state).await, ["applied"], "{place}: {}", migration.version);
    }
}

async fn direct(via: Via, folder: Folder) {
    let database = database::create("sweep").await;
    sweep(via, &folder, &database, database.config()).await;
}

async fn bounced(via: Via, folder: Folder) {
    let server = Server::shared().unwrap();
    let database = server.create_database("sweep_bounced").await.unwrap();
    let bouncer = Bouncer::start_with_pool(&server, NonZeroU32::new(4).unwrap()).unwrap();
    sweep(via, &folder, &database, bouncer.config(database.name())).await;
}

#[tokio::test]
async fn transactional_through_a_pool() {
    direct(Via::Pool, transactional()).await;
}

#[tokio::test]
async fn without_transaction_through_a_pool() {
    direct(Via::Pool, without_transaction()).await;
}

#[tokio::test]
async fn mixed_through_a_pool() {
    direct(Via::Pool, mixed()).await;
}

#[tokio::test]
async fn mixed_through_a_client() {
    direct(Via::Client, mixed()).await;
}

#[tokio::test]
async fn mixed_through_a_pool_and_pgbouncer() {
    bounced(Via::Pool, mixed()).await;
}
