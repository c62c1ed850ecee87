//! What is made of a folder that has no policy yet.

use std::fs;

use crate::takeover::{Takeover, said};

const HISTORY: &str = "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);
                       INSERT INTO schema_migrations VALUES ('1');";

#[tokio::test]
async fn a_policy_lets_what_is_applied_be_as_it_is() {
    let files = [
        ("1_create_users.up.sql", "CREATE TABLE users (id bigint);\n"),
        ("2_drop_users.up.sql", "DROP TABLE users;\n"),
    ];
    let takeover = Takeover::new("adopt_policy", &files).await;
    takeover.client.batch_execute(HISTORY).await.unwrap();
    takeover.takes_over("schema_migrations", &["--from", "dbmate"], &[1]).await;
    let policy = fs::read_to_string(takeover.folder.path().join("migrate.toml")).unwrap();
    assert!(policy.contains("rollback = \"optional\""), "{policy}");
    assert!(policy.contains("lint-from = 2"), "{policy}");
    // Applied migrations give no findings; the others are analysed.
    let lint = takeover.run(&["lint"]);
    assert_eq!(lint.status.code(), Some(1), "{}", said(&lint));
    assert!(said(&lint).contains("drop-table"), "{}", said(&lint));
}

#[tokio::test]
async fn a_rollback_without_a_statement_is_forgiven() {
    let files = [
        ("1_create_users.up.sql", "CREATE TABLE users (id bigint);\n"),
        ("1_create_users.down.sql", "-- nothing\n"),
    ];
    let takeover = Takeover::new("adopt_empty_down", &files).await;
    takeover.client.batch_execute(HISTORY).await.unwrap();
    takeover.takes_over("schema_migrations", &["--from", "dbmate"], &[1]).await;
    let policy = fs::read_to_string(takeover.folder.path().join("migrate.toml")).unwrap();
    assert!(policy.contains("rollback = \"optional\""), "{policy}");
}

#[tokio::test]
async fn a_script_without_a_version_is_not_ignored() {
    let files = [
        ("1_create_users.up.sql", "CREATE TABLE users (id bigint);\n"),
        ("1_create_users.down.sql", "DROP TABLE users;\n"),
        ("add_indexes.up.sql", "CREATE INDEX ON users (id);\n"),
    ];
    let takeover = Takeover::new("adopt_no_version", &files).await;
    takeover.client.batch_execute(HISTORY).await.unwrap();
    takeover.is_refused(&[], &["add_indexes.up.sql"]).await;
    assert!(!takeover.folder.path().join("migrate.toml").exists());
}

#[tokio::test]
async fn a_file_that_is_there_is_not_written_over() {
    let joined = "-- migrate:up\nCREATE TABLE users (id bigint);\n-- migrate:down\nDROP TABLE users;\n";
    let files = [("1_create_users.sql", joined), ("1_create_users.up.sql", "-- ours\n")];
    let takeover = Takeover::new("adopt_collides", &files).await;
    takeover.client.batch_execute(HISTORY).await.unwrap();
    takeover.is_refused(&[], &["1_create_users.up.sql"]).await;
    for (path, text) in files {
        assert_eq!(fs::read_to_string(takeover.folder.path().join(path)).unwrap(), text);
    }
}

#[tokio::test]
async fn a_policy_that_is_there_is_not_touched() {
    let files =
        [("1_create_users.up.sql", "CREATE TABLE users (id bigint);\n"), ("migrate.toml", "# ours\n")];
    let takeover = Takeover::new("adopt_own_policy", &files).await;
    takeover.client.batch_execute(HISTORY).await.unwrap();
    takeover.is_refused(&[], &["this migration cannot be rolled back"]).await;
    assert_eq!(fs::read_to_string(takeover.folder.path().join("migrate.toml")).unwrap(), "# ours\n");
}

#[tokio::test]
async fn a_file_that_cannot_be_split_changes_nothing() {
    let good = "-- migrate:up\nCREATE TABLE users (id bigint);\n-- migrate:down\nDROP TABLE users;\n";
    let files = [("1_create_users.sql", good), ("2_odd.sql", "CREATE TABLE odd (id bigint);\n")];
    let takeover = Takeover::new("adopt_odd", &files).await;
    takeover.client.batch_execute(HISTORY).await.unwrap();
    takeover.is_refused(&[], &["2_odd.sql", "the file has no line `-- migrate:up`"]).await;
    assert_eq!(fs::read_to_string(takeover.folder.path().join("1_create_users.sql")).unwrap(), good);
    assert_eq!(fs::read_dir(takeover.folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn without_a_yes_and_without_a_terminal_nothing_is_written() {
    let files = [
        ("1_create_users.up.sql", "CREATE TABLE users (id bigint);\n"),
        ("1_create_users.down.sql", "DROP TABLE users;\n"),
    ];
    let takeover = Takeover::new("adopt_ask", &files).await;
    takeover.client.batch_execute(HISTORY).await.unwrap();
    let adopt = takeover.run(&["adopt"]);
    assert!(!adopt.status.success());
    assert!(said(&adopt).contains("--yes"), "{}", said(&adopt));
    assert!(!takeover.folder.path().join("migrate.toml").exists());
}
