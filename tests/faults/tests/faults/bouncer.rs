//! Behind PgBouncer in transaction mode, where a session is lent for one transaction only.

use std::num::NonZeroU32;
use std::time::Duration;

use migrate::testing::{Bouncer, Server, TestDatabase};
use migrate::{ErrorKind, Migrator};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

use crate::database::{self, HISTORY, INVALID, LOCKS, LOG, TRANSACTIONS, rows, until_none, until_row};
use crate::folder::{Folder, postgres};
use crate::process::Runner;
use crate::proxy::Proxy;

const CREATE: (&str, &str) = ("1_create.up", "CREATE TABLE seed (n bigint); INSERT INTO seed VALUES (1)");

struct Pooled {
    bouncer: Bouncer,
    database: TestDatabase,
    /// Past the pooler.
    client: Client,
}

impl Pooled {
    async fn start(size: u32) -> Pooled {
        Pooled::start_before(&Server::shared().unwrap(), size).await
    }

    /// The pooler reaches the server by this address.
    async fn start_before(server: &Server, size: u32) -> Pooled {
        let database = database::create("pooled").await;
        let bouncer = Bouncer::start_with_pool(server, NonZeroU32::new(size).unwrap()).unwrap();
        let client = database.connect().await.unwrap();
        Pooled { bouncer, database, client }
    }

    fn address(&self) -> String {
        self.bouncer.url(self.database.name())
    }

    async fn connect(&self) -> Client {
        self.bouncer.connect(self.database.name()).await.unwrap()
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

/// A pooler whose server pauses after each transaction, so that there is time to kill a client in that moment.
struct Slow {
    pooled: Pooled,
    _proxy: Proxy,
}

impl Slow {
    async fn start() -> Slow {
        let server = Server::shared().unwrap();
        let proxy = Proxy::behind_a_pooler(server.config(), Duration::from_millis(15));
        let pooled = Pooled::start_before(&Server::at(proxy.address()).unwrap(), 2).await;
        Slow { pooled, _proxy: proxy }
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

/// No lock is held from one statement to the next, so the history says who is at one that refuses a transaction.
#[tokio::test]
async fn clients_without_a_pool_at_once_run_a_script_without_transaction_once() {
    for size in 1..=4 {
        let pooled = Pooled::start(size).await;
        let folder = mixed();
        let runners: Vec<_> = (0..4).map(|_| Runner::migrate("client", pooled.address(), &folder)).collect();
        for runner in runners {
            runner.succeeds().await;
        }
        assert_eq!(rows(&pooled.client, "SELECT n FROM seed ORDER BY n").await, SEEDS);
        assert_eq!(rows(&pooled.client, HISTORY).await, APPLIED);
        assert_eq!(rows(&pooled.client, LOCKS).await, [""; 0], "a lock is left in a session of the pooler");
        assert_eq!(rows(&pooled.client, INVALID).await, [""; 0]);
    }
}

/// No one could find out whether another runner has done it.
#[tokio::test]
async fn a_client_without_a_pool_is_refused_what_no_lock_protects() {
    let pooled = Pooled::start(2).await;
    let fill =
        "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seed VALUES (2); COMMIT; END $$";
    let set =
        postgres(&[CREATE, ("2_fill.up", fill), ("3_call.up", "-- migrate: no-transaction\nCALL fill()")])
            .set();
    let mut client = pooled.bouncer.connect(pooled.database.name()).await.unwrap();
    let error = Migrator::new(&set).migrate(&mut client).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Refused, "{text}");
    assert!(
        text.contains(
            "3_call.up.sql\n statement: CALL fill()\n help: give the run a `deadpool_postgres::Pool`"
        ),
        "{text}"
    );
    assert_eq!(rows(&pooled.client, "SELECT to_regclass('migrate_history')").await, ["NULL"]);
    // What needs no lock is not refused, and a client that reaches the server itself has one.
    Migrator::new(&set).migrate_to(&mut client, "2".parse().unwrap()).await.unwrap();
    Migrator::new(&set).migrate(&mut pooled.database.connect().await.unwrap()).await.unwrap();
    Migrator::new(&set).migrate(&mut client).await.unwrap();
    pooled.expect(&["1", "2"], &APPLIED).await;
}

/// PgBouncer before 1.21 lends the session of a client that is gone although more of its transactions are under way there,
/// and the next client gets their answers. So nothing may be under way after the end of a transaction.
#[tokio::test]
async fn a_killed_run_leaves_no_answers_to_the_next_client() {
    const TABLES: usize = 12;
    let scripts: Vec<_> = (1..=TABLES)
        .map(|n| (format!("{n}_table.up"), format!("CREATE TABLE table_{n} (n bigint)")))
        .collect();
    let scripts: Vec<_> = scripts.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let folder = postgres(&scripts);
    for via in ["pool", "client"] {
        let mut killed = 0;
        for kill in (1..=TABLES).step_by(3) {
            let slow = Slow::start().await;
            let next = slow.pooled.connect().await;
            let runner = Runner::migrate(via, slow.pooled.address(), &folder);
            let direct = &slow.pooled.client;
            until_row(direct, &format!("SELECT 1 WHERE to_regclass('table_{kill}') IS NOT NULL")).await;
            killed += usize::from(!runner.kill().await.success());
            for n in 0..20_i32 {
                let seen = next.query_typed_one("SELECT $1", &[(&n, Type::INT4)]).await;
                let seen = seen.unwrap_or_else(|error| panic!("{via}, killed after {kill}: {error}"));
                assert_eq!(seen.get::<_, i32>(0), n, "{via}, killed after {kill}");
            }
            Runner::migrate(via, slow.pooled.address(), &folder).succeeds().await;
            assert_eq!(
                rows(direct, "SELECT count(*)::text FROM migrate_history").await,
                [TABLES.to_string()]
            );
        }
        assert!(killed > 2, "{killed}");
    }
}

/// Others may leave answers behind. A run that gets them has lost its connection, and its scripts have no mistake. What it
/// makes of them depends on the answers, so not each run can say where they come from.
#[tokio::test]
async fn a_run_that_gets_the_answers_to_another_client_says_so() {
    let folder = postgres(&[CREATE]);
    let set = folder.set();
    let mut strange = 0;
    for after in (0..100).step_by(10) {
        let slow = Slow::start().await;
        let (other, connection) =
            slow.pooled.bouncer.config(slow.pooled.database.name()).connect(NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let asked = tokio::spawn(async move {
            futures_util::future::join_all((0..20).map(|_| other.simple_query("SELECT 1"))).await;
        });
        tokio::time::sleep(Duration::from_millis(100 + after)).await;
        connection.abort();
        asked.await.unwrap();
        // The pooler ends a session that answers while no one asks, so it takes a while without questions.
        let mut runs = 0;
        while let Err(error) = Migrator::new(&set).migrate(&slow.pooled.pool(2)).await {
            let text = error.to_string();
            assert_eq!(error.kind(), ErrorKind::Database, "{text}");
            strange += usize::from(text.contains("hint: the answer was to a statement of another client"));
            runs += 1;
            assert!(runs < 20, "{text}");
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        slow.pooled.expect(&["1"], &["1|applied"]).await;
    }
    let pooled = Pooled::start(1).await;
    let version = rows(&pooled.bouncer.connect("pgbouncer").await.unwrap(), "SHOW VERSION").await;
    let minor: u32 = version[0].split('.').nth(1).unwrap().parse().unwrap();
    assert_eq!(strange > 0, minor < 21, "{strange} with {version:?}");
}

#[tokio::test]
async fn clients_without_a_pool_of_which_some_are_killed_leave_nothing() {
    for size in [1, 2, 4] {
        let pooled = Pooled::start(size).await;
        let folder = mixed();
        let runners: Vec<_> = (0..12).map(|_| Runner::migrate("client", pooled.address(), &folder)).collect();
        for (n, runner) in runners.into_iter().enumerate() {
            if n % 2 == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                runner.kill().await;
            } else {
                runner.succeeds().await;
            }
        }
        until_none(&pooled.client, TRANSACTIONS).await;
        assert_eq!(rows(&pooled.client, LOCKS).await, [""; 0]);
        assert_eq!(rows(&pooled.client, INVALID).await, [""; 0]);
        assert_eq!(rows(&pooled.client, "SELECT n FROM seed ORDER BY n").await, SEEDS);
        assert_eq!(rows(&pooled.client, HISTORY).await, APPLIED);
    }
}
