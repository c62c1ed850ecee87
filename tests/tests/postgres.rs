//! What only PostgreSQL has: sessions, schemas, limits, and futures that are dropped.

use std::time::{Duration, Instant};

use migrate::{Dialect, ErrorKind, Migrator, SetState, Target};
use migrate_tests::{Folder, PostgresClient, PostgresPool, Sandbox, query, version};
use tokio::time::{sleep, timeout};

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

// Sessions

#[tokio::test]
async fn what_a_script_does_to_the_session_does_not_reach_the_next() {
    for script in [
        "CREATE SCHEMA app; SET search_path TO app; CREATE TABLE first ()",
        "CREATE SCHEMA app; SELECT set_config('search_path', '', false); CREATE TABLE app.first ()",
        "CREATE SCHEMA app; SELECT pg_catalog.set_config('search_path', 'app', false); CREATE TABLE first ()",
        "CREATE SCHEMA app; SET SESSION search_path = app, public; CREATE TABLE first ()",
        "CREATE SCHEMA app; SET LOCAL search_path = app; CREATE TABLE first ()",
        "CREATE SCHEMA app; CREATE TABLE app.first (); SET TimeZone TO 'Asia/Tokyo'; SET client_min_messages = error",
        "CREATE SCHEMA app; CREATE TABLE app.first (); SET default_transaction_isolation = 'serializable'",
    ] {
        let mut db = database("session").await;
        let before = db.rows(SESSION).await;
        let set = followed(script).set();
        let report = db.migrate(&Migrator::new(&set)).await.unwrap();
        assert_eq!(report.migrations.len(), 2, "{script}");
        assert_eq!(db.column(PLACES).await, ["app.first", "public.second"], "{script}");
        assert_eq!(db.rows(SESSION).await, before, "{script}");
        assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_callers_own_settings_survive() {
    for script in [
        "CREATE TABLE first ()",
        "RESET ALL; SET search_path TO pg_catalog",
        "DISCARD PLANS; SET statement_timeout = '1h'",
    ] {
        let mut db = PostgresClient::create("settings").await;
        db.execute(
            "CREATE SCHEMA mine; SET search_path TO mine, public; SET statement_timeout = '77s'; SET lock_timeout = '7s';
             SET TimeZone TO 'Europe/Berlin'; SET application_name TO 'shop'; SET client_min_messages = error;
             SET default_transaction_isolation = 'repeatable read'",
        )
        .await;
        let before = db.rows(SESSION).await;
        let set = followed(script).set();
        db.migrate(&Migrator::new(&set)).await.unwrap();
        assert_eq!(db.rows(SESSION).await, before, "{script}");
        assert_eq!(db.column(PLACES).await.last().unwrap(), "mine.second");
        db.rollback(&Migrator::new(&set), 2).await.unwrap();
        assert_eq!(db.rows(SESSION).await, before, "{script}");
    }
}

#[tokio::test]
async fn the_callers_settings_survive_a_failure() {
    let mut db = PostgresClient::create("settings_failure").await;
    db.execute("SET statement_timeout = '77s'; SET application_name TO 'shop'").await;
    let before = db.rows(SESSION).await;
    let set = followed("SET search_path TO nowhere; SET statement_timeout = '1h'; SELECT 1/0").set();
    db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(db.rows(SESSION).await, before);
    let set = followed("-- migrate: no-transaction\nSET statement_timeout = '1h'; SELECT 1/0").set();
    db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(db.rows(SESSION).await, before);
}

#[tokio::test]
async fn a_block_that_sets_something_does_not_reach_the_next() {
    let mut db = database("block_sets").await;
    let before = db.rows(SESSION).await;
    let set =
        followed("CREATE SCHEMA app; DO $$ BEGIN SET search_path TO app; END $$; CREATE TABLE first ()")
            .set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column(PLACES).await, ["app.first", "public.second"]);
    assert_eq!(db.rows(SESSION).await, before);
}

#[tokio::test]
async fn a_role_that_a_script_takes_does_not_reach_the_next() {
    // This role owns `public`, and has no rights on the history.
    for script in [
        "SET ROLE pg_database_owner; CREATE TABLE first ()",
        "SELECT set_config('role', 'pg_database_owner', false); CREATE TABLE first ()",
        "SET LOCAL ROLE pg_database_owner; CREATE TABLE first ()",
        "SET SESSION AUTHORIZATION pg_database_owner; CREATE TABLE first ()",
    ] {
        let mut db = database("role").await;
        let before = db.rows(SESSION).await;
        let set = followed(script).set();
        let report = db.migrate(&Migrator::new(&set)).await;
        let report = report.unwrap_or_else(|error| panic!("{script}\n{error}"));
        assert_eq!(report.migrations.len(), 2);
        let owners = db.rows(
            "SELECT tablename, tableowner FROM pg_tables WHERE tablename !~ '^(pg|sql|migrate)_' ORDER BY 1",
        );
        let me = before[0][1].clone();
        assert_eq!(owners.await, [["first", "pg_database_owner"], ["second", me.as_str()]], "{script}");
        assert_eq!(db.rows(SESSION).await, before, "{script}");
    }
}

#[tokio::test]
async fn a_setting_of_the_callers_own_invention_survives() {
    let mut db = PostgresClient::create("custom_setting").await;
    db.execute("SELECT set_config('app.tenant', '7', false)").await;
    let set = followed("SET search_path TO public").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column("SELECT current_setting('app.tenant', true)").await, ["7"]);
}

/// The caller's own transaction is neither committed nor rolled back by us.
#[tokio::test]
async fn a_client_inside_a_transaction_is_refused() {
    let mut db = PostgresClient::create("inside").await;
    let first = Folder::new(Dialect::Postgres).table(1, "a");
    db.migrate(&Migrator::new(&first.set())).await.unwrap();
    db.execute("BEGIN; CREATE TABLE mine ()").await;
    let set = first.table(2, "b").set();
    let result = db.migrate(&Migrator::new(&set)).await;
    db.execute("ROLLBACK").await;
    assert_eq!(db.tables().await, ["a"]);
    assert!(result.is_err());
}

#[tokio::test]
async fn a_transaction_of_the_script_inside_a_block_is_refused_by_the_server() {
    let mut db = database("block_commit").await;
    let set = followed("CREATE TABLE first (); DO $$ BEGIN COMMIT; END $$").set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("2D000")));
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(db.history().await, [""; 0]);
}

#[tokio::test]
async fn a_block_that_commits_runs_without_transaction() {
    let mut db = database("block_commit_alone").await;
    let batches = "-- migrate: no-transaction\nCREATE TABLE first (n int);
        DO $$ BEGIN FOR n IN 1..3 LOOP INSERT INTO first VALUES (n); COMMIT; END LOOP; END $$;";
    let set = followed(batches).set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column("SELECT count(*) FROM first").await, ["3"]);
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
}

#[tokio::test]
async fn an_error_inside_a_function_points_at_the_statement() {
    let mut db = database("in_function").await;
    let script = "CREATE TABLE first ();\n\n  DO $$ BEGIN\n  PERFORM 1;\n  PERFORM missing();\nEND $$;";
    let set = followed(script).set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.code(), Some("42883"));
    assert_eq!(error.position().unwrap().to_string(), "3:3");
    let text = error.to_string();
    assert!(
        text.contains("\n hint: No function matches") && text.contains("\n context: PL/pgSQL function"),
        "{text}"
    );
}

#[tokio::test]
async fn the_detail_of_the_server_is_told() {
    let mut db = database("detail").await;
    let set = followed("CREATE TABLE first (id int PRIMARY KEY); INSERT INTO first VALUES (1), (1)").set();
    let text = db.migrate(&Migrator::new(&set)).await.unwrap_err().to_string();
    assert!(text.contains("\n detail: Key (id)=(1) already exists."), "{text}");
}

// The history's place

#[tokio::test]
async fn the_history_has_a_schema_of_its_own() {
    let mut db = database("history_schema").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set).history_schema("my \"app\" schema").history_prefix("it's \"mine\"");
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    db.plan(&migrator, Target::Latest).await.unwrap();
    assert_eq!(db.column("SELECT nspname FROM pg_namespace WHERE nspname ~ 'app'").await, [""; 0]);
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2);
    let tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname ~ 'app' ORDER BY 2";
    let schema = "my \"app\" schema";
    let expected =
        ["history", "log", "schema"].map(|table| [schema.to_owned(), format!("it's \"mine\"_{table}")]);
    assert_eq!(db.rows(tables).await, expected);
    assert_eq!(
        db.column("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").await,
        ["first", "second"]
    );
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(db.rollback(&migrator, 1).await.unwrap().migrations.len(), 1);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
}

#[tokio::test]
async fn the_history_is_found_whatever_the_search_path() {
    let mut db = database("search_path").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("CREATE SCHEMA other; CREATE TABLE other.migrate_history (); SET search_path TO other").await;
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
    db.rollback(&migrator, 0).await.unwrap();
    db.execute("SET search_path TO ''").await;
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
}

#[tokio::test]
async fn reading_needs_no_right_but_select() {
    let mut db = PostgresClient::create("reader").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    // A role of the server's own that may read every table and do nothing else.
    db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC; SET ROLE pg_read_all_data").await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    assert_eq!(db.plan(&migrator, Target::Latest).await.unwrap().steps.len(), 2);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(error.to_string().contains("needs CREATE on their schema"), "{error}");
    db.execute("RESET ROLE").await;
    db.migrate_to(&migrator, version(1)).await.unwrap();
    db.execute("SET ROLE pg_read_all_data").await;
    let records = db.records().await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    assert_eq!(db.plan(&migrator, Target::Latest).await.unwrap().steps.len(), 1);
    assert_eq!(db.plan(&migrator, Target::Down(1)).await.unwrap().steps.len(), 1);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!(error.code(), Some("42501"), "{error}");
    assert!(error.to_string().contains("grant SELECT, INSERT, UPDATE and DELETE"), "{error}");
    assert_eq!(db.records().await, records);
    db.execute("RESET ROLE").await;
    db.migrate(&migrator).await.unwrap();
    db.execute("SET ROLE pg_read_all_data").await;
    // With nothing to do, not even a run needs more.
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert!(db.verify(&migrator).await.unwrap().is_ok());
}

#[tokio::test]
async fn status_runs_in_a_session_that_may_only_read() {
    let mut db = PostgresClient::create("read_only").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    db.execute("SET default_transaction_read_only = on").await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    assert_eq!(db.plan(&migrator, Target::Latest).await.unwrap().steps.len(), 2);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!(error.code(), Some("25006"), "{error}");
}

#[tokio::test]
async fn characteristics_that_a_script_sets_do_not_reach_the_next() {
    let mut db = database("characteristics").await;
    let before = db.rows(SESSION).await;
    let script = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
        SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE";
    let report = db.migrate(&Migrator::new(&followed(script).set())).await.unwrap();
    assert_eq!(report.migrations.len(), 2);
    assert_eq!(db.rows(SESSION).await, before);
    assert_eq!(db.column("SHOW default_transaction_read_only").await, ["off"]);
}

#[tokio::test]
async fn the_history_schema_may_have_been_made_by_somebody_else() {
    let mut db = PostgresClient::create("given_schema").await;
    // A role that may not create schemas.
    db.execute("CREATE SCHEMA ours AUTHORIZATION pg_database_owner; SET ROLE pg_database_owner").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set).history_schema("ours");
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2);
}

#[tokio::test]
async fn a_set_for_sqlite_is_refused() {
    let mut db = database("wrong_engine").await;
    let set = Folder::new(Dialect::Sqlite).table(1, "a").set();
    let migrator = Migrator::new(&set);
    for error in [
        db.migrate(&migrator).await.unwrap_err(),
        db.status(&migrator).await.unwrap_err(),
        db.plan(&migrator, Target::Latest).await.unwrap_err(),
        db.rollback(&migrator, 1).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::WrongEngine);
        assert!(error.to_string().contains("written for sqlite and cannot run on PostgreSQL"), "{error}");
    }
    assert_eq!(db.column(PLACES).await, [""; 0]);
}

#[tokio::test]
async fn a_set_for_any_engine_runs() {
    let mut db = database("any_engine").await;
    let set = Folder::new(Dialect::Any).table(1, "a").set();
    assert_eq!(db.migrate(&Migrator::new(&set)).await.unwrap().migrations.len(), 1);
}

// Limits

#[tokio::test]
async fn a_lock_that_is_not_to_be_had_ends_the_wait() {
    let mut db = PostgresClient::create("lock_timeout").await;
    db.execute("CREATE TABLE busy (); SET lock_timeout = '77s'").await;
    let mut other = db.beside().await;
    other.execute("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE").await;
    let script = "-- migrate: lock-timeout 50ms\nCREATE TABLE first ();\nALTER TABLE busy ADD COLUMN n int";
    let set = followed(script).set();
    let migrator = Migrator::new(&set).retries(0);
    let started = Instant::now();
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("55P03")));
    assert_eq!(error.statement(), Some("ALTER TABLE busy ADD COLUMN n int"));
    assert_eq!(db.column(PLACES).await, ["public.busy"]);
    assert_eq!(db.column("SHOW lock_timeout").await, ["77s"]);
    other.execute("ROLLBACK").await;
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2);
    assert_eq!(db.column("SHOW lock_timeout").await, ["77s"]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped() {
    let mut db = database("statement_timeout").await;
    let set =
        followed("-- migrate: statement-timeout 50ms\nCREATE TABLE first (); SELECT pg_sleep(30)").set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("57014")));
    assert_eq!(error.statement(), Some("SELECT pg_sleep(30)"));
    assert_eq!(db.column("SHOW statement_timeout").await, ["0"]);
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(db.log().await, ["failure 1"]);
}

#[tokio::test]
async fn limits_hold_for_their_script_alone() {
    let mut db = database("limits").await;
    let note = "INSERT INTO seen VALUES (current_setting('lock_timeout') || ' ' || current_setting('statement_timeout'))";
    let limited = format!("-- migrate: lock-timeout 3s\n-- migrate: statement-timeout 2min\n{note}");
    let alone = format!("-- migrate: no-transaction\n{note}");
    let alone_limited = format!(
        "-- migrate: no-transaction\n-- migrate: lock-timeout 4s\n{note}; DO $$ BEGIN {note}; END $$"
    );
    let set = folder()
        .migration("1_seen", "CREATE TABLE seen (limits text)", "DROP TABLE seen")
        .migration("2_limited", &limited, "SELECT 1")
        .migration("3_default", note, "SELECT 1")
        .migration("4_alone", &alone, "SELECT 1")
        .migration("5_alone_limited", &alone_limited, "SELECT 1")
        .migration("6_default", note, "SELECT 1")
        .set();
    let migrator =
        Migrator::new(&set).lock_timeout(Duration::from_secs(9)).statement_timeout(Duration::from_secs(70));
    db.migrate(&migrator).await.unwrap();
    // A script without transaction has no limits but its own.
    let want = ["3s 2min", "9s 70s", "0 0", "4s 0", "4s 0", "9s 70s"];
    assert_eq!(db.column("SELECT limits FROM seen").await, want);
    assert_eq!(
        db.rows("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')").await,
        [["0", "0"]]
    );
}

// Futures that are dropped

/// Waits until nobody but us is connected, and then looks.
async fn alone(db: &mut PostgresPool) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let deadline = Instant::now() + Duration::from_secs(20);
    while db.column(others).await != ["0"] {
        assert!(Instant::now() < deadline, "a connection of the dropped run is still there");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_dropped_run_leaves_a_healthy_pool_and_a_truthful_history() {
    let mut db = database("dropped").await;
    let mut folder = folder();
    for n in 1..=12 {
        let wait = if n == 6 { "; SELECT pg_sleep(1)" } else { "" };
        let up = format!("SET search_path TO public; CREATE TABLE t{n:02} (){wait}");
        folder = folder.migration(&format!("{n}_t"), &up, &format!("DROP TABLE t{n:02}"));
    }
    let set = folder.set();
    let migrator = Migrator::new(&set);
    let cut = timeout(Duration::from_millis(400), migrator.migrate(db.pool())).await;
    assert!(cut.is_err(), "the run was over before it could be dropped: {cut:?}");

    alone(&mut db).await;
    assert_eq!(db.pool().status().size, 1);
    let applied =
        "SELECT 't' || lpad(version::text, 2, '0') FROM migrate_history WHERE state = 'applied' ORDER BY 1";
    assert_eq!(db.column(applied).await, db.tables().await);
    assert_eq!(db.column("SELECT count(*) FROM migrate_history WHERE state <> 'applied'").await, ["0"]);
    assert_eq!(db.column("SHOW search_path").await, ["\"$user\", public"]);

    let before = db.tables().await.len();
    let report = db.migrate(&migrator).await.unwrap();
    assert_eq!(report.migrations.len(), 12 - before);
    assert_eq!(db.tables().await.len(), 12);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

#[tokio::test]
async fn a_run_without_transaction_that_is_dropped_goes_on() {
    let mut db = database("dropped_alone").await;
    let up = |wait: u8| {
        format!(
            "-- migrate: no-transaction\nCREATE TABLE first (n int);\nSELECT pg_sleep({wait});\nINSERT INTO first VALUES (1)"
        )
    };
    let slow = followed(&up(1));
    let set = slow.set();
    assert!(timeout(Duration::from_millis(400), Migrator::new(&set).migrate(db.pool())).await.is_err());
    alone(&mut db).await;
    let done = db.column("SELECT statements_done FROM migrate_history WHERE version = 1").await;
    // The server may have come to the end of what it was sent.
    assert!(done == ["1"] || done == ["2"], "{done:?}");
    assert_eq!(db.history().await, ["1 applying"]);
    assert_eq!(db.migrate(&Migrator::new(&set)).await.unwrap().migrations.len(), 2);
    assert_eq!(db.column("SELECT n FROM first").await, ["1"]);
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_a_truthful_history() {
    let mut db = database("cut").await;
    let set = folder()
        .table(1, "a")
        .migration("2_b", "CREATE TABLE b (); SELECT pg_terminate_backend(pg_backend_pid())", "DROP TABLE b")
        .table(3, "c")
        .set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.version(), error.report().migrations.len()), (Some(version(2)), 1));
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(db.history().await, ["1 applied"]);
}

// Without transaction

#[tokio::test]
async fn several_indexes_are_built_concurrently() {
    let mut db = database("concurrently").await;
    let up = "-- migrate: no-transaction
        CREATE INDEX CONCURRENTLY by_a ON box (a);
        CREATE INDEX CONCURRENTLY by_b ON box (b);
        CREATE INDEX CONCURRENTLY by_missing ON box (missing);
        CREATE INDEX CONCURRENTLY by_ab ON box (a, b)";
    let down = "-- migrate: no-transaction
        DROP INDEX CONCURRENTLY by_ab; DROP INDEX CONCURRENTLY by_b; DROP INDEX CONCURRENTLY by_a";
    let folder = folder()
        .migration("1_box", "CREATE TABLE box (a int, b int)", "DROP TABLE box")
        .migration("2_indexes", up, down)
        .table(3, "c");
    let error = db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    assert_eq!((error.code(), error.position().unwrap().to_string().as_str()), (Some("42703"), "4:9"));
    let indexes = "SELECT indexrelid::regclass::text, indisvalid FROM pg_index
        WHERE indrelid = 'box'::regclass ORDER BY 1";
    assert_eq!(db.rows(indexes).await, [["by_a", "t"], ["by_b", "t"]]);
    assert_eq!(db.history().await, ["1 applied", "2 applying"]);

    let set =
        folder.migration("2_indexes", &up.replace("missing", "ba").replace("(ba)", "(b, a)"), down).set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!((report.migrations.len(), report.migrations[0].statements), (2, 2));
    assert_eq!(db.rows(indexes).await, [["by_a", "t"], ["by_ab", "t"], ["by_b", "t"], ["by_ba", "t"]]);
}

#[tokio::test]
async fn the_pool_is_as_healthy_as_before() {
    let mut db = database("healthy").await;
    let set = followed("CREATE TABLE first ()").set();
    let broken = followed("CREATE TABLE first ()").migration("2_second", "SELEC 1", "SELECT 1").set();
    for _ in 0..3 {
        db.migrate(&Migrator::new(&set)).await.unwrap();
        db.rollback(&Migrator::new(&set), 1).await.unwrap();
        db.migrate(&Migrator::new(&broken)).await.unwrap_err();
    }
    alone(&mut db).await;
    let status = db.pool().status();
    assert_eq!((status.max_size, status.size, status.available, status.waiting), (1, 1, 1, 0));
    // Not in a transaction: a statement that refuses one runs.
    let client = db.pool().get().await.unwrap();
    assert_eq!(query(&client, "VACUUM first").await, [[""; 0]; 0]);
}

#[tokio::test]
async fn an_index_that_could_not_be_built_is_built_anew() {
    let mut db = database("invalid_index").await;
    let up = "-- migrate: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY once ON box (a);";
    let set = folder()
        .migration("1_box", "CREATE TABLE box (a int); INSERT INTO box VALUES (1), (1)", "DROP TABLE box")
        .migration("2_once", up, "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY once")
        .set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.code(), Some("23505"), "{error}");
    db.execute("DELETE FROM box").await;
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let valid = "SELECT indisvalid FROM pg_index WHERE indrelid = 'box'::regclass";
    assert_eq!(db.column(valid).await, ["t"]);
}

#[tokio::test]
async fn a_setting_in_a_script_without_transaction_holds_to_its_end() {
    let mut db = database("alone_setting").await;
    let up = "-- migrate: no-transaction\nSET search_path TO app;\nCREATE TABLE first (n int);\n\
        CREATE INDEX CONCURRENTLY by_n ON first (n)";
    let set = followed(up).set();
    db.execute("CREATE SCHEMA app").await;
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column(PLACES).await, ["app.first", "public.second"]);
    assert_eq!(db.column("SHOW search_path").await, ["\"$user\", public"]);
}

#[tokio::test]
async fn a_setting_in_the_part_that_is_done_holds_for_the_rest() {
    let mut db = database("resumed_setting").await;
    let up = |last: &str| {
        format!("-- migrate: no-transaction\nSET search_path TO app;\nCREATE TABLE first (n int);\n{last}")
    };
    db.execute("CREATE SCHEMA app").await;
    let folder = followed(&up("INSERT INTO first VALUES ('x')"));
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = folder.migration("1_first", &up("INSERT INTO first VALUES (1)"), "SELECT 1").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column("SELECT n FROM app.first").await, ["1"]);
}

/// What ends the connection that holds the lock of a run, so that another can begin beside it.
const END_LOCK: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[tokio::test]
async fn two_runners_without_a_lock_run_each_statement_once() {
    let mut db = database("no_lock").await;
    let statement = |n: u32| format!("INSERT INTO box SELECT {n} FROM pg_sleep(0.3);");
    let up = format!("-- migrate: no-transaction\n{}", (1..=8).map(statement).collect::<Vec<_>>().join("\n"));
    let set = folder()
        .migration("1_box", "CREATE TABLE box (n int)", "DROP TABLE box")
        .migration("2_fill", &up, "DELETE FROM box")
        .table(3, "c")
        .set();
    let migrator = Migrator::new(&set);
    let beside = db.beside().await;
    let second = async {
        sleep(Duration::from_millis(700)).await;
        let ended = query(&db.database().connect().await.unwrap(), END_LOCK).await;
        assert_eq!(ended, [["1"]]);
        migrator.migrate(beside.pool()).await
    };
    let (first, second) = tokio::join!(migrator.migrate(db.pool()), second);
    // The second came in the midst of the script, and both went to its end.
    first.unwrap();
    second.unwrap();
    assert_eq!(db.column("SELECT n FROM box ORDER BY n").await, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "apply 3"]);
}

// Reset

#[tokio::test]
async fn a_reset_wipes_whatever_a_schema_holds() {
    let mut db = database("reset").await;
    let set = folder()
        .table(1, "a")
        .irreversible("2_app", "CREATE SCHEMA app; CREATE TABLE app.b (a integer REFERENCES public.a (id))")
        .set();
    let migrator = Migrator::new(&set).history_schema("history");
    db.migrate(&migrator).await.unwrap();
    let (schema, name) = (db.schema().await, db.name().await);
    db.execute(
        "CREATE SCHEMA \"other \"\"schema\"\"\";
         CREATE TABLE \"other \"\"schema\"\"\".\"t t\" (id integer PRIMARY KEY);
         CREATE VIEW seen AS SELECT id FROM \"other \"\"schema\"\"\".\"t t\";
         CREATE MATERIALIZED VIEW kept AS SELECT id FROM seen;
         CREATE TYPE mood AS ENUM ('good', 'bad');
         CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
         CREATE SEQUENCE numbers;
         CREATE FUNCTION f(positive) RETURNS mood LANGUAGE sql AS $$ SELECT 'good'::mood $$;
         CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
         CREATE PROCEDURE p() LANGUAGE sql AS $$ SELECT 1 $$;
         CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
         CREATE TABLE parted (id integer, m mood) PARTITION BY LIST (m);
         CREATE TABLE parted_good PARTITION OF parted FOR VALUES IN ('good');
         CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION t();
         CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING;
         ALTER TABLE a ENABLE ROW LEVEL SECURITY;
         CREATE POLICY nobody ON a USING (false);",
    )
    .await;
    assert_ne!(db.schema().await, schema);
    assert_eq!(migrator.reset(db.pool(), &name).await.unwrap().migrations.len(), 2);
    assert_eq!(db.schema().await, schema);
    let leftover = "SELECT count(*) FROM pg_proc WHERE pronamespace::regnamespace::text
        NOT IN ('pg_catalog', 'information_schema')";
    assert_eq!(db.column(leftover).await, ["0"]);
    assert_eq!(
        db.column("SELECT action || version FROM history.migrate_log ORDER BY id").await,
        ["apply1", "apply2"]
    );
    assert!(migrator.migrate(db.pool()).await.unwrap().is_empty());
    alone(&mut db).await;
}

#[tokio::test]
async fn a_reset_that_is_not_allowed_everything_wipes_nothing() {
    let mut db = database("reset_rights").await;
    let set = folder().table(1, "a").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let name = db.name().await;
    db.execute("CREATE SCHEMA app; CREATE TABLE app.b (id integer)").await;
    let (records, schema) = (db.records().await, db.schema().await);
    // It may read the history and take the lock, and owns nothing.
    let client = &mut db.database().connect().await.unwrap();
    client.batch_execute("SET ROLE pg_read_all_data").await.unwrap();
    let error = migrator.reset(client, &name).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Database, Some("42501")), "{error}");
    assert!(error.to_string().starts_with("wiping the database failed: "), "{error}");
    assert_eq!(db.records().await, records);
    assert_eq!(db.schema().await, schema);
}

#[tokio::test]
async fn a_reset_waits_for_a_run() {
    let mut db = database("reset_waits").await;
    let set = followed("CREATE TABLE first (); SELECT pg_sleep(0.7)").set();
    let migrator = Migrator::new(&set);
    let (name, beside) = (db.name().await, db.beside().await);
    let reset = async {
        sleep(Duration::from_millis(200)).await;
        migrator.reset(beside.pool(), &name).await
    };
    let (report, reset) = tokio::join!(migrator.migrate(db.pool()), reset);
    assert_eq!(report.unwrap().migrations.len(), 2);
    assert_eq!(reset.unwrap().migrations.len(), 2);
    assert_eq!(db.log().await, ["apply 1", "apply 2"]);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_reset_leaves_public_as_in_a_new_database() {
    let mut db = PostgresPool::create("reset_owner").await;
    let public = "SELECT nspowner::regrole::text || ' ' || coalesce(nspacl::text, '-') FROM pg_namespace
        WHERE nspname = 'public'";
    let before = db.column(public).await;
    let set = Folder::new(Dialect::Postgres)
        .table(1, "a")
        .migration(
            "2_published",
            "CREATE PUBLICATION everything FOR ALL TABLES",
            "DROP PUBLICATION everything",
        )
        .set();
    let (migrator, name) = (Migrator::new(&set), db.name().await);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(db.reset(&migrator, &name).await.unwrap().migrations.len(), 2);
    if db.column("SELECT current_setting('server_version_num')::int >= 150000").await == ["t"] {
        assert_eq!(db.column(public).await, before);
    }
}

#[tokio::test]
async fn a_verify_script_may_select_nothing() {
    let mut db = PostgresPool::create("verify_nothing").await;
    let set = Folder::new(Dialect::Postgres)
        .table(1, "a")
        .verify("1_create_a", "SELECT FROM generate_series(1, 2)")
        .set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert!(db.verify(&Migrator::new(&set)).await.unwrap().is_ok());
}

/// Where the lock is worthless, another runner may be further on while this one builds an index.
#[tokio::test]
async fn a_count_never_goes_back() {
    let db = PostgresPool::create("count_goes_on").await;
    let tables = "CREATE TABLE box (a int, label text); CREATE TABLE seen (a int)";
    let alone = "-- migrate: no-transaction
        INSERT INTO box VALUES (1, 'one');
        CREATE INDEX CONCURRENTLY IF NOT EXISTS by_label ON box (label);
        INSERT INTO seen VALUES (2);
        INSERT INTO seen VALUES (3)";
    let set = Folder::new(Dialect::Postgres)
        .migration("1_tables", tables, "SELECT 1")
        .migration("2_alone", alone, "SELECT 1")
        .set();
    let migrator = Migrator::new(&set);
    migrator.migrate_to(db.pool(), version(1)).await.unwrap();
    let writer = db.database().connect().await.unwrap();
    writer.batch_execute("BEGIN; INSERT INTO box VALUES (9, 'open')").await.unwrap();
    let done = set.migrations()[1].up().checksum_of_first(3);
    let other = async {
        let client = db.database().connect().await.unwrap();
        let building =
            "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()";
        while client.query_one(building, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            sleep(Duration::from_millis(20)).await;
        }
        let counted = format!(
            "INSERT INTO seen VALUES (2);
            UPDATE migrate_history SET statements_done = 3, statements_checksum = '{done}' WHERE version = 2"
        );
        client.batch_execute(&counted).await.unwrap();
        writer.batch_execute("COMMIT").await.unwrap();
    };
    let (report, ()) = tokio::join!(migrator.migrate(db.pool()), other);
    report.unwrap();
    let client = db.database().connect().await.unwrap();
    let seen: Vec<i32> = client
        .query("SELECT a FROM seen ORDER BY a", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(seen, [2, 3]);
}
