//! Many runners start at once, as the replicas of an application do.

use rusqlite::Connection;

use crate::database::{self, HISTORY, INVALID, LOG, assert_nothing_stranded, rows, until_row, wipe};
use crate::folder::{Folder, folder, postgres};
use crate::process::Runner;

const ROUNDS: usize = 20;

/// Seeds that count how often each migration ran.
const SCRIPTS: [(&str, &str); 4] = [
    ("1_create.up", "CREATE TABLE seed (n bigint); INSERT INTO seed VALUES (1)"),
    ("2_orders.up", "CREATE TABLE orders (id bigint); INSERT INTO seed VALUES (2)"),
    ("3_alone.up", "-- migrate: no-transaction\nINSERT INTO seed VALUES (3); INSERT INTO seed VALUES (4)"),
    ("4_lines.up", "CREATE TABLE lines (id bigint); INSERT INTO seed VALUES (5)"),
];
const SEEDS: [&str; 5] = ["1", "2", "3", "4", "5"];

fn start(via: &str, address: &str, folder: &Folder, count: usize) -> Vec<Runner> {
    let mut runners: Vec<Runner> =
        (0..count).map(|_| Runner::start(via, address, folder, &["migrate", "waits="])).collect();
    runners.iter_mut().for_each(Runner::go);
    runners
}

/// All runners succeed, and together they apply each of `migrations` once.
async fn succeed(runners: Vec<Runner>, migrations: usize) {
    let mut applied = 0;
    for runner in runners {
        let output = runner.succeeds().await;
        let report = output.lines().skip_while(|line| *line != "report:");
        applied += report.filter(|line| line.starts_with("applied")).count();
    }
    assert_eq!(applied, migrations, "reported");
}

async fn sixteen_at_once(via: &str) {
    let database = database::create("sixteen").await;
    let client = database.connect().await.unwrap();
    let folder = postgres(&SCRIPTS);
    for _ in 0..ROUNDS {
        succeed(start(via, database.url(), &folder, 16), SCRIPTS.len()).await;
        assert_eq!(rows(&client, "SELECT n FROM seed ORDER BY n").await, SEEDS);
        assert_eq!(rows(&client, HISTORY).await, ["1|applied", "2|applied", "3|applied", "4|applied"]);
        assert_eq!(rows(&client, LOG).await, ["apply|1", "apply|2", "apply|3", "apply|4"]);
        assert_nothing_stranded(&client).await;
        wipe(&client).await;
    }
}

#[tokio::test]
async fn sixteen_pools_at_once_apply_each_migration_once() {
    sixteen_at_once("pool").await;
}

#[tokio::test]
async fn sixteen_clients_at_once_apply_each_migration_once() {
    sixteen_at_once("client").await;
}

async fn eight_at_once(scripts: &[(&str, &str)]) {
    let folder = folder("sqlite", scripts);
    for _ in 0..ROUNDS {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("app.db");
        succeed(start("sqlite", file.to_str().unwrap(), &folder, 8), scripts.len()).await;
        let connection = Connection::open(&file).unwrap();
        let numbers = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(|number: rusqlite::Result<i64>| number.unwrap().to_string()).collect()
        };
        assert_eq!(numbers("SELECT n FROM seed ORDER BY n"), SEEDS);
        let versions: Vec<String> = (1..=scripts.len()).map(|version| version.to_string()).collect();
        assert_eq!(numbers("SELECT version FROM migrate_history WHERE state = 'applied'"), versions);
        assert_eq!(numbers("SELECT version FROM migrate_log ORDER BY id"), versions);
    }
}

#[tokio::test]
async fn eight_at_once_on_one_sqlite_file_apply_each_migration_once() {
    let alone = ("3_alone.up", "INSERT INTO seed VALUES (3); INSERT INTO seed VALUES (4)");
    eight_at_once(&[SCRIPTS[0], SCRIPTS[1], alone, SCRIPTS[3]]).await;
}

#[tokio::test]
async fn eight_at_once_on_one_sqlite_file_run_a_script_without_transaction_once() {
    eight_at_once(&SCRIPTS).await;
}

/// Whoever waits in the database for longer than `deadlock_timeout`, a second, would make the builder of the index
/// fall to the deadlock detector. The builder waits that long here, for a transaction that has written.
#[tokio::test]
async fn replicas_that_wait_do_not_disturb_indexes_built_concurrently() {
    let database = database::create("concurrently").await;
    let (client, writer) = (database.connect().await.unwrap(), database.connect().await.unwrap());
    let build = "-- migrate: no-transaction
        CREATE INDEX CONCURRENTLY big_a ON big (a);
        CREATE INDEX CONCURRENTLY big_b ON big (b);
        CREATE INDEX CONCURRENTLY big_c ON big (md5(a || b::text))";
    let folder = postgres(&[
        ("1_index.up", build),
        (
            "2_more.up",
            "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS big_d ON big (b, a)",
        ),
    ]);
    let waits =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND clock_timestamp() - query_start > interval '1.5 s'";
    for via in ["pool", "client"] {
        let big = "CREATE TABLE big AS SELECT md5(n::text) AS a, n AS b FROM generate_series(1, 50000) AS n";
        client.batch_execute(big).await.unwrap();
        writer.batch_execute("BEGIN; INSERT INTO big VALUES ('', 0)").await.unwrap();
        let runners = start(via, database.url(), &folder, 4);
        until_row(&client, waits).await;
        writer.batch_execute("COMMIT").await.unwrap();
        succeed(runners, 2).await;
        assert_eq!(rows(&client, INVALID).await, [""; 0]);
        let count = "SELECT count(*) FROM pg_index WHERE indrelid = 'big'::regclass";
        assert_eq!(rows(&client, count).await, ["4"]);
        assert_nothing_stranded(&client).await;
        wipe(&client).await;
    }
}
