//! What runs outside of transactions is cut off at every point: another run finds out whether it was done.

use migrate::testing::{PrivateServer, Server, TestDatabase};
use migrate::{Error, ErrorKind, MigrationSet, Migrator, Refusal, Report};
use tokio_postgres::{Client, Config};

use crate::database::{
    self, HISTORY, LOG, TRANSACTIONS, assert_nothing_stranded, rows, until_none, until_row, wipe,
};
use crate::folder::{Folder, postgres};
use crate::process::Runner;
use crate::proxy::{Cut, Proxy};

/// A statement, and how a database looks behind it.
struct Case {
    /// What is there before.
    setup: &'static str,
    statement: String,
    /// Asks for what the statement did.
    done: &'static str,
    want: &'static [&'static str],
    /// What takes it away again, where that is outside of the schema; errors do not matter.
    clean: &'static [&'static str],
}

fn case(
    setup: &'static str,
    statement: impl Into<String>,
    done: &'static str,
    want: &'static [&'static str],
) -> Case {
    Case { setup, statement: statement.into(), done, want, clean: &[] }
}

impl Case {
    fn clean(self, clean: &'static [&'static str]) -> Case {
        Case { clean, ..self }
    }

    /// The statement between two that count how often the script ran.
    fn folder(&self) -> Folder {
        let script = format!(
            "-- migrate: no-transaction\nINSERT INTO seed VALUES (1);\n{};\nINSERT INTO seed VALUES (2);",
            self.statement
        );
        postgres(&[("1_alone.up", &script)])
    }

    async fn set_up(&self, client: &Client) {
        self.clean_up(client).await;
        client.batch_execute("CREATE TABLE seed (n bigint)").await.unwrap();
        for statement in self.setup.split(";;") {
            client.batch_execute(statement).await.unwrap();
        }
    }

    async fn clean_up(&self, client: &Client) {
        for clean in self.clean {
            let _ = client.batch_execute(clean).await;
        }
        wipe(client).await;
    }

    async fn check(&self, client: &Client, place: &str) {
        until_none(client, TRANSACTIONS).await;
        assert_eq!(rows(client, self.done).await, self.want, "{place}");
        assert_eq!(rows(client, "SELECT n FROM seed ORDER BY n").await, ["1", "2"], "{place}");
        assert_eq!(rows(client, HISTORY).await, ["1|applied"], "{place}");
        assert_eq!(rows(client, LOG).await, ["apply|1"], "{place}");
        assert_nothing_stranded(client).await;
    }

    /// Cuts the wire before the statement, behind it and behind its answer, and before its count.
    async fn cut_everywhere(&self, database: &TestDatabase) {
        let client = database.connect().await.unwrap();
        let set = self.folder().set();
        let proxy = Proxy::start(database.config());
        self.set_up(&client).await;
        run(proxy.config(), &set).await.unwrap();
        self.check(&client, &self.statement).await;
        let texts = proxy.texts();
        let is_statement = |text: &String| text.trim_end() == self.statement;
        // The first try may have been inside of a transaction.
        let at = texts.iter().rposition(is_statement).unwrap_or_else(|| panic!("{texts:#?}"));
        let commit = at + texts[at..].iter().position(|text| text == "COMMIT\n").unwrap();
        let cuts = [
            (at, Cut::Before),
            (at, Cut::After),
            (at, Cut::AfterAnswer),
            // Behind its effect, and before its count.
            (commit, Cut::Before),
        ];
        for (message, cut) in cuts {
            let place = format!("{}: {cut:?} {}", self.statement, texts[message]);
            self.set_up(&client).await;
            proxy.cut(message + 1, cut);
            let cut_off = run(proxy.config(), &set).await;
            assert!(cut_off.is_err(), "{place}");
            // At once: what the server still does for the lost run is the new run's to live with.
            run(database.config(), &set).await.unwrap_or_else(|error| panic!("{place}: {error}"));
            self.check(&client, &place).await;
        }
        self.clean_up(&client).await;
    }
}

async fn run(config: Config, set: &MigrationSet) -> Result<Report, Error> {
    Migrator::new(set).migrate(&database::pool(config, 1)).await
}

const INDEXES: &str =
    "SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'big'::regclass ORDER BY 1";
const BIG: &str =
    "CREATE TABLE big AS SELECT n FROM generate_series(1, 100) AS n; CREATE INDEX big_n ON big (n)";
const PARTITIONED: &str = "CREATE TABLE big (n int) PARTITION BY RANGE (n);
    CREATE TABLE small PARTITION OF big FOR VALUES FROM (0) TO (10); CREATE INDEX big_n ON big (n)";

#[tokio::test]
async fn what_changes_a_schema_is_done_once() {
    let indexes_of_all =
        "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname ~ '^(big|small)' ORDER BY 1";
    let cases = [
        case(BIG, "CREATE INDEX CONCURRENTLY big_m ON big (n)", INDEXES, &["big_n|t", "big_m|t"]),
        case(BIG, "DROP INDEX CONCURRENTLY big_n", INDEXES, &[]),
        case(BIG, "DROP INDEX CONCURRENTLY IF EXISTS public.\"big_n\"", INDEXES, &[]),
        case(BIG, "REINDEX INDEX CONCURRENTLY big_n", INDEXES, &["big_n|t"]),
        case(BIG, "REINDEX (VERBOSE) TABLE CONCURRENTLY public.big", INDEXES, &["big_n|t"]),
        case(BIG, "REINDEX SCHEMA CONCURRENTLY public", INDEXES, &["big_n|t"]),
        case(BIG, "REINDEX (VERBOSE) SCHEMA public", INDEXES, &["big_n|t"]),
        case(BIG, "CLUSTER", INDEXES, &["big_n|t"]),
        case(BIG, "VACUUM (ANALYZE) big", "SELECT relpages > 0 FROM pg_class WHERE relname = 'big'", &["t"]),
        case(BIG, "DISCARD ALL", INDEXES, &["big_n|t"]),
        case(PARTITIONED, "REINDEX TABLE big", indexes_of_all, &["big_n|t", "small_n_idx|t"]),
        case(PARTITIONED, "REINDEX INDEX CONCURRENTLY big_n", indexes_of_all, &["big_n|t", "small_n_idx|t"]),
        case(
            PARTITIONED,
            "ALTER TABLE big DETACH PARTITION small CONCURRENTLY",
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'big'::regclass",
            &["0"],
        ),
    ];
    let database = database::create("alone_schema").await;
    for case in cases {
        case.cut_everywhere(&database).await;
    }
}

/// A server of our own, with what these objects need.
fn logical_server() -> PrivateServer {
    let mut private = Server::private().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = private.server().connect().await.unwrap();
        client.batch_execute("ALTER SYSTEM SET wal_level = 'logical'").await.unwrap();
        client.batch_execute("ALTER SYSTEM SET max_prepared_transactions = 5").await.unwrap();
        client.batch_execute("ALTER SYSTEM SET allow_in_place_tablespaces = on").await.unwrap();
        client.batch_execute("CHECKPOINT").await.unwrap();
    });
    private.kill().unwrap();
    private.start().unwrap();
    private
}

fn connection(config: &Config) -> String {
    let tokio_postgres::config::Host::Unix(directory) = &config.get_hosts()[0] else { panic!("{config:?}") };
    format!(
        "host={} port={} user={} dbname={}",
        directory.display(),
        config.get_ports()[0],
        config.get_user().unwrap(),
        config.get_dbname().unwrap()
    )
}

#[test]
fn what_belongs_to_a_server_is_done_once() {
    let (subscriber, publisher) = (logical_server(), logical_server());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let source = publisher.server().create_database("publisher").await.unwrap();
        let there = source.connect().await.unwrap();
        let publish =
            "CREATE TABLE big (n int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE big; CREATE PUBLICATION q";
        there.batch_execute(publish).await.unwrap();
        let source_address = connection(&source.config());
        let subscribe = format!("CREATE SUBSCRIPTION s CONNECTION '{source_address}' PUBLICATION p");
        let subscribed: &'static str =
            Box::leak(format!("CREATE TABLE big (n int PRIMARY KEY);;{subscribe}").into_boxed_str());
        let slot = "SELECT slot_name FROM pg_replication_slots";
        let drop_slot: &[&str] = &["SELECT pg_drop_replication_slot('x')"];
        let drop_subscription: &[&str] = &["DROP SUBSCRIPTION s"];
        let publications = "SELECT subpublications FROM pg_subscription WHERE subname = 's'";
        let prepared =
            "CREATE TABLE big (n int);; BEGIN; INSERT INTO big VALUES (1); PREPARE TRANSACTION 'x'";
        let cases = [
            case(
                "SELECT 1",
                "CREATE DATABASE other_database",
                "SELECT 1 FROM pg_database WHERE datname = 'other_database'",
                &["1"],
            )
            .clean(&["DROP DATABASE other_database"]),
            case(
                "CREATE DATABASE other_database",
                "DROP DATABASE other_database",
                "SELECT 1 FROM pg_database WHERE datname = 'other_database'",
                &[],
            ),
            case(
                "SELECT 1",
                "CREATE TABLESPACE other_space LOCATION ''",
                "SELECT 1 FROM pg_tablespace WHERE spcname = 'other_space'",
                &["1"],
            )
            .clean(&["DROP TABLESPACE other_space"]),
            case(
                "CREATE TABLESPACE other_space LOCATION ''",
                "DROP TABLESPACE other_space",
                "SELECT 1 FROM pg_tablespace WHERE spcname = 'other_space'",
                &[],
            ),
            case("SELECT 1", "SELECT pg_create_logical_replication_slot('x', 'pgoutput')", slot, &["x"])
                .clean(drop_slot),
            case("SELECT 1", "SELECT pg_create_physical_replication_slot('x')", slot, &["x"])
                .clean(drop_slot),
            case(
                "SELECT pg_create_physical_replication_slot('x')",
                "SELECT pg_drop_replication_slot('x')",
                slot,
                &[],
            ),
            case(
                "SELECT 1",
                "ALTER SYSTEM SET work_mem = '5MB'",
                "SELECT setting FROM pg_file_settings WHERE name = 'work_mem'",
                &["5MB"],
            ),
            case(prepared, "COMMIT PREPARED 'x'", "SELECT n FROM big", &["1"])
                .clean(&["ROLLBACK PREPARED 'x'"]),
            case(
                "CREATE TABLE big (n int PRIMARY KEY)",
                subscribe,
                "SELECT subname FROM pg_subscription",
                &["s"],
            )
            .clean(drop_subscription),
            case(subscribed, "ALTER SUBSCRIPTION s ADD PUBLICATION q", publications, &["{p,q}"])
                .clean(drop_subscription),
            case(subscribed, "ALTER SUBSCRIPTION s REFRESH PUBLICATION", publications, &["{p}"])
                .clean(drop_subscription),
            case(subscribed, "DROP SUBSCRIPTION s", publications, &[]).clean(drop_subscription),
        ];
        let database = subscriber.server().create_database("alone_server").await.unwrap();
        for case in cases {
            case.cut_everywhere(&database).await;
        }
        // What the last one would leave must not keep the servers.
        let client = database.connect().await.unwrap();
        for clean in [drop_subscription, drop_slot].concat() {
            let _ = client.batch_execute(clean).await;
        }
    });
}

/// No one but its author knows what a procedure has done so far.
#[tokio::test]
async fn what_nobody_knows_is_asked_and_never_repeated_in_silence() {
    let procedure = "CREATE TABLE big (n int); CREATE PROCEDURE fill() LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO big VALUES (1); COMMIT; INSERT INTO big VALUES (2); END $$";
    let case = case(procedure, "CALL fill()", "SELECT n FROM big ORDER BY n", &["1", "2"]);
    let database = database::create("alone_unknown").await;
    let client = database.connect().await.unwrap();
    let set = case.folder().set();
    let proxy = Proxy::start(database.config());
    case.set_up(&client).await;
    run(proxy.config(), &set).await.unwrap();
    let number = proxy.texts().iter().position(|text| text == "CALL fill()\n").unwrap() + 1;
    let version = set.migrations()[0].version();
    for (cut, is_done) in [(Cut::Before, false), (Cut::AfterAnswer, true)] {
        case.set_up(&client).await;
        proxy.cut(number, cut);
        run(proxy.config(), &set).await.unwrap_err();
        until_none(&client, TRANSACTIONS).await;
        for _ in 0..2 {
            let error = run(database.config(), &set).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused);
            let [Refusal::CutOff { statement: 2, text: Some(text), .. }] = error.refusals() else {
                panic!("{error}")
            };
            assert_eq!(text, "CALL fill()");
            assert!(error.to_string().contains("--statement-done 1"), "{error}");
            assert_eq!(rows(&client, case.done).await.len(), if is_done { 2 } else { 0 });
        }
        let pool = database::pool(database.config(), 1);
        let migrator = Migrator::new(&set);
        let (resolved, word) = match is_done {
            true => (migrator.resolve_statement_done(&pool, version).await, "statement-done|1"),
            false => (migrator.resolve_statement_undone(&pool, version).await, "statement-undone|1"),
        };
        assert_eq!(resolved.unwrap().migrations.len(), 1);
        run(database.config(), &set).await.unwrap();
        assert_eq!(rows(&client, case.done).await, case.want);
        assert_eq!(rows(&client, "SELECT n FROM seed ORDER BY n").await, ["1", "2"]);
        assert_eq!(rows(&client, LOG).await, [word, "apply|1"]);
        assert_eq!(rows(&client, HISTORY).await, ["1|applied"]);
    }
}

/// What was under way when a run was cut off is not known by words that came later.
#[tokio::test]
async fn a_statement_that_was_cut_off_and_edited_is_asked_about() {
    let case = case(BIG, "DROP INDEX CONCURRENTLY big_n", INDEXES, &[]);
    let database = database::create("alone_edited").await;
    let client = database.connect().await.unwrap();
    let folder = case.folder();
    let set = folder.set();
    let proxy = Proxy::start(database.config());
    case.set_up(&client).await;
    run(proxy.config(), &set).await.unwrap();
    let number = proxy.texts().iter().position(|text| text.starts_with("DROP INDEX")).unwrap() + 1;
    case.set_up(&client).await;
    proxy.cut(number, Cut::AfterAnswer);
    run(proxy.config(), &set).await.unwrap_err();
    folder.write("1_alone.up.sql", "-- migrate: no-transaction\nINSERT INTO seed VALUES (1);\nVACUUM big");
    let error = run(database.config(), &folder.set()).await.unwrap_err();
    assert!(matches!(error.refusals(), [Refusal::CutOff { statement: 2, text: None, .. }]), "{error}");
    run(database.config(), &set).await.unwrap();
    assert_eq!(rows(&client, INDEXES).await, [""; 0]);
}

/// A statement that fails is over: the next run begins it anew, and takes nothing for its work.
#[tokio::test]
async fn a_statement_that_failed_leaves_no_question() {
    let database = database::create("alone_failed").await;
    let client = database.connect().await.unwrap();
    let folder = postgres(&[("1_alone.up", "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY missing")]);
    for _ in 0..2 {
        let error = run(database.config(), &folder.set()).await.unwrap_err();
        assert_eq!(error.code(), Some("42704"), "{error}");
    }
    assert_eq!(rows(&client, HISTORY).await, ["1|applying"]);
}

/// A runner is killed while its statement waits for a transaction that is older, and its session goes on.
async fn killed_while_it_waits(statement: &str, done: &str, want: &[&str]) {
    let database = database::create("alone_killed").await;
    let client = database.connect().await.unwrap();
    let writer = database.connect().await.unwrap();
    let script = format!("-- migrate: no-transaction\n{statement}");
    let folder = postgres(&[("1_alone.up", &script)]);
    let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
        AND application_name = 'runner' AND state = 'active' AND wait_event_type = 'Lock'";
    for via in ["pool", "client"] {
        wipe(&client).await;
        client.batch_execute(BIG).await.unwrap();
        writer.batch_execute("BEGIN; INSERT INTO big VALUES (7)").await.unwrap();
        let runner = Runner::migrate(via, database.url(), &folder);
        until_row(&client, waiting).await;
        runner.kill().await;
        let other = Runner::migrate(via, database.url(), &folder);
        // It has to meet the work under way.
        let at_it = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = 'runner' AND query ~ '^WITH relations|advisory_lock'";
        until_row(&client, at_it).await;
        writer.batch_execute("COMMIT").await.unwrap();
        other.succeeds().await;
        assert_nothing_stranded(&client).await;
        assert_eq!(rows(&client, done).await, want, "{via}");
        assert_eq!(rows(&client, HISTORY).await, ["1|applied"]);
    }
}

#[tokio::test]
async fn a_runner_killed_while_it_drops_an_index_leaves_it_to_another() {
    killed_while_it_waits("DROP INDEX CONCURRENTLY big_n", INDEXES, &[]).await;
}

#[tokio::test]
async fn a_runner_killed_while_it_reindexes_leaves_it_to_another() {
    for _ in 0..3 {
        killed_while_it_waits("REINDEX INDEX CONCURRENTLY big_n", INDEXES, &["big_n|t"]).await;
    }
    killed_while_it_waits("REINDEX TABLE CONCURRENTLY big", INDEXES, &["big_n|t"]).await;
}

/// As a session that was ended leaves it.
#[tokio::test]
async fn what_a_reindex_left_is_dropped() {
    let database = database::create("alone_leftover").await;
    let client = database.connect().await.unwrap();
    let hand = database.connect().await.unwrap();
    let writer = database.connect().await.unwrap();
    for statement in [
        "REINDEX INDEX CONCURRENTLY big_n",
        "REINDEX TABLE CONCURRENTLY big",
        "REINDEX SCHEMA CONCURRENTLY public",
    ] {
        wipe(&client).await;
        client.batch_execute(BIG).await.unwrap();
        writer.batch_execute("BEGIN; INSERT INTO big VALUES (7)").await.unwrap();
        let by_hand = async { hand.batch_execute("REINDEX INDEX CONCURRENTLY big_n").await.unwrap_err() };
        let ended = async {
            let building = "SELECT pid FROM pg_stat_progress_create_index WHERE datname = current_database()
                AND phase = 'waiting for writers before build'";
            let pid = until_row(&client, building).await;
            rows(&client, &format!("SELECT pg_cancel_backend({pid})")).await;
        };
        tokio::join!(by_hand, ended);
        writer.batch_execute("COMMIT").await.unwrap();
        assert_eq!(rows(&client, INDEXES).await, ["big_n|t", "big_n_ccnew|f"]);
        let set = postgres(&[("1_alone.up", &format!("-- migrate: no-transaction\n{statement}"))]).set();
        run(database.config(), &set).await.unwrap();
        assert_eq!(rows(&client, INDEXES).await, ["big_n|t"], "{statement}");
    }
}

/// Limits of a role or a database would end a build in its midst, and then what cleans up behind it.
#[tokio::test]
async fn the_limits_of_a_database_do_not_end_what_runs_alone() {
    for (statement, want) in [
        ("CREATE INDEX CONCURRENTLY big_m ON big (n)", &["big_n|t", "big_m|t"][..]),
        ("REINDEX INDEX CONCURRENTLY big_n", &["big_n|t"]),
        ("DROP INDEX CONCURRENTLY big_n", &[]),
    ] {
        for limit in ["lock_timeout", "statement_timeout"] {
            let database = database::create("alone_limits").await;
            let client = database.connect().await.unwrap();
            let writer = database.connect().await.unwrap();
            client.batch_execute(BIG).await.unwrap();
            let limited = format!("ALTER DATABASE \"{}\" SET {limit} = '100ms'", database.name());
            client.batch_execute(&limited).await.unwrap();
            writer.batch_execute("BEGIN; INSERT INTO big VALUES (7)").await.unwrap();
            let folder = postgres(&[("1_alone.up", &format!("-- migrate: no-transaction\n{statement}"))]);
            let runner = Runner::migrate("client", database.url(), &folder);
            let waits = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                AND application_name = 'runner' AND state = 'active' AND wait_event_type = 'Lock'
                AND query_start < clock_timestamp() - interval '300 ms'";
            until_row(&client, waits).await;
            writer.batch_execute("COMMIT").await.unwrap();
            runner.succeeds().await;
            assert_eq!(rows(&client, INDEXES).await, want, "{statement}: {limit}");
        }
    }
}

/// The script's own limits hold, for its statements and not for what cleans up behind them.
#[tokio::test]
async fn the_limits_of_a_script_end_it_and_leave_nothing_invalid() {
    for limit in [
        "-- migrate: lock-timeout 100ms\n",
        "-- migrate: statement-timeout 100ms\n",
        "SET lock_timeout = '100ms';",
    ] {
        for statement in ["CREATE INDEX CONCURRENTLY big_m ON big (n)", "REINDEX INDEX CONCURRENTLY big_n"] {
            let database = database::create("alone_own_limits").await;
            let client = database.connect().await.unwrap();
            let writer = database.connect().await.unwrap();
            client.batch_execute(BIG).await.unwrap();
            writer.batch_execute("BEGIN; INSERT INTO big VALUES (7)").await.unwrap();
            let set =
                postgres(&[("1_alone.up", &format!("-- migrate: no-transaction\n{limit}{statement}"))]).set();
            let failed = run(database.config(), &set);
            let free = async {
                let dropping = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                    AND query ~ '^DROP INDEX' AND state = 'active' AND query_start < clock_timestamp() - interval '300 ms'";
                until_row(&client, dropping).await;
                writer.batch_execute("COMMIT").await.unwrap();
            };
            let (failed, ()) = tokio::join!(failed, free);
            let error = failed.unwrap_err();
            assert!(matches!(error.code(), Some("55P03" | "57014")), "{error}");
            assert_eq!(rows(&client, INDEXES).await, ["big_n|t"], "{limit}{statement}");
            run(database.config(), &set).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_cannot_be_cleaned_up_is_told() {
    let database = database::create("alone_told").await;
    let client = database.connect().await.unwrap();
    client
        .batch_execute(
            "CREATE TABLE big AS SELECT unnest(ARRAY[1, 1]) AS n;
            CREATE FUNCTION keep() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$;
            CREATE EVENT TRIGGER keep ON ddl_command_start WHEN TAG IN ('DROP INDEX') EXECUTE FUNCTION keep()",
        )
        .await
        .unwrap();
    let script = "-- migrate: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY big_n ON big (n)";
    let set = postgres(&[("1_alone.up", script)]).set();
    let error = run(database.config(), &set).await.unwrap_err();
    assert_eq!(error.code(), Some("23505"));
    assert!(
        error.to_string().contains("the index big_n is invalid and could not be dropped: kept"),
        "{error}"
    );
    let error = run(database.config(), &set).await.unwrap_err();
    assert!(
        error.to_string().contains("the index big_n is invalid and could not be dropped: kept"),
        "{error}"
    );
    client.batch_execute("DROP EVENT TRIGGER keep; DELETE FROM big").await.unwrap();
    run(database.config(), &set).await.unwrap();
    assert_eq!(rows(&client, INDEXES).await, ["big_n|t"]);
}
