//! The future of a run is dropped at every point where it waits. Nothing is left of it, and a new run finishes.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use deadpool_postgres::Pool;
use futures_util::future::poll_fn;
use migrate::{MigrationSet, Migrator};
use tokio_postgres::Client;

use crate::database::{
    self, LOCKS, TRANSACTIONS, assert_nothing_stranded, picture, rows, until_none, until_row, wipe,
};
use crate::folder::{Folder, postgres};

fn mixed(alone: &str) -> Folder {
    postgres(&[
        ("1_create.up", "CREATE TABLE seed (n bigint); INSERT INTO seed VALUES (1)"),
        ("2_session.up", "SET search_path = ''; INSERT INTO public.seed VALUES (2)"),
        ("3_alone.up", alone),
        ("4_last.up", "INSERT INTO seed VALUES (5)"),
    ])
}

const ALONE: &str = "-- migrate: no-transaction
    INSERT INTO seed VALUES (3);
    CREATE INDEX CONCURRENTLY seed_n ON seed (n);
    INSERT INTO seed VALUES (4)";
/// Limits outside of a transaction are the session's.
const ALONE_LIMITED: &str = "-- migrate: no-transaction
    -- migrate: statement-timeout 10s
    INSERT INTO seed VALUES (3);
    CREATE INDEX CONCURRENTLY seed_n ON seed (n);
    INSERT INTO seed VALUES (4)";

/// Polls a future so many times at the most and drops it then.
async fn polled<T>(future: impl Future<Output = T>, mut times: usize) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(None);
        }
        times -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            // It is dropped while it waits, not when it is woken next.
            Poll::Pending if times == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// What a session has that a script may have changed.
const SESSION: &str = "SELECT current_setting('search_path'), current_setting('lock_timeout'),
    current_setting('statement_timeout'), current_user";

async fn expect_clean(set: &MigrationSet, client: &Client) -> String {
    let pool = database::pool(client_config(client).await, 1);
    Migrator::new(set).migrate(&pool).await.unwrap();
    picture(client).await
}

async fn client_config(client: &Client) -> tokio_postgres::Config {
    let name = rows(client, "SELECT current_database()").await.remove(0);
    let mut config = migrate::testing::Server::shared().unwrap().config();
    config.dbname(name);
    config
}

async fn expect_healthy(pool: &Pool, session: &[String]) {
    let status = pool.status();
    assert!(status.size <= status.max_size, "{status:?}");
    let (one, other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    for lent in [one, other] {
        assert_eq!(rows(&lent, SESSION).await, session);
        assert_eq!(
            rows(
                &lent,
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
            )
            .await,
            ["0"]
        );
    }
}

#[tokio::test]
async fn a_run_through_a_pool_dropped_at_every_await_leaves_a_healthy_pool() {
    let database = database::create("cancel_pool").await;
    let client = database.connect().await.unwrap();
    let set = mixed(ALONE_LIMITED).set();
    let want = expect_clean(&set, &client).await;
    let session = rows(&client, SESSION).await;
    let pool = database::pool(database.config(), 2);
    let mut times = 0;
    loop {
        times += 1;
        wipe(&client).await;
        if let Some(done) = polled(Migrator::new(&set).migrate(&pool), times).await {
            assert_eq!(done.unwrap().migrations.len(), 4);
            break;
        }
        expect_healthy(&pool, &session).await;
        Migrator::new(&set)
            .migrate(&pool)
            .await
            .unwrap_or_else(|error| panic!("after {times} polls: {error}"));
        until_none(&client, TRANSACTIONS).await;
        until_none(&client, LOCKS).await;
        assert_eq!(picture(&client).await, want, "after {times} polls");
    }
    assert!(times > 20, "{times}");
    assert_nothing_stranded(&client).await;
}

#[tokio::test]
async fn a_run_through_a_client_dropped_at_every_await_leaves_it_fit_for_use() {
    through_a_client(ALONE).await;
}

#[tokio::test]
async fn a_run_through_a_client_dropped_at_every_await_leaves_no_limit_behind() {
    through_a_client(ALONE_LIMITED).await;
}

async fn through_a_client(alone: &str) {
    let database = database::create("cancel_client").await;
    let client = database.connect().await.unwrap();
    let set = mixed(alone).set();
    let want = expect_clean(&set, &client).await;
    let session = rows(&client, SESSION).await;
    let mut times = 0;
    loop {
        times += 1;
        wipe(&client).await;
        let mut own = database.connect().await.unwrap();
        if let Some(done) = polled(Migrator::new(&set).migrate(&mut own), times).await {
            assert_eq!(done.unwrap().migrations.len(), 4);
            break;
        }
        // The same connection, so all that was sent is done by then.
        assert_eq!(rows(&own, SESSION).await, session, "after {times} polls");
        assert_eq!(rows(&client, LOCKS).await, [""; 0], "after {times} polls");
        assert_eq!(rows(&client, TRANSACTIONS).await, [""; 0], "after {times} polls");
        Migrator::new(&set)
            .migrate(&mut own)
            .await
            .unwrap_or_else(|error| panic!("after {times} polls: {error}"));
        assert_eq!(picture(&client).await, want, "after {times} polls");
    }
    assert!(times > 20, "{times}");
    assert_nothing_stranded(&client).await;
}

/// The server would go on with it, and hold its locks, for half an hour.
#[tokio::test]
async fn the_statement_of_a_dropped_run_ends_with_it() {
    let database = database::create("cancel_statement").await;
    let client = database.connect().await.unwrap();
    let set = postgres(&[("1_slow.up", "CREATE TABLE seed (n bigint); SELECT pg_sleep(1800)")]).set();
    let pool = database::pool(database.config(), 1);
    let migrator = Migrator::new(&set);
    let sleeping =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    tokio::select! {
        result = migrator.migrate(&pool) => panic!("{result:?}"),
        _ = until_row(&client, sleeping) => {}
    }
    until_none(&client, TRANSACTIONS).await;
    until_none(&client, LOCKS).await;
    assert_eq!(rows(&pool.get().await.unwrap(), "SELECT 1").await, ["1"]);
}
