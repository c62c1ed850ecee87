//! What PostgreSQL runs outside of transactions only, and whose settings hold for what.

use migrate::{Dialect, Migrator};
use migrate_tests::{Folder, PostgresClient, PostgresPool, Sandbox};

use crate::postgres::{SESSION, database, followed};

const ALONE: &str = "-- migrate: no-transaction\n";

/// Of some only the server knows that they refuse a transaction.
#[tokio::test]
async fn a_statement_that_refuses_a_transaction_runs_outside_of_one() {
    for statement in [
        "CLUSTER",
        "REINDEX (VERBOSE) SCHEMA public",
        "REINDEX TABLE parted",
        "REINDEX INDEX parted_n",
        "CLUSTER parted USING parted_n",
        "DISCARD ALL",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE); DROP SUBSCRIPTION s",
        "SELECT pg_create_physical_replication_slot(current_database()); SELECT pg_drop_replication_slot(current_database())",
        "DO $$ BEGIN INSERT INTO box VALUES (1); COMMIT; INSERT INTO box VALUES (2); END $$",
        "CALL ending()",
        "SELECT 1; VACUUM box; SELECT 2",
    ] {
        let mut db = database("alone").await;
        let setup = "CREATE TABLE box (n int); CREATE TABLE parted (n int) PARTITION BY RANGE (n);
            CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (9); CREATE INDEX parted_n ON parted (n);
            CREATE PROCEDURE ending() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO box VALUES (1); COMMIT; END $$";
        let is_old = db.column("SELECT current_setting('server_version_num')::int < 150000").await == ["t"];
        if is_old && statement.starts_with("CLUSTER parted") {
            continue;
        }
        db.execute(setup).await;
        let set = followed(&format!("{ALONE}{statement}")).set();
        let report = db.migrate(&Migrator::new(&set)).await;
        report.unwrap_or_else(|error| panic!("{statement}: {error}"));
        assert_eq!(db.history().await, ["1 applied", "2 applied"], "{statement}");
    }
}

#[tokio::test]
async fn set_transaction_is_refused_and_not_ignored() {
    let mut db = database("alone_set_transaction").await;
    let set = followed(&format!("{ALONE}SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")).set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.code(), Some("25001"), "{error}");
}

/// The role owns `public` and has no rights on the history.
#[tokio::test]
async fn a_role_that_a_script_takes_runs_its_statements_and_not_ours() {
    for take in [
        "SET ROLE pg_database_owner",
        "SET SESSION AUTHORIZATION pg_database_owner",
        "SELECT set_config('role', 'pg_database_owner', false)",
        "DO $$ BEGIN SET ROLE pg_database_owner; END $$",
    ] {
        for mut db in [database("alone_role").await, database("alone_role_again").await] {
            let before = db.rows(SESSION).await;
            let me = before[0][1].clone();
            let up = format!(
                "{ALONE}{take};\nCREATE TABLE first (n int);\nCREATE INDEX CONCURRENTLY by_n ON first (n);\n\
                 CREATE TABLE third AS SELECT session_user AS me, current_user AS role;"
            );
            let set = followed(&up).set();
            let report = db.migrate(&Migrator::new(&set)).await;
            report.unwrap_or_else(|error| panic!("{take}: {error}"));
            let owners = "SELECT tablename || ' ' || tableowner FROM pg_tables
                WHERE schemaname = 'public' AND tablename !~ '^migrate_' ORDER BY 1";
            let owner = "pg_database_owner";
            let want = [format!("first {owner}"), format!("second {me}"), format!("third {owner}")];
            assert_eq!(db.column(owners).await, want, "{take}");
            assert_eq!(db.column("SELECT role FROM third").await, [owner], "{take}");
            assert_eq!(
                db.column("SELECT DISTINCT applied_by FROM migrate_log").await,
                [me.as_str()],
                "{take}"
            );
            assert_eq!(db.rows(SESSION).await, before, "{take}");
        }
    }
}

/// Settings that would be the end of what is ours.
#[tokio::test]
async fn the_settings_of_a_script_do_not_hold_for_what_is_ours() {
    for setting in [
        "SET default_transaction_read_only = on",
        "SET search_path = pg_temp, app, pg_catalog",
        "SET default_transaction_isolation = 'serializable'; SET lock_timeout = '1ms'",
        "SET session_replication_role = replica; SET ROLE pg_database_owner",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    ] {
        let mut db = database("alone_settings").await;
        db.execute("CREATE SCHEMA app; CREATE FUNCTION app.count() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'").await;
        let before = db.rows(SESSION).await;
        let set = followed(&format!("{ALONE}{setting};\nSELECT 1;\nSELECT 2; RESET search_path")).set();
        let report = db.migrate(&Migrator::new(&set)).await;
        report.unwrap_or_else(|error| panic!("{setting}: {error}"));
        assert_eq!(db.rows(SESSION).await, before, "{setting}");
        assert_eq!(db.history().await, ["1 applied", "2 applied"], "{setting}");
    }
}

/// A run that goes on makes the settings again, and nothing else.
#[tokio::test]
async fn a_block_in_the_part_that_is_done_is_not_done_again() {
    let up = |last: &str| {
        format!(
            "{ALONE}SET ROLE pg_database_owner;\nCREATE TABLE first (n int);\n\
             DO $$ BEGIN INSERT INTO first VALUES (1); END $$;\nINSERT INTO first VALUES ({last});"
        )
    };
    let mut db = PostgresPool::create("alone_resumed").await;
    let folder = Folder::new(Dialect::Postgres).migration("1_first", &up("'x'"), "DROP TABLE first");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = folder.migration("1_first", &up("2"), "DROP TABLE first").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column("SELECT n FROM first ORDER BY n").await, ["1", "2"]);
}

/// A caller's client has settings of its own; they hold again behind the script, and in its bookkeeping.
#[tokio::test]
async fn the_callers_settings_survive_a_script_without_transaction() {
    let mut db = PostgresClient::create("alone_callers").await;
    db.execute("SET statement_timeout = '77s'; SET lock_timeout = '7s'; SET application_name TO 'shop'")
        .await;
    let before = db.rows(SESSION).await;
    let up = format!(
        "{ALONE}CREATE TABLE first (n int);\nCREATE INDEX CONCURRENTLY by_n ON first (n);\nSET ROLE pg_database_owner;\n\
         DISCARD ALL;\nVACUUM first"
    );
    let set = followed(&up).set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.rows(SESSION).await, before);
}

/// Limits are set aside for the statement that runs alone, and not for those behind it.
#[tokio::test]
async fn limits_hold_again_behind_a_statement_that_runs_alone() {
    let mut db = PostgresClient::create("alone_limits_again").await;
    db.execute("SET lock_timeout = '2s'; CREATE TABLE box (n int)").await;
    let up = format!(
        "{ALONE}SET search_path = public;\nCREATE INDEX CONCURRENTLY box_n ON box (n);\n\
         CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS lock_timeout;"
    );
    let set = Folder::new(Dialect::Postgres).migration("1_first", &up, "DROP TABLE seen").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column("SELECT lock_timeout FROM seen").await, ["2s"]);
    assert_eq!(db.column("SHOW lock_timeout").await, ["2s"]);
}

/// Versions before the one that notes what it begins left rows without a note: an index that the server built to its end
/// for a runner that was killed is done.
#[tokio::test]
async fn an_index_that_is_there_is_done_for_a_run_that_goes_on() {
    let mut db = PostgresClient::create("alone_built").await;
    let up = format!("{ALONE}CREATE TABLE first (n int);\nCREATE INDEX CONCURRENTLY box_n ON box (n);");
    let set = Folder::new(Dialect::Postgres).migration("1_first", &up, "DROP TABLE first").set();
    db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(db.column("SELECT strpos(statements_checksum, ' ') FROM migrate_history").await, ["0"]);
    db.execute("CREATE TABLE box (n int); CREATE INDEX box_n ON box (n)").await;
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.history().await, ["1 applied"]);
}
