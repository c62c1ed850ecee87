//! Processes die at any point: the runner, the server, a connection. Another runner finishes the work unaided.

use std::time::Duration;

use migrate::Migrator;
use migrate::schema::Drift;
use migrate::testing::{Server, TestDatabase};
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::database::{
    self, HISTORY, INVALID, LOG, RUNNERS, assert_nothing_stranded, rows, until_none, until_row,
};
use crate::folder::{Folder, folder, postgres};
use crate::process::Runner;
use crate::proxy::{Cut, Proxy};

const CREATE: (&str, &str) = ("1_create.up", "CREATE TABLE seed (n bigint); INSERT INTO seed VALUES (1)");
const LAST: (&str, &str) = ("3_last.up", "INSERT INTO seed VALUES (9)");

/// Both ways in. A client has no connection of its own for the lock.
const WAYS: [&str; 2] = ["pool", "client"];

/// The statement that a runner is at, when it sleeps or waits for a lock.
const SLEEPING: &str = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'runner' AND wait_event = 'PgSleep'";
const WAITING: &str = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'runner' AND state = 'active' AND wait_event_type = 'Lock'";

async fn fresh(hint: &str) -> (TestDatabase, Client) {
    let database = database::create(hint).await;
    let client = database.connect().await.unwrap();
    (database, client)
}

/// Another runner finishes the work, and everything was done once.
async fn another_finishes(
    via: &str,
    database: &TestDatabase,
    client: &Client,
    folder: &Folder,
    seeds: &[&str],
) {
    let start = std::time::Instant::now();
    Runner::migrate(via, database.url(), folder).succeeds().await;
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    finished(client, folder, seeds).await;
    let again = Runner::migrate(via, database.url(), folder).succeeds().await;
    assert_eq!(again, "report:\nnothing to do\n");
}

async fn finished(client: &Client, folder: &Folder, seeds: &[&str]) {
    assert_nothing_stranded(client).await;
    assert_eq!(rows(client, "SELECT n FROM seed ORDER BY n").await, seeds);
    let versions: Vec<String> =
        folder.set().migrations().iter().map(|migration| migration.version().to_string()).collect();
    let of = |format: &dyn Fn(&String) -> String| versions.iter().map(format).collect::<Vec<_>>();
    assert_eq!(rows(client, HISTORY).await, of(&|version| format!("{version}|applied")));
    assert_eq!(rows(client, LOG).await, of(&|version| format!("apply|{version}")));
}

// The runner

/// The runner is killed before each of its messages, so before, in and between migrations; a message that it has
/// sent is still carried out.
#[tokio::test]
async fn a_runner_killed_at_any_message_leaves_the_rest_to_another() {
    let folder = postgres(&[
        CREATE,
        (
            "2_alone.up",
            "-- migrate: no-transaction\nINSERT INTO seed VALUES (2); INSERT INTO seed VALUES (3); VACUUM seed",
        ),
        LAST,
    ]);
    for via in WAYS {
        let (database, client) = fresh("killed_at").await;
        let proxy = Proxy::start(database.config());
        Runner::migrate(via, proxy.address(), &folder).succeeds().await;
        let messages = proxy.sent().len();
        // Those in the midst of a request are the sweep's.
        let requests: Vec<usize> =
            (1..=messages).filter(|number| matches!(proxy.sent()[number - 1], b'Q' | b'P')).collect();
        for number in requests {
            database::wipe(&client).await;
            proxy.hold(number);
            let runner = Runner::migrate(via, proxy.address(), &folder);
            proxy.reached(number).await;
            runner.kill().await;
            another_finishes(via, &database, &client, &folder, &["1", "2", "3", "9"]).await;
        }
    }
}

#[tokio::test]
async fn a_runner_killed_inside_a_migration_leaves_it_whole_or_not_at_all() {
    let folder = postgres(&[
        CREATE,
        ("2_slow.up", "INSERT INTO seed VALUES (2); SELECT pg_sleep(1); INSERT INTO seed VALUES (3)"),
        LAST,
    ]);
    for via in WAYS {
        let (database, client) = fresh("killed_inside").await;
        let runner = Runner::migrate(via, database.url(), &folder);
        until_row(&client, SLEEPING).await;
        runner.kill().await;
        another_finishes(via, &database, &client, &folder, &["1", "2", "3", "9"]).await;
    }
}

/// What it did is not taken for a change by hand, and what was changed by hand before it is not forgotten.
#[tokio::test]
async fn drift_is_unknown_after_a_killed_run_until_the_next() {
    let slow = ("3_slow.up", "ALTER TABLE more ADD own bigint; SELECT pg_sleep(1)");
    for via in WAYS {
        let (database, client) = fresh("killed_drift").await;
        let folder = postgres(&[CREATE]);
        Runner::migrate(via, database.url(), &folder).succeeds().await;
        client.batch_execute("ALTER TABLE seed ADD by_hand bigint").await.unwrap();
        let folder = postgres(&[CREATE, ("2_more.up", "CREATE TABLE more (n bigint)"), slow]);
        let runner = Runner::migrate(via, database.url(), &folder);
        until_row(&client, SLEEPING).await;
        runner.kill().await;
        let set = folder.set();
        let pool = database::pool(database.config(), 1);
        let drift = async || Migrator::new(&set).drift(&pool).await.unwrap();
        assert_eq!(drift().await, Drift::Unknown { since: "2".parse().unwrap() });
        until_none(&client, RUNNERS).await;
        Runner::migrate(via, database.url(), &folder).succeeds().await;
        assert_eq!(drift().await.difference().unwrap().to_string(), "added    column public.seed.by_hand");
    }
}

/// The server would notice only when the statement ends, half an hour later, and hold its locks until then.
#[tokio::test]
async fn the_statement_of_a_killed_runner_ends_with_it() {
    let folder = postgres(&[CREATE, ("2_slow.up", "SELECT pg_sleep(1800)")]);
    let folder_alone =
        postgres(&[CREATE, ("2_slow.up", "-- migrate: no-transaction\nSELECT pg_sleep(1800)")]);
    for folder in [folder, folder_alone] {
        let (database, client) = fresh("statement_ends").await;
        let runner = Runner::migrate("pool", database.url(), &folder);
        until_row(&client, SLEEPING).await;
        runner.kill().await;
        until_none(&client, RUNNERS).await;
        assert_eq!(rows(&client, "SELECT n FROM seed").await, ["1"]);
    }
}

/// Nor does what looks at the schema go on, in a database of any size.
#[tokio::test]
async fn keeping_the_schema_ends_with_a_killed_runner() {
    // Its definition takes a lock to be read.
    let gate = ("2_gate.up", "CREATE VIEW gate AS SELECT 1 AS n");
    for via in WAYS {
        let (database, client) = fresh("keeping_ends").await;
        let other = database.connect().await.unwrap();
        Runner::migrate(via, database.url(), &postgres(&[CREATE, gate])).succeeds().await;
        other.batch_execute("BEGIN; LOCK TABLE gate IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let folder = postgres(&[CREATE, gate, LAST]);
        let runner = Runner::migrate(via, database.url(), &folder);
        until_row(&client, WAITING).await;
        runner.kill().await;
        let start = std::time::Instant::now();
        until_none(&client, RUNNERS).await;
        // Before it would have given up waiting.
        assert!(start.elapsed() < Duration::from_secs(4), "took {:?}", start.elapsed());
        other.batch_execute("ROLLBACK").await.unwrap();
        another_finishes(via, &database, &client, &folder, &["1", "9"]).await;
    }
}

#[tokio::test]
async fn a_runner_killed_inside_a_statement_without_transaction_does_not_have_it_done_twice() {
    let alone = "-- migrate: no-transaction
        INSERT INTO seed VALUES (2);
        INSERT INTO seed SELECT 3 FROM pg_sleep(1);
        INSERT INTO seed VALUES (4)";
    let folder = postgres(&[CREATE, ("2_alone.up", alone), LAST]);
    for via in WAYS {
        let (database, client) = fresh("killed_alone").await;
        let runner = Runner::migrate(via, database.url(), &folder);
        until_row(&client, SLEEPING).await;
        runner.kill().await;
        another_finishes(via, &database, &client, &folder, &["1", "2", "3", "4", "9"]).await;
    }
}

/// `CREATE INDEX CONCURRENTLY` waits for a transaction that has written to the table, and that is where the runner
/// is killed. Its session goes on.
#[tokio::test]
async fn a_runner_killed_while_it_builds_an_index_leaves_it_to_another() {
    let alone = "-- migrate: no-transaction
        INSERT INTO seed VALUES (2);
        CREATE INDEX CONCURRENTLY seed_n ON seed (n);
        INSERT INTO seed VALUES (3)";
    let folder = postgres(&[CREATE, ("2_alone.up", alone), LAST]);
    for via in WAYS {
        let (database, client) = fresh("killed_building").await;
        let writer = database.connect().await.unwrap();
        let set = folder.set();
        Runner::migrate(via, database.url(), &postgres(&[CREATE])).succeeds().await;
        assert_eq!(set.migrations().len(), 3);
        writer.batch_execute("BEGIN; INSERT INTO seed VALUES (7)").await.unwrap();
        let runner = Runner::migrate(via, database.url(), &folder);
        until_row(&client, WAITING).await;
        assert_eq!(rows(&client, INVALID).await, ["seed_n"]);
        runner.kill().await;
        // The other meets the work under way.
        let other = Runner::migrate(via, database.url(), &folder);
        let at_index = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = 'runner' AND query ~ 'seed_n|pg_index|create_index|advisory_lock'
            AND pid NOT IN (SELECT pid FROM pg_stat_progress_create_index)";
        until_row(&client, at_index).await;
        writer.batch_execute("COMMIT").await.unwrap();
        other.succeeds().await;
        finished(&client, &folder, &["1", "2", "3", "7", "9"]).await;
        let valid =
            "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'seed'::regclass AND indisvalid";
        assert_eq!(rows(&client, valid).await, ["seed_n"]);
    }
}

/// The server has got everything up to the COMMIT, so it goes on without the runner.
#[tokio::test]
async fn a_statement_without_transaction_that_outlives_its_runner_is_not_done_twice() {
    let alone = "-- migrate: no-transaction\nINSERT INTO seed SELECT 2 FROM pg_sleep(1)";
    let folder = postgres(&[CREATE, ("2_alone.up", alone), LAST]);
    for via in WAYS {
        let (database, client) = fresh("outlives").await;
        let proxy = Proxy::start(database.config());
        Runner::migrate(via, proxy.address(), &folder).succeeds().await;
        // Of the same transaction: the first COMMIT behind the statement.
        let sent = proxy.texts();
        let statement = sent.iter().position(|text| text.contains("INSERT INTO seed SELECT 2")).unwrap();
        let commit = statement + sent[statement..].iter().position(|text| text == "COMMIT\n").unwrap();
        for number in [statement + 1, commit + 1] {
            database::wipe(&client).await;
            proxy.cut(number, Cut::After);
            let ended = Runner::migrate(via, proxy.address(), &folder).end().await;
            assert!(!ended.success);
            another_finishes(via, &database, &client, &folder, &["1", "2", "9"]).await;
        }
    }
}

// The server

#[tokio::test]
async fn a_server_killed_in_the_midst_of_a_run_and_started_again_is_migrated_by_another() {
    let alone = "-- migrate: no-transaction
        INSERT INTO seed VALUES (2);
        INSERT INTO seed SELECT 3 FROM pg_sleep(600);
        INSERT INTO seed VALUES (4)";
    let corrected = alone.replace("600", "0");
    let slow = "INSERT INTO seed VALUES (2); SELECT pg_sleep(600)";
    let corrected_slow = "INSERT INTO seed VALUES (2)";
    let mut private = Server::private().unwrap();
    for via in WAYS {
        for (before, after, seeds) in [
            (slow, corrected_slow, &["1", "2", "9"][..]),
            (alone, corrected.as_str(), &["1", "2", "3", "4", "9"]),
        ] {
            let database = private.server().create_database("killed_server").await.unwrap();
            let client = database.connect().await.unwrap();
            let folder = postgres(&[CREATE, ("2_slow.up", before), LAST]);
            let runner = Runner::migrate(via, database.url(), &folder);
            until_row(&client, SLEEPING).await;
            private.kill().unwrap();
            let ended = runner.end().await;
            assert!(!ended.success);
            assert!(ended.error.contains("2_slow"), "{}", ended.error);
            private.start().unwrap();
            let client = database.connect().await.unwrap();
            folder.write("2_slow.up.sql", after);
            another_finishes(via, &database, &client, &folder, seeds).await;
        }
    }
}

// A connection

#[tokio::test]
async fn a_terminated_worker_is_an_error_and_another_runner_finishes() {
    let scripts = [
        ("INSERT INTO seed VALUES (2); SELECT pg_sleep(s) FROM nap", &["1", "2", "9"]),
        (
            "-- migrate: no-transaction\nINSERT INTO seed SELECT 2 FROM (SELECT pg_sleep(s) FROM nap) AS slept",
            &["1", "2", "9"],
        ),
    ];
    for via in WAYS {
        for (script, seeds) in scripts {
            let (database, client) = fresh("terminated_worker").await;
            client.batch_execute("CREATE TABLE nap AS SELECT 600 AS s").await.unwrap();
            let folder = postgres(&[CREATE, ("2_slow.up", script), LAST]);
            let runner = Runner::migrate(via, database.url(), &folder);
            let pid = until_row(&client, SLEEPING).await;
            rows(&client, &format!("SELECT pg_terminate_backend({pid})")).await;
            let ended = timeout(Duration::from_secs(2), runner.end()).await.unwrap();
            assert!(!ended.success);
            assert!(
                ended.error.contains("57P01") && ended.error.contains("2_slow.up.sql:"),
                "{}",
                ended.error
            );
            assert!(ended.error.contains("done before:\n   applied      1_create"), "{}", ended.error);
            assert_nothing_stranded(&client).await;
            assert_eq!(rows(&client, "SELECT n FROM seed").await, ["1"]);
            client.batch_execute("UPDATE nap SET s = 0").await.unwrap();
            another_finishes(via, &database, &client, &folder, seeds).await;
        }
    }
}

/// Without its lock a run goes on, and another that comes meanwhile applies nothing twice.
async fn two_without_a_lock(slow: &str, seeds: &[&str]) {
    let holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let (database, client) = fresh("terminated_lock").await;
    let folder = postgres(&[CREATE, ("2_slow.up", slow), LAST]);
    let runner = Runner::migrate("pool", database.url(), &folder);
    until_row(&client, SLEEPING).await;
    let pid = until_row(&client, holder).await;
    rows(&client, &format!("SELECT pg_terminate_backend({pid})")).await;
    let other = Runner::migrate("pool", database.url(), &folder);
    runner.succeeds().await;
    other.succeeds().await;
    finished(&client, &folder, seeds).await;
}

#[tokio::test]
async fn a_run_whose_lock_connection_is_terminated_ends_well_beside_another() {
    let slow = "INSERT INTO seed VALUES (2); SELECT pg_sleep(1); INSERT INTO seed VALUES (3)";
    two_without_a_lock(slow, &["1", "2", "3", "9"]).await;
}

#[tokio::test]
async fn a_script_without_transaction_whose_lock_is_lost_is_not_done_twice() {
    let slow = "-- migrate: no-transaction
        INSERT INTO seed SELECT 2 FROM pg_sleep(1);
        INSERT INTO seed SELECT 3 FROM pg_sleep(0.5)";
    two_without_a_lock(slow, &["1", "2", "3", "9"]).await;
}

// SQLite

#[test]
fn a_process_killed_at_any_step_leaves_the_rest_of_a_sqlite_file_to_another() {
    let folder = folder(
        "sqlite",
        &[
            ("1_create.up", "CREATE TABLE seed (n integer PRIMARY KEY); INSERT INTO seed VALUES (1)"),
            (
                "2_rebuild.up",
                "-- migrate: foreign-keys off
                CREATE TABLE other (n integer PRIMARY KEY); INSERT INTO other SELECT * FROM seed;
                DROP TABLE seed; ALTER TABLE other RENAME TO seed",
            ),
            (
                "3_alone.up",
                "-- migrate: no-transaction\nINSERT INTO seed VALUES (2); VACUUM; INSERT INTO seed VALUES (3)",
            ),
            ("4_last.up", "INSERT INTO seed VALUES (4)"),
        ],
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut killed = 0;
    for steps in 1.. {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("app.db");
        let argument = format!("steps={steps}");
        let ended = runtime
            .block_on(async { Runner::start("sqlite", &file, &folder, &["migrate", &argument]).end().await });
        let untouched = ended.success;
        killed += usize::from(!untouched);
        assert!(untouched || ended.error.is_empty(), "it failed rather than died: {}", ended.error);
        runtime.block_on(async { Runner::migrate("sqlite", &file, &folder).succeeds().await });
        let connection = rusqlite::Connection::open(&file).unwrap();
        let numbers = |sql: &str| -> Vec<i64> {
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(numbers("SELECT n FROM seed ORDER BY n"), [1, 2, 3, 4], "{steps}");
        assert_eq!(numbers("SELECT version FROM migrate_history WHERE state = 'applied'"), [1, 2, 3, 4]);
        assert_eq!(numbers("SELECT version FROM migrate_log ORDER BY id"), [1, 2, 3, 4], "{steps}");
        if untouched {
            break;
        }
    }
    assert!(killed > 40, "{killed}");
}
