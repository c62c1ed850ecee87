//! What a script does to the session ends with it, and what the caller set stays.

use migrate::Migrator;
use migrate::schema::Drift;
use migrate_tests::{PostgresClient, Sandbox};

use crate::postgres::{PLACES, SESSION, database, folder, followed};

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

/// With this setting off, a backslash in a plain string escapes what comes after it.
#[tokio::test]
async fn strings_are_read_as_the_script_was_divided() {
    let mut db = database("strings").await;
    let off = format!("ALTER DATABASE {} SET standard_conforming_strings = off", db.database().name());
    PostgresClient::of(&db).await.execute(&off).await;
    let set = folder()
        .migration(
            "1_first",
            r"CREATE TABLE first (path text DEFAULT 'd\'); INSERT INTO first VALUES ('c:\'); INSERT INTO first VALUES ('it''s \')",
            "DROP TABLE first",
        )
        .migration(
            "2_alone",
            r"-- migrate: no-transaction
            INSERT INTO first VALUES ('e:\');
            CREATE INDEX CONCURRENTLY a ON first (path) WHERE path <> 'f:\';
            INSERT INTO first VALUES ('g:\')",
            r"DELETE FROM first WHERE path IN ('e:\', 'g:\'); DROP INDEX a",
        )
        .verify("2_alone", r"SELECT count(*) = 2 FROM first WHERE path IN ('e:\', 'g:\')")
        .set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let paths = db.column("SELECT path FROM first").await;
    assert_eq!(paths, [r"c:\", r"it's \", r"e:\", r"g:\"]);
    assert!(db.verify(&migrator).await.unwrap().is_ok());
    let drift = db.drift(&migrator).await.unwrap();
    assert!(matches!(&drift, Drift::Known { difference } if difference.is_empty()), "{drift}");
    let mut on = PostgresClient::of(&db).await;
    let dump = migrator.dump(db.pool()).await.unwrap().sql;
    on.execute("SET standard_conforming_strings = on").await;
    assert_eq!(migrator.dump(on.for_verbs()).await.unwrap().sql, dump);
    assert_eq!(db.column("SHOW standard_conforming_strings").await, ["off"]);
    db.rollback(&migrator, 1).await.unwrap();
    assert_eq!(db.column("SELECT path FROM first").await, [r"c:\", r"it's \"]);
}
