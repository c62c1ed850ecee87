//! What a reset wipes, and what it leaves.

use std::time::Duration;

use migrate::{Dialect, ErrorKind, Migrator};
use migrate_tests::{Folder, PostgresPool, Sandbox};
use tokio::time::sleep;

use crate::postgres::{alone, database, folder, followed};

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
