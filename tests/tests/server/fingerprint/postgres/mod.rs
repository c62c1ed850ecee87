//! PostgreSQL's objects.

mod constraints;
mod options;
mod others;
mod relations;
mod tables;

use migrate::schema::Fingerprint;
use migrate::testing::{Server, TestDatabase};
use migrate::{Dialect, MigrationSet, Migrator};
use migrate_tests::{Folder, PostgresClient};
use tokio_postgres::Client;

use crate::fingerprint::case::assert_all;

fn set() -> MigrationSet {
    Folder::new(Dialect::Postgres).table(1, "unused").set()
}

async fn database(hint: &str) -> (TestDatabase, Client) {
    let database = Server::shared().unwrap().create_database(hint).await.unwrap();
    let client = database.connect().await.unwrap();
    (database, client)
}

async fn read(client: &mut Client) -> Fingerprint {
    Migrator::new(&set()).fingerprint(client).await.unwrap()
}

async fn run(client: &Client, sql: &str) {
    client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// The roles that are granted something belong to the server, and so are the same for all tests.
const ROLES: &str = "
    DO $$ BEGIN CREATE ROLE migrate_test_reader;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE \"migrate test Writer\";
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;";

/// A test for each group of cases, so that a runner can take several at a time.
macro_rules! groups {
    ($($name:ident: $cases:path,)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                assert_all::<PostgresClient>(ROLES, $cases).await;
            }
        )+
    };
}

groups! {
    tables_are_told: tables::TABLES,
    columns_are_told: tables::COLUMNS,
    constraints_are_told: constraints::CONSTRAINTS,
    indexes_are_told: constraints::INDEXES,
    views_and_sequences_are_told: relations::VIEWS_AND_SEQUENCES,
    triggers_and_policies_are_told: relations::TRIGGERS_AND_POLICIES,
    routines_are_told: others::ROUTINES,
    types_and_privileges_are_told: others::TYPES_AND_PRIVILEGES,
    others_are_told: others::OTHERS,
}

#[tokio::test]
async fn what_the_session_is_set_to_makes_no_difference() {
    let (database, mut client) = database("settings").await;
    let schema = "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad');
        CREATE TABLE app.orders (id bigint, mood app.mood DEFAULT 'sad', at timestamptz DEFAULT '2020-02-03 04:05+06',
            wait interval DEFAULT '1 year 2 days', part float8 DEFAULT 0.1, raw bytea DEFAULT '\\x00ff', cost money DEFAULT 1.5);
        CREATE INDEX ON app.orders (at) WHERE at > '2020-02-03 04:05+06';
        CREATE VIEW app.v AS SELECT id FROM app.orders;
        CREATE FUNCTION app.f(app.mood) RETURNS app.mood LANGUAGE sql AS 'SELECT $1'";
    run(&client, schema).await;
    let before = read(&mut client).await;
    let settings = "SET search_path = app, public; SET quote_all_identifiers = on; SET datestyle = 'SQL, DMY';
        SET intervalstyle = iso_8601; SET timezone = 'Asia/Tokyo'; SET bytea_output = escape; SET extra_float_digits = 0;
        CREATE TEMPORARY TABLE pg_class (oid oid); CREATE TEMPORARY TABLE orders (id bigint)";
    run(&client, settings).await;
    let after = read(&mut client).await;
    assert_eq!(before.diff(&after).to_string(), "no difference");
    let path: String = client.query_one("SHOW search_path", &[]).await.unwrap().get(0);
    assert_eq!(path, "app, public", "the settings are those of the caller again");
    drop(database);
}

#[tokio::test]
async fn the_history_is_left_out_wherever_it_lies() {
    let (_database, mut client) = database("history").await;
    let set = set();
    for (schema, prefix) in [("public", "migrate"), ("own", "our \"odd\" name")] {
        let migrator = Migrator::new(&set).history_schema(schema).history_prefix(prefix);
        let before = migrator.fingerprint(&mut client).await.unwrap();
        migrator.migrate(&mut client).await.unwrap();
        let applied = migrator.fingerprint(&mut client).await.unwrap();
        assert_eq!(before.diff(&applied).to_string(), "added    table public.unused");
        migrator.rollback(&mut client, 1).await.unwrap();
        let after = migrator.fingerprint(&mut client).await.unwrap();
        assert_eq!(before.diff(&after).to_string(), "no difference");
        assert_eq!(before.digest(), after.digest());
        // A migrator with another history leaves this one out too.
        let other = Migrator::new(&set).history_prefix("other").fingerprint(&mut client).await.unwrap();
        assert_eq!(before.diff(&other).to_string(), "no difference");
        run(&client, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    }
}

#[tokio::test]
async fn a_failure_leaves_the_connection_as_it_was() {
    let (database, mut client) = database("failure").await;
    run(&client, "CREATE TABLE t (id bigint); CREATE VIEW v AS SELECT id FROM t").await;
    let other = database.connect().await.unwrap();
    run(&other, "BEGIN; LOCK TABLE t").await;
    let set = set();
    let migrator = Migrator::new(&set).lock_timeout(std::time::Duration::from_millis(50));
    let error = migrator.fingerprint(&mut client).await.unwrap_err();
    assert!(error.to_string().contains("reading the schema"), "{error}");
    run(&other, "ROLLBACK").await;
    assert_eq!(
        migrator.fingerprint(&mut client).await.unwrap().diff(&read(&mut client).await).to_string(),
        "no difference"
    );
}
