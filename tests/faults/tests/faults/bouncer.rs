//! Behind PgBouncer in transaction mode, where a session is lent for one transaction only.

use std::num::NonZeroU32;
use std::time::Duration;

use migrate::testing::{Bouncer, Server, TestDatabase};
use migrate::{ErrorKind, Migrator};
use tokio_postgres::Client;

use crate::database::{self, HISTORY, LOCKS, LOG, TRANSACTIONS, rows, until_none, until_row};
use crate::folder::{Folder, postgres};
use crate::process::Runner;

const CREATE: (&str, &str) = ("1_create.up", "CREATE TABLE seed (n bigint); INSERT INTO seed VALUES (1)");

struct Pooled {
    bouncer: Bouncer,
    database: TestDatabase,
    /// Past the pooler.
    client: Client,
}

impl Pooled {
    async fn start(size: u32) -> Pooled {
        let server = Server::shared().unwrap();
        let database = server.create_database("pooled").await.unwrap();
        let bouncer = Bouncer::start_with_pool(&server, NonZeroU32::new(size).unwrap()).unwrap();
        let client = database.connect().await.unwrap();
        Pooled { bouncer, database, client }
    }

    fn address(&self) -> String {
        self.bouncer.url(self.database.name())
    }

    fn pool(&self, size: usize) -> deadpool_postgres::Pool {
        database::pool(self.bouncer.config(self.database.name()), size)
    }

    async fn expect(&self, seeds: &[&str], history: &[&str]) {
        self.expect_nothing_stranded().await;
        assert_eq!(rows(&self.client, "SELECT n FROM seed ORDER BY n").await, seeds);
        assert_eq!(rows(&self.client, HISTORY).await, history);
    }

    /// The sessions of the pooler stay, so nothing may be left in them.
    async fn expect_nothing_stranded(&self) {
        until_none(&self.client, TRANSACTIONS).await;
        until_none(&self.client, LOCKS).await;
        let other = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),
            current_setting('search_path'), current_setting('idle_in_transaction_session_timeout')";
        // Each of the pooler's sessions in turn: all are held at once.
        let lent = [
            self.bouncer.connect(self.database.name()).await.unwrap(),
            self.bouncer.connect(self.database.name()).await.unwrap(),
        ];
        for client in &lent {
            client.batch_execute("BEGIN").await.unwrap();
        }
        for client in &lent {
            assert_eq!(rows(client, other).await, rows(&self.client, other).await);
        }
        for client in &lent {
            client.batch_execute("COMMIT").await.unwrap();
        }
    }
}

fn mixed() -> Folder {
    postgres(&[
        CREATE,
        (
            "2_alone.up",
            "-- migrate: no-transaction\n-- migrate: lock-timeout 7s\nINSERT INTO seed VALUES (2); CREATE INDEX CONCURRENTLY seed_n ON seed (n); INSERT INTO seed VALUES (3)",
        ),
        (
            "3_session.up",
            "SET search_path = ''; SET statement_timeout = '1h'; INSERT INTO public.seed VALUES (4)",
        ),
    ])
}
const SEEDS: [&str; 4] = ["1", "2", "3", "4"];
const APPLIED: [&str; 3] = ["1|applied", "2|applied", "3|applied"];

#[tokio::test]
async fn two_runs_in_a_row() {
    for size in [1, 2] {
        let pooled = Pooled::start(2).await;
        let set = mixed().set();
        let pool = pooled.pool(size);
        assert_eq!(Migrator::new(&set).migrate(&pool).await.unwrap().migrations.len(), 3);
        assert!(Migrator::new(&set).migrate(&pool).await.unwrap().is_empty());
        pooled.expect(&SEEDS, &APPLIED).await;
        assert_eq!(rows(&pooled.client, LOG).await, ["apply|1", "apply|2", "apply|3"]);
        assert_eq!(Migrator::new(&set).status(&pool).await.unwrap().state, migrate::SetState::UpToDate);
    }
}

#[tokio::test]
async fn a_failing_run_and_then_a_good_one() {
    for failing in [
        "SELECT 1 / 0",
        "SELECT 1 / 0; -- ",
        "-- migrate: no-transaction\nINSERT INTO seed VALUES (2); SELECT 1 / 0",
    ] {
        let pooled = Pooled::start(2).await;
        let folder = postgres(&[CREATE, ("2_wrong.up", failing)]);
        let pool = pooled.pool(2);
        let error = Migrator::new(&folder.set()).migrate(&pool).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("22012")));
        pooled.expect_nothing_stranded().await;
        folder.write("2_wrong.up.sql", &failing.replace("1 / 0", "1"));
        Migrator::new(&folder.set()).migrate(&pool).await.unwrap();
        pooled.expect_nothing_stranded().await;
        assert_eq!(rows(&pooled.client, HISTORY).await, ["1|applied", "2|applied"]);
    }
}

#[tokio::test]
async fn a_killed_client_strands_nothing() {
    let sleeping =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    for via in ["pool", "client"] {
        for directive in ["", "-- migrate: no-transaction\n"] {
            let pooled = Pooled::start(2).await;
            let slow = format!("{directive}INSERT INTO seed SELECT 2 FROM pg_sleep(1)");
            let folder = postgres(&[CREATE, ("2_slow.up", &slow)]);
            let runner = Runner::migrate(via, pooled.address(), &folder);
            until_row(&pooled.client, sleeping).await;
            runner.kill().await;
            Runner::migrate(via, pooled.address(), &folder).succeeds().await;
            pooled.expect(&["1", "2"], &["1|applied", "2|applied"]).await;
        }
    }
}

/// The lock takes the only connection, and what it protects would wait for that for ever.
#[tokio::test]
async fn a_pooler_with_one_connection_is_told_of() {
    let pooled = Pooled::start(1).await;
    let set = mixed().set();
    let pool = pooled.pool(2);
    let migrator = Migrator::new(&set).lock_deadline(Duration::from_millis(700));
    let error = migrator.migrate(&pool).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database, "{error}");
    assert!(error.to_string().contains("hint: a run needs two connections to the server at once"), "{error}");
    assert!(error.report().is_empty());
    until_none(&pooled.client, TRANSACTIONS).await;
    until_none(&pooled.client, LOCKS).await;
    assert_eq!(rows(&pooled.client, "SELECT to_regclass('migrate_history')").await, ["NULL"]);
    // The pool is of use all the same.
    assert_eq!(rows(&pool.get().await.unwrap(), "SELECT 1").await, ["1"]);
}

/// The lock of a session is worth nothing here: only the claims keep two runners apart.
#[tokio::test]
async fn clients_without_a_pool_at_once_apply_each_migration_once() {
    for size in [1, 4] {
        for _ in 0..5 {
            let pooled = Pooled::start(size).await;
            let folder = postgres(&[
                CREATE,
                ("2_two.up", "INSERT INTO seed VALUES (2)"),
                ("3_three.up", "INSERT INTO seed VALUES (3)"),
            ]);
            let runners: Vec<_> =
                (0..6).map(|_| Runner::migrate("client", pooled.address(), &folder)).collect();
            for runner in runners {
                runner.succeeds().await;
            }
            assert_eq!(rows(&pooled.client, "SELECT n FROM seed ORDER BY n").await, ["1", "2", "3"]);
            assert_eq!(rows(&pooled.client, LOG).await, ["apply|1", "apply|2", "apply|3"]);
            until_none(&pooled.client, LOCKS).await;
        }
    }
}
#[tokio::test]
async fn clients_without_a_pool_run_a_script_without_transaction_once() {
    for _ in 0..5 {
        let pooled = Pooled::start(4).await;
        let folder = mixed();
        // One after another: at once they are beyond what a session lock can promise behind a pooler.
        for _ in 0..4 {
            Runner::migrate("client", pooled.address(), &folder).succeeds().await;
        }
        pooled.expect(&SEEDS, &APPLIED).await;
    }
}

/// The sessions of the pooler have been left in other settings, and which one is lent next is not ours to say.
#[tokio::test]
async fn the_schema_is_read_the_same_in_every_session() {
    const SCHEMA: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE day (on_day date DEFAULT '2025-12-31' PRIMARY KEY, mood mood DEFAULT 'ok', raw bytea DEFAULT '\\x00ff');
        CREATE VIEW good_day AS SELECT on_day FROM day WHERE mood = 'ok' AND on_day > '2025-02-01'";
    const LEFT: [&str; 2] = [
        "SET search_path = public; SET datestyle = 'SQL, DMY'; SET quote_all_identifiers = on; SET bytea_output = escape",
        "SET search_path = ''; SET datestyle = German",
    ];
    let pooled = Pooled::start(2).await;
    let mut direct = pooled.database.connect().await.unwrap();
    let set = postgres(&[("1_schema.up", SCHEMA)]).set();
    let migrator = Migrator::new(&set);
    migrator.migrate(&pooled.pool(1)).await.unwrap();
    pooled.client.batch_execute("ALTER TABLE day ADD by_hand text").await.unwrap();
    let fingerprint = migrator.fingerprint(&mut direct).await.unwrap();
    let dump = migrator.dump(&mut direct).await.unwrap();
    let drift = migrator.drift(&mut direct).await.unwrap();
    assert!(drift.to_string().contains("added    column public.day.by_hand"), "{drift}");

    let connect = async || pooled.bouncer.connect(pooled.database.name()).await.unwrap();
    let mut sessions = [connect().await, connect().await];
    for session in &sessions {
        session.batch_execute("BEGIN").await.unwrap();
    }
    for (session, settings) in sessions.iter().zip(LEFT) {
        session.batch_execute(&format!("{settings}; COMMIT")).await.unwrap();
    }
    let pool = pooled.pool(1);
    // While the one session is busy, the other is lent.
    sessions[0].batch_execute("BEGIN").await.unwrap();
    let mut paths = Vec::new();
    for _ in 0..2 {
        let path = rows(&sessions[1], "SHOW search_path").await;
        assert_eq!(path, rows(&pool.get().await.unwrap(), "SHOW search_path").await);
        assert_eq!(migrator.fingerprint(&pool).await.unwrap(), fingerprint, "{path:?}");
        assert_eq!(migrator.dump(&pool).await.unwrap().sql, dump.sql, "{path:?}");
        assert_eq!(migrator.drift(&pool).await.unwrap(), drift, "{path:?}");
        let client = &mut sessions[1];
        assert_eq!(migrator.fingerprint(&mut *client).await.unwrap(), fingerprint, "{path:?}");
        assert_eq!(migrator.dump(&mut *client).await.unwrap().sql, dump.sql, "{path:?}");
        assert_eq!(migrator.drift(&mut *client).await.unwrap(), drift, "{path:?}");
        // They leave the session as it was.
        assert_eq!(rows(&sessions[1], "SHOW search_path").await, path);
        paths.push(path);
        sessions[1].batch_execute("BEGIN").await.unwrap();
        sessions[0].batch_execute("COMMIT").await.unwrap();
        sessions.swap(0, 1);
    }
    paths.sort();
    assert_eq!(paths, [["\"\""], ["public"]], "each of the two was lent");
}

/// A pooler may run each statement in another of its sessions.
#[tokio::test]
async fn strings_are_read_as_the_script_was_divided() {
    let pooled = Pooled::start(2).await;
    let off = format!("ALTER DATABASE {} SET standard_conforming_strings = off", pooled.database.name());
    pooled.client.batch_execute(&off).await.unwrap();
    let folder = postgres(&[
        ("1_create.up", r"CREATE TABLE seed (n text); INSERT INTO seed VALUES ('1\'), ('2''\')"),
        (
            "2_alone.up",
            r"-- migrate: no-transaction
            INSERT INTO seed VALUES ('3\'); CREATE INDEX CONCURRENTLY a ON seed (n) WHERE n <> '\'; INSERT INTO seed VALUES ('4\')",
        ),
    ]);
    for via in ["pool", "client"] {
        Runner::migrate(via, pooled.address(), &folder).succeeds().await;
        assert_eq!(
            rows(&pooled.client, "SELECT n FROM seed ORDER BY n").await,
            [r"1\", r"2'\", r"3\", r"4\"],
            "{via}"
        );
        pooled
            .client
            .batch_execute("DROP TABLE seed, migrate_history, migrate_log, migrate_schema")
            .await
            .unwrap();
    }
}
