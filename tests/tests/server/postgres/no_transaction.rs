//! Scripts that run without a transaction.

use std::time::Duration;

use migrate::{Dialect, Migrator};
use migrate_tests::{Folder, PostgresPool, Sandbox, query, version};
use tokio::time::sleep;

use crate::postgres::{PLACES, database, folder, followed};

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
