//! Histories of tools that run elsewhere: their tables as they create them, and rows as they write them.

use crate::takeover::{Takeover, said};

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY);\n";
const ORDERS: &str = "CREATE TABLE orders (id bigint PRIMARY KEY);\n";
const PAIRS: [(&str, &str); 4] = [
    ("000001_create_users.up.sql", USERS),
    ("000001_create_users.down.sql", "DROP TABLE users;\n"),
    ("000002_create_orders.up.sql", ORDERS),
    ("000002_create_orders.down.sql", "DROP TABLE orders;\n"),
];

async fn with_history(hint: &str, files: &[(&str, &str)], history: &str) -> Takeover {
    let takeover = Takeover::new(hint, files).await;
    takeover.client.batch_execute(history).await.unwrap();
    takeover
}

const PRISMA: &str = r#"CREATE TABLE "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
);"#;

const PRISMA_FILES: [(&str, &str); 3] = [
    ("migration_lock.toml", "provider = \"postgresql\"\n"),
    ("20250101000000_init/migration.sql", USERS),
    ("20250102000000_create_orders/migration.sql", ORDERS),
];

fn prisma_row(name: &str, text: &str, finished: &str, rolled_back: &str) -> String {
    format!(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, rolled_back_at) VALUES
         (gen_random_uuid(), encode(sha256('{text}'), 'hex'), '{name}', {finished}, {rolled_back});"
    )
}

#[tokio::test]
async fn prisma() {
    let history = [
        PRISMA.to_owned(),
        prisma_row("20250101000000_init", USERS, "now()", "NULL"),
        prisma_row("20250102000000_create_orders", ORDERS, "NULL", "now()"),
        prisma_row("20250102000000_create_orders", ORDERS, "now()", "NULL"),
    ];
    let takeover = with_history("adopt_prisma", &PRISMA_FILES, &history.concat()).await;
    takeover.takes_over("_prisma_migrations", &[], &[20250101000000, 20250102000000]).await;
}

#[tokio::test]
async fn prisma_with_a_migration_that_failed() {
    let history = [
        PRISMA.to_owned(),
        prisma_row("20250101000000_init", USERS, "now()", "NULL"),
        prisma_row("20250102000000_create_orders", ORDERS, "NULL", "NULL"),
    ];
    let takeover = with_history("adopt_prisma_failed", &PRISMA_FILES, &history.concat()).await;
    takeover.is_refused(&[], &["20250102000000_create_orders did not finish"]).await;
}

const FLYWAY: &str = r#"CREATE TABLE "flyway_schema_history" (
    "installed_rank" INT NOT NULL PRIMARY KEY,
    "version" VARCHAR(50),
    "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "script" VARCHAR(1000) NOT NULL,
    "checksum" INTEGER,
    "installed_by" VARCHAR(100) NOT NULL,
    "installed_on" TIMESTAMP NOT NULL DEFAULT now(),
    "execution_time" INTEGER NOT NULL,
    "success" BOOLEAN NOT NULL
);"#;

fn flyway_row(rank: u32, version: &str, kind: &str, checksum: &str, success: bool) -> String {
    format!(
        "INSERT INTO flyway_schema_history VALUES
         ({rank}, {version}, 'd', '{kind}', 's', {checksum}, 'me', now(), 1, {success});"
    )
}

/// CRC-32 of `CREATE TABLE orders (id bigint PRIMARY KEY);`, as a signed number.
const ORDERS_CRC: &str = "-1927402203";

const FLYWAY_FILES: [(&str, &str); 2] = [("V1__create_users.sql", USERS), ("V2__create_orders.sql", ORDERS)];

#[tokio::test]
async fn flyway_from_a_baseline_on() {
    let history = [
        FLYWAY.to_owned(),
        flyway_row(0, "NULL", "SCHEMA", "NULL", true),
        flyway_row(1, "'1'", "BASELINE", "NULL", true),
        flyway_row(2, "'2'", "SQL", ORDERS_CRC, true),
        flyway_row(3, "NULL", "SQL", "17", true), // repeatable
    ];
    let takeover = with_history("adopt_flyway", &FLYWAY_FILES, &history.concat()).await;
    let said = takeover.takes_over("flyway_schema_history", &[], &[1, 2]).await;
    assert!(said.contains("repeatable"), "{said}");
}

#[tokio::test]
async fn flyway_with_what_was_undone() {
    let history = [
        FLYWAY.to_owned(),
        flyway_row(1, "'1'", "SQL", "NULL", true),
        flyway_row(2, "'2'", "SQL", ORDERS_CRC, true),
        flyway_row(3, "'2'", "UNDO_SQL", "4", true),
    ];
    let takeover = with_history("adopt_flyway_undone", &FLYWAY_FILES, &history.concat()).await;
    takeover.takes_over("flyway_schema_history", &["--from", "flyway"], &[1]).await;
}

#[tokio::test]
async fn flyway_with_what_failed_and_what_was_deleted() {
    let failed = [FLYWAY.to_owned(), flyway_row(1, "'1'", "SQL", "NULL", false)];
    let takeover = with_history("adopt_flyway_failed", &FLYWAY_FILES, &failed.concat()).await;
    takeover.is_refused(&[], &["migration 1 did not finish"]).await;
    let deleted = [
        flyway_row(2, "'1'", "SQL", "NULL", true),
        flyway_row(3, "'2'", "SQL", ORDERS_CRC, true),
        flyway_row(4, "'2'", "DELETE", "NULL", true),
    ];
    takeover.client.batch_execute(&deleted.concat()).await.unwrap();
    takeover.takes_over("flyway_schema_history", &[], &[1]).await;
}

#[tokio::test]
async fn flyway_with_an_edited_file() {
    let history = [FLYWAY.to_owned(), flyway_row(1, "'1'", "SQL", "12", true)];
    let takeover = with_history("adopt_flyway_edited", &FLYWAY_FILES, &history.concat()).await;
    takeover.is_refused(&[], &["1_create_users was edited"]).await;
    takeover.takes_over("flyway_schema_history", &["--accept-edits"], &[1]).await;
}

#[tokio::test]
async fn golang_migrate() {
    let history =
        "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
                   INSERT INTO schema_migrations VALUES (2, false);";
    let takeover = with_history("adopt_golang", &PAIRS, history).await;
    takeover.takes_over("schema_migrations", &[], &[1, 2]).await;
}

#[tokio::test]
async fn golang_migrate_that_is_dirty() {
    let history =
        "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
                   INSERT INTO schema_migrations VALUES (2, true);";
    let takeover = with_history("adopt_golang_dirty", &PAIRS, history).await;
    takeover.is_refused(&[], &["migration 2 did not finish"]).await;
}

#[tokio::test]
async fn goose_whose_files_hold_both_directions() {
    let files = [
        (
            "00001_create_users.sql",
            "-- +goose Up\nCREATE TABLE users (id bigint);\n-- +goose Down\nDROP TABLE users;\n",
        ),
        ("00002_compact.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n"),
    ];
    let history = "CREATE TABLE goose_db_version (
                       id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
                       version_id bigint NOT NULL,
                       is_applied boolean NOT NULL,
                       tstamp timestamp NOT NULL DEFAULT now());
                   INSERT INTO goose_db_version (version_id, is_applied)
                   VALUES (0, true), (1, true), (2, true), (2, false);";
    let takeover = with_history("adopt_goose", &files, history).await;
    takeover.takes_over("goose_db_version", &[], &[1]).await;
    let text = |path: &str| std::fs::read_to_string(takeover.folder.path().join(path)).unwrap();
    assert_eq!(text("00001_create_users.up.sql"), "CREATE TABLE users (id bigint);\n");
    assert_eq!(text("00001_create_users.down.sql"), "DROP TABLE users;\n");
    assert_eq!(text("00002_compact.up.sql"), "-- migrate: no-transaction\nVACUUM;\n");
    assert!(!takeover.folder.path().join("00002_compact.down.sql").exists());
    assert!(!takeover.folder.path().join("00001_create_users.sql").exists());
}

#[tokio::test]
async fn dbmate() {
    let files = [
        (
            "20250101000000_create_users.sql",
            "-- migrate:up\nCREATE TABLE users (id bigint);\n\n-- migrate:down\nDROP TABLE users;\n",
        ),
        (
            "20250102000000_create_orders.sql",
            "-- migrate:up\nCREATE TABLE orders (id bigint);\n\n-- migrate:down\nDROP TABLE orders;\n",
        ),
    ];
    let history = "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);
                   INSERT INTO schema_migrations VALUES ('20250101000000'), ('20250102000000');";
    let takeover = with_history("adopt_dbmate", &files, history).await;
    takeover.takes_over("schema_migrations", &[], &[20250101000000, 20250102000000]).await;
    let down = takeover.run(&["down", "--yes"]);
    // What another tool applied is a baseline, and no run of ours takes it back.
    assert_eq!(down.status.code(), Some(1), "{}", said(&down));
    assert!(said(&down).contains("is part of the baseline"), "{}", said(&down));
}

#[tokio::test]
async fn a_table_in_another_schema() {
    let history = "CREATE SCHEMA tools;
                   CREATE TABLE tools.schema_migrations (version varchar(128) PRIMARY KEY);
                   INSERT INTO tools.schema_migrations VALUES ('1');";
    let takeover = with_history("adopt_schema", &PAIRS, history).await;
    takeover.is_refused(&[], &["--table"]).await;
    takeover
        .takes_over(
            "tools.schema_migrations",
            &["--from", "dbmate", "--table", "tools.schema_migrations"],
            &[1],
        )
        .await;
}

/// The server keeps a column that was dropped, under another name.
#[tokio::test]
async fn a_table_that_had_another_column() {
    let history = "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY, note text);
                   ALTER TABLE schema_migrations DROP COLUMN note;
                   INSERT INTO schema_migrations VALUES ('1');";
    let takeover = with_history("adopt_dropped", &PAIRS, history).await;
    takeover.takes_over("schema_migrations", &[], &[1]).await;
}

#[tokio::test]
async fn two_histories_are_no_guess() {
    let history = "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);
                   INSERT INTO schema_migrations VALUES ('1');
                   CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now());
                   INSERT INTO __diesel_schema_migrations VALUES ('2');";
    let takeover = with_history("adopt_two", &PAIRS, history).await;
    takeover.is_refused(&[], &["--from", "diesel", "dbmate"]).await;
    takeover.takes_over("schema_migrations", &["--from", "dbmate"], &[1]).await;
}

#[tokio::test]
async fn what_we_applied_is_not_overwritten() {
    let history = "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);
                   INSERT INTO schema_migrations VALUES ('1'), ('2');";
    let takeover = with_history("adopt_applied", &PAIRS, history).await;
    let up = takeover.run(&["up", "--yes", "--alongside"]);
    assert!(up.status.success(), "{}", said(&up));
    let before = takeover.adopted().await;
    let adopt = takeover.run(&["adopt", "--yes"]);
    assert!(adopt.status.success(), "{}", said(&adopt));
    assert!(said(&adopt).contains("nothing to take over"), "{}", said(&adopt));
    assert_eq!(takeover.adopted().await, before);
}
