//! Histories of format 1 on PostgreSQL: rights, several runners, statements that were begun, and older versions at work.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::fs;
use std::path::Path;

use futures_util::future::join_all;
use migrate::{MigrationSet, Migrator, Refusal, SetState};
use migrate_tests::{PostgresClient, PostgresPool, Sandbox, version};

fn fixture(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/history_1").join(file)
}

fn set(folder: &str) -> MigrationSet {
    MigrationSet::read(fixture(folder)).unwrap()
}

async fn load(db: &mut impl Sandbox, state: &str) {
    db.execute(&fs::read_to_string(fixture(&format!("postgres/{state}.sql"))).unwrap()).await;
    db.execute("RESET ALL").await;
}

const FORMATS: &str = "SELECT version || ' ' || format FROM migrate_history ORDER BY version";

#[tokio::test]
async fn an_index_that_was_begun_is_built() {
    let mut db = PostgresPool::create("format_begun").await;
    load(&mut db, "begun_index").await;
    let set = set("postgres_only");
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(2)).await.unwrap();
    assert_eq!(db.column(FORMATS).await, ["1 2", "2 2"]);
    let valid = "SELECT count(*) FROM pg_index WHERE indexrelid = 'box_label'::regclass AND indisvalid";
    assert_eq!(db.column(valid).await, ["1"]);
}

#[tokio::test]
async fn a_call_that_was_begun_is_asked_about() {
    let mut db = PostgresPool::create("format_call").await;
    load(&mut db, "begun_call").await;
    let set = set("postgres_only");
    let migrator = Migrator::new(&set);
    let refused = db.migrate(&migrator).await.unwrap_err();
    assert!(matches!(refused.refusals(), [Refusal::CutOff { statement: 1, .. }]), "{refused}");
    assert_eq!(db.column("SELECT DISTINCT format FROM migrate_history").await, ["1"]);
    db.execute("DELETE FROM box").await;
    let resolved = "UPDATE migrate_history SET statements_checksum = split_part(statements_checksum, ' ', 1) WHERE version = 3";
    db.execute(resolved).await;
    db.migrate(&migrator).await.unwrap();
    assert_eq!(db.column(FORMATS).await, ["1 2", "2 2", "3 2"]);
}

#[tokio::test]
async fn of_several_runners_one_upgrades_and_all_succeed() {
    let mut db = PostgresPool::create("format_several").await;
    load(&mut db, "applied").await;
    let set = set("any");
    let migrator = Migrator::new(&set);
    let (mut pools, mut clients) = (Vec::new(), Vec::new());
    for _ in 0..6 {
        pools.push(db.beside().await);
        clients.push(PostgresClient::of(&db).await);
    }
    let of_pools = join_all(pools.iter_mut().map(|pool| pool.migrate(&migrator)));
    let of_clients = join_all(clients.iter_mut().map(|client| client.migrate(&migrator)));
    let (of_pools, of_clients) = futures_util::join!(of_pools, of_clients);
    let applied: usize =
        of_pools.into_iter().chain(of_clients).map(|report| report.unwrap().migrations.len()).sum();
    assert_eq!(applied, 1);
    assert_eq!(db.column(FORMATS).await, ["1 2", "2 2", "3 2"]);
    assert_eq!(db.column("SELECT count(*) FROM migrate_log WHERE version = 3").await, ["1"]);
}

#[tokio::test]
async fn a_role_that_may_not_alter_the_history_is_shown_who_may() {
    let mut db = PostgresClient::create("format_rights").await;
    load(&mut db, "applied").await;
    let set = set("any");
    let migrator = Migrator::new(&set);
    db.execute(
        "DO $$ BEGIN CREATE ROLE migrate_test_writer; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         GRANT CREATE, USAGE ON SCHEMA public TO migrate_test_writer;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO migrate_test_writer;
         SET ROLE migrate_test_writer",
    )
    .await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!(error.code(), Some("42501"), "{error}");
    let told = error.to_string();
    let owner =
        db.column("SELECT tableowner FROM pg_tables WHERE tablename = 'migrate_history'").await.remove(0);
    assert!(
        told.contains(&format!("run the migrations once as {owner}, or have {owner} run this, once:")),
        "{told}"
    );
    assert_eq!(db.column("SELECT DISTINCT format FROM migrate_history").await, ["1"]);
    // What is shown does it.
    let (from, to) = (told.find("BEGIN;").unwrap(), told.find("COMMIT;").unwrap());
    let sql: String =
        told[from..to].lines().map(|line| line.trim_start_matches(['|', ' ']).to_owned() + "\n").collect();
    db.execute("RESET ROLE").await;
    db.execute(&format!("{sql}COMMIT;")).await;
    db.execute("SET ROLE migrate_test_writer").await;
    db.execute("RESET ROLE; DELETE FROM gate; GRANT ALL ON gate TO migrate_test_writer; SET ROLE migrate_test_writer").await;
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 1);
    db.execute("RESET ROLE").await;
    assert_eq!(db.column(FORMATS).await, ["1 2", "2 2", "3 2"]);
}

/// A trigger that swallows the update leaves rows of format 1: then nothing is upgraded.
#[tokio::test]
async fn nothing_is_half_upgraded() {
    let mut db = PostgresClient::create("format_swallowed").await;
    load(&mut db, "applied").await;
    let set = set("any");
    db.execute(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER swallow BEFORE UPDATE ON migrate_history FOR EACH ROW EXECUTE FUNCTION swallow()",
    )
    .await;
    let records = db.records().await;
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.code(), Some("23514"), "{error}");
    assert_eq!(db.records().await, records);
    db.execute("DROP TRIGGER swallow ON migrate_history").await;
    assert_eq!(db.migrate(&Migrator::new(&set)).await.unwrap().migrations.len(), 1);
}

#[tokio::test]
async fn an_older_version_can_record_nothing() {
    let mut db = PostgresClient::create("format_older").await;
    load(&mut db, "applied").await;
    let set = set("any");
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let client = db.client();
    let claim = "INSERT INTO migrate_history (set_name, version, name, checksum, chain, down_script, down_checksum,
        down_transaction, older_binaries, host, application, applied_by, state, started_at, format, statements_done)
        VALUES ('other', 1, 'a', 'v1:', 'v1:', NULL, NULL, true, 'ok', NULL, NULL, current_user, 'applying', now(), 1, 0)";
    let error = client.batch_execute(claim).await.unwrap_err();
    let said = error.as_db_error().unwrap().message().to_owned();
    assert!(said.contains("needs_a_newer_version_of_the_library"), "{said}");
    let record = "INSERT INTO migrate_log (action, host, application, logged_at, set_name, version, name, checksum,
        elapsed_ms, applied_by) SELECT 'apply', NULL, NULL, now(), set_name, version, name, checksum, NULL, current_user
        FROM migrate_history WHERE version = 1";
    let error = client.batch_execute(record).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "23502", "{error}");
}
