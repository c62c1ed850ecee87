//! Where the history is.

use migrate::{ErrorKind, Migrator, SetState, Target};
use migrate_tests::{Folder, PostgresClient, PostgresPool, Sandbox};

use crate::postgres::{database, followed};

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
async fn the_history_schema_may_have_been_made_by_somebody_else() {
    let mut db = PostgresClient::create("given_schema").await;
    // A role that may not create schemas.
    db.execute("CREATE SCHEMA ours AUTHORIZATION pg_database_owner; SET ROLE pg_database_owner").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set).history_schema("ours");
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2);
}

/// The history of another schema is no schema, and neither is the schema that holds nothing else.
#[tokio::test]
async fn the_history_of_another_schema_is_no_drift() {
    let mut db = database("other_histories").await;
    let set = followed("CREATE TABLE first ()").set();
    let ours = Migrator::new(&set);
    db.migrate(&ours).await.unwrap();
    let before = db.fingerprint(&ours).await.unwrap();
    let none = Folder::new(migrate::Dialect::Postgres).migration("1_x", "SELECT 1", "SELECT 1").set();
    let other = Migrator::new(&none).history_schema("t2").history_prefix("other");
    db.migrate(&other).await.unwrap();
    let difference = before.diff(&db.fingerprint(&ours).await.unwrap());
    assert!(difference.is_empty(), "{difference}");
    // A table that has no more of a history than its name is schema.
    db.execute("CREATE TABLE t2.their_history (version bigint)").await;
    let difference = before.diff(&db.fingerprint(&ours).await.unwrap()).to_string();
    assert!(difference.contains("added    table t2.their_history"), "{difference}");
}

/// What is created there is gone with the session, while the history stays.
#[tokio::test]
async fn nothing_is_applied_to_a_temporary_schema() {
    let mut db = PostgresClient::create("temporary_path").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    let refused = async |db: &mut PostgresClient| {
        for path in ["pg_temp", "PG_TEMP, public", "\"$user\", pg_temp, public", "missing,\"pg_temp\""] {
            db.execute(&format!("SET search_path = {path}")).await;
            let errors = [
                db.plan(&migrator, Target::Latest).await.unwrap_err(),
                db.migrate(&migrator).await.unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::History, "{path}: {error}");
                assert!(error.to_string().contains("would be temporary"), "{path}: {error}");
            }
            // Reading says how it is.
            assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
        }
    };
    refused(&mut db).await;
    assert_eq!(db.column("SELECT relname FROM pg_class WHERE relname ~ '^migrate_'").await, [""; 0]);
    // Where another schema comes first, the temporary one is in nobody's way.
    db.execute("SET search_path = \"my pg_temp\", public, pg_temp").await;
    assert_eq!(db.migrate_to(&migrator, migrate_tests::version(1)).await.unwrap().migrations.len(), 1);
    refused(&mut db).await;
    db.execute("RESET search_path").await;
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 1);
    db.execute("SET search_path = pg_temp").await;
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(db.rollback(&migrator, 1).await.unwrap_err().kind(), ErrorKind::History);
}

/// Each history in its own schema, and each asks about that schema alone.
#[tokio::test]
async fn each_history_looks_at_its_own_schema() {
    let mut db = database("schemas").await;
    let set = |schema: &str| {
        let policy = format!("[history]\nschema = '{schema}'\n[drift]\nschemas = ['{schema}']");
        let script =
            format!("CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.users (id integer)");
        Folder::with_policy(&policy).migration("1_users", &script, "DROP TABLE users").set()
    };
    let (one, two) = (set("t1"), set("t2"));
    let (one, two) = (Migrator::new(&one), Migrator::new(&two));
    db.migrate(&one).await.unwrap();
    db.migrate(&two).await.unwrap();
    db.execute(
        "CREATE TABLE t2.own (id integer); CREATE TABLE public.other (id integer); CREATE EXTENSION pg_trgm",
    )
    .await;
    assert_eq!(
        db.column("SELECT schemaname FROM pg_tables WHERE tablename = 'migrate_history' ORDER BY 1").await,
        ["t1", "t2"]
    );
    let shown = async |db: &mut PostgresPool, migrator: &Migrator<'_>| {
        db.drift(migrator).await.unwrap().difference().unwrap().to_string()
    };
    assert_eq!(shown(&mut db, &one).await, "no difference");
    assert_eq!(shown(&mut db, &two).await, "added    table t2.own");
    let dump = db.dump(&one).await.unwrap().sql;
    assert!(dump.contains(r#"TABLE "t1"."users""#), "{dump}");
    assert!(["t2", "EXTENSION", "public"].iter().all(|other| !dump.contains(other)), "{dump}");
    // A method wins over the file.
    let all = shown(&mut db, &one.clone().drift_schemas([""; 0])).await;
    assert!(all.contains("added    table t2.users") && all.contains("added    extension pg_trgm"), "{all}");
}

/// Another application of the database may have a schema of its own, with a tool of its own.
#[tokio::test]
async fn the_history_of_another_tool_counts_where_names_are_found() {
    let mut db = PostgresClient::create("other_tool").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    db.execute(
        "CREATE SCHEMA other; CREATE TABLE other.alembic_version (version_num text);
        INSERT INTO other.alembic_version VALUES ('a'); SET search_path = other",
    )
    .await;
    let error = db.plan(&migrator, Target::Latest).await.unwrap_err();
    assert!(error.to_string().contains("(`alembic_version`)"), "{error}");
    db.execute("SET search_path = public").await;
    db.plan(&migrator, Target::Latest).await.unwrap();
    // What may not be read may hold rows.
    db.execute(
        "CREATE TABLE alembic_version (version_num text); GRANT CREATE ON SCHEMA public TO pg_monitor;
        SET ROLE pg_monitor",
    )
    .await;
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    db.execute("RESET ROLE").await;
    db.migrate(&migrator).await.unwrap();
}
