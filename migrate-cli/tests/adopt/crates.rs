//! Histories that the crates themselves wrote.

use std::fs;

use diesel_async::{AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use sqlx_core::connection::Connection;

use crate::takeover::Takeover;

const FLAT: [(&str, &str); 6] = [
    ("20250101000000_create_users.up.sql", "CREATE TABLE users (id bigint PRIMARY KEY);\n"),
    ("20250101000000_create_users.down.sql", "DROP TABLE users;\n"),
    ("20250102000000_create_orders.up.sql", "CREATE TABLE orders (id bigint PRIMARY KEY);\r\n"),
    ("20250102000000_create_orders.down.sql", "DROP TABLE orders;\n"),
    ("20250103000000_create_items.up.sql", "CREATE TABLE items (id bigint PRIMARY KEY);\n"),
    ("20250103000000_create_items.down.sql", "DROP TABLE items;\n"),
];

async fn sqlx(takeover: &Takeover) {
    let migrator = sqlx_core::migrate::Migrator::new(takeover.folder.path()).await.unwrap();
    let mut connection = sqlx_postgres::PgConnection::connect(takeover.database.url()).await.unwrap();
    migrator.run(&mut connection).await.unwrap();
}

#[tokio::test]
async fn sqlx_and_what_came_after_it() {
    let takeover = Takeover::new("adopt_sqlx", &FLAT[..4]).await;
    sqlx(&takeover).await;
    let said = takeover.takes_over("_sqlx_migrations", &[], &[20250101000000, 20250102000000]).await;
    assert!(said.contains("sqlx"), "{said}");
    for (path, text) in &FLAT[4..] {
        fs::write(takeover.folder.path().join(path), text).unwrap();
    }
    let up = takeover.run(&["up", "--yes"]);
    assert!(up.status.success(), "{}", crate::takeover::said(&up));
    let states = takeover.adopted().await;
    assert_eq!(states.last(), Some(&(20250103000000, "applied".to_owned())));
}

#[tokio::test]
async fn sqlx_and_a_file_that_was_edited_since() {
    let takeover = Takeover::new("adopt_sqlx_edited", &FLAT).await;
    sqlx(&takeover).await;
    let path = takeover.folder.path().join(FLAT[2].0);
    fs::write(&path, "CREATE TABLE orders (id bigint PRIMARY KEY, total bigint);\n").unwrap();
    takeover.is_refused(&[], &["20250102000000_create_orders was edited", "--accept-edits"]).await;
    // Another line end is no edit.
    fs::write(&path, "CREATE TABLE orders (id bigint PRIMARY KEY);\n").unwrap();
    takeover
        .takes_over(
            "_sqlx_migrations",
            &["--from", "sqlx"],
            &[20250101000000, 20250102000000, 20250103000000],
        )
        .await;
}

/// sqlx would refuse an edit of either file, so both have to be read as they are.
#[tokio::test]
async fn sqlx_and_files_that_only_sqlx_reads() {
    let files = [
        FLAT[0],
        FLAT[1],
        ("20250102000000_superseded.up.sql", "-- the change was made by hand\n"),
        ("20250102000000_superseded.down.sql", "-- nothing\n"),
        (
            "20250103000000_index_users.up.sql",
            "-- no-transaction\nCREATE INDEX CONCURRENTLY users_twice ON users (id, id);\n",
        ),
        ("20250103000000_index_users.down.sql", "DROP INDEX users_twice;\n"),
    ];
    let takeover = Takeover::new("adopt_sqlx_own", &files).await;
    sqlx(&takeover).await;
    takeover.takes_over("_sqlx_migrations", &[], &[20250101000000, 20250102000000, 20250103000000]).await;
    for (path, text) in files {
        assert_eq!(fs::read_to_string(takeover.folder.path().join(path)).unwrap(), text);
    }
    for verb in ["up", "verify", "lint"] {
        let output = takeover.run(&[verb]);
        assert!(output.status.success(), "{verb}: {}", crate::takeover::said(&output));
    }
    // sqlx goes on with its files, too.
    sqlx(&takeover).await;
}

#[tokio::test]
async fn sqlx_and_a_file_that_is_gone() {
    let takeover = Takeover::new("adopt_sqlx_gone", &FLAT).await;
    sqlx(&takeover).await;
    for (path, _) in &FLAT[4..] {
        fs::remove_file(takeover.folder.path().join(path)).unwrap();
    }
    takeover.is_refused(&[], &["20250103000000 is applied, but not in the folder"]).await;
}

#[tokio::test]
async fn refinery() {
    let files = [
        ("V1__create_users.sql", "CREATE TABLE users (id bigint PRIMARY KEY);\n"),
        ("V2__create_orders.sql", "CREATE TABLE orders (id bigint PRIMARY KEY);\n"),
    ];
    let mut takeover = Takeover::new("adopt_refinery", &files).await;
    let migrations = refinery::load_sql_migrations(takeover.folder.path()).unwrap();
    refinery::Runner::new(&migrations).run_async(&mut takeover.client).await.unwrap();
    fs::write(takeover.folder.path().join(files[1].0), "CREATE TABLE orders (id int PRIMARY KEY);\n")
        .unwrap();
    takeover.is_refused(&[], &["2_create_orders was edited"]).await;
    fs::write(takeover.folder.path().join(files[1].0), files[1].1).unwrap();
    takeover.takes_over("refinery_schema_history", &[], &[1, 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diesel() {
    let files = [
        ("00000000000000_initial/up.sql", "CREATE TABLE users (id bigint PRIMARY KEY);\n"),
        ("00000000000000_initial/down.sql", "DROP TABLE users;\n"),
        ("2025-01-02-000000_create_orders/up.sql", "CREATE TABLE orders (id bigint PRIMARY KEY);\n"),
        ("2025-01-02-000000_create_orders/down.sql", "DROP TABLE orders;\n"),
        ("2026-07-30-140000-0000_create_items/up.sql", "CREATE TABLE items (id bigint PRIMARY KEY);\n"),
        ("2026-07-30-140000-0000_create_items/down.sql", "DROP TABLE items;\n"),
    ];
    let takeover = Takeover::new("adopt_diesel", &files).await;
    let connection = AsyncPgConnection::try_from(takeover.database.connect().await.unwrap()).await.unwrap();
    let migrations = FileBasedMigrations::from_path(takeover.folder.path()).unwrap();
    AsyncMigrationHarness::new(connection).run_pending_migrations(migrations).unwrap();
    let versions = [0, 20250102000000, 202607301400000000];
    takeover.takes_over("__diesel_schema_migrations", &[], &versions).await;
}
