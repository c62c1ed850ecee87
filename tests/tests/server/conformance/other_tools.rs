//! A database that another migration tool has worked on, and this library not yet.

use migrate::{ErrorKind, MigrationSet, Migrator, SetState, Target};
use migrate_core::OtherTool;
use migrate_tests::{Folder, Sandbox, conformance};

conformance! {
    a_history_of_another_tool_is_named_before_anything_runs,
    an_empty_table_of_another_tool_says_nothing,
    a_table_that_only_has_the_name_says_nothing,
    a_history_may_begin_alongside_another,
    a_baseline_leads_past_the_history_of_another_tool,
    a_history_in_another_place_is_named_before_a_second_one_begins,
}

fn two<S: Sandbox>(_: &S) -> MigrationSet {
    Folder::new(S::DIALECT).table(1, "a").table(2, "b").set()
}

/// The tables as the tools make them, and a row of something that was applied.
const HISTORIES: [(&str, &str, &str); 19] = [
    (
        "_sqlx_migrations",
        "version bigint, description text, success boolean, checksum text",
        "1, 'a', true, 'x'",
    ),
    ("__diesel_schema_migrations", "version varchar(50), run_on timestamp", "'1', '2025-01-01'"),
    (
        "refinery_schema_history",
        "version int, name text, applied_on text, checksum text",
        "1, 'a', 'now', '7'",
    ),
    ("_prisma_migrations", "id text, checksum text, migration_name text", "'a', 'x', '1_a'"),
    ("flyway_schema_history", "installed_rank int, version text, success boolean", "1, '1', true"),
    ("goose_db_version", "id int, version_id bigint, is_applied boolean", "1, 1, true"),
    ("schema_migrations", "version bigint, dirty boolean", "1, false"),
    ("seaql_migrations", "version text, applied_at bigint", "'m1', 1"),
    ("databasechangelog", "id text, author text, orderexecuted int", "'1', 'a', 1"),
    ("alembic_version", "version_num varchar(32)", "'ae10'"),
    ("django_migrations", "id int, app text, name text, applied text", "1, 'a', '0001', 'now'"),
    ("knex_migrations", "id int, name text, batch int", "1, 'a', 1"),
    ("SequelizeMeta", "name text", "'a'"),
    ("pgmigrations", "id int, name text, run_on text", "1, 'a', 'now'"),
    ("__EFMigrationsHistory", "\"MigrationId\" text, \"ProductVersion\" text", "'1', '8'"),
    ("phinxlog", "version bigint, migration_name text", "1, 'a'"),
    ("gorp_migrations", "id text, applied_at text", "'1', 'now'"),
    ("schema_version", "version int", "1"),
    ("__drizzle_migrations", "id int, hash text", "1, 'x'"),
];

async fn a_history_of_another_tool_is_named_before_anything_runs<S: Sandbox>(mut db: S) {
    let set = two(&db);
    let migrator = Migrator::new(&set);
    let mut known: Vec<&str> = OtherTool::ALL.iter().map(|tool| tool.table).collect();
    for (table, columns, row) in HISTORIES {
        known.retain(|name| *name != table);
        db.execute(&format!("CREATE TABLE \"{table}\" ({columns}); INSERT INTO \"{table}\" VALUES ({row})"))
            .await;
        let error = db.migrate(&migrator).await.unwrap_err();
        let told = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Refused, "{told}");
        assert!(told.contains(&format!("(`{table}`)")) && told.contains("nothing was changed"), "{told}");
        assert_eq!(db.plan(&migrator, Target::Latest).await.unwrap_err().to_string(), told);
        assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
        db.execute(&format!("DROP TABLE \"{table}\"")).await;
    }
    assert_eq!(known, [""; 0], "tools without a case");
    db.execute("CREATE TABLE _sqlx_migrations (version bigint, success boolean)").await;
    db.execute("INSERT INTO _sqlx_migrations VALUES (1, true)").await;
    let told = db.migrate(&migrator).await.unwrap_err().to_string();
    assert!(told.contains("the history of sqlx") && told.contains("cargo migrate adopt"), "{told}");
    db.execute("CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('a')")
        .await;
    let told = db.migrate(&migrator).await.unwrap_err().to_string();
    assert!(
        told.contains("and of Alembic (`alembic_version`)") && told.contains("`baseline VERSION`"),
        "{told}"
    );
    db.execute("DROP TABLE _sqlx_migrations; DROP TABLE alembic_version").await;
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2, "nothing was left");
}

/// A tool makes its table before it applies anything, and some write a row 0.
async fn an_empty_table_of_another_tool_says_nothing<S: Sandbox>(mut db: S) {
    let set = two(&db);
    db.execute("CREATE TABLE _sqlx_migrations (version bigint, success boolean)").await;
    db.execute("CREATE TABLE goose_db_version (id int, version_id bigint)").await;
    db.execute("INSERT INTO goose_db_version VALUES (1, 0)").await;
    assert_eq!(db.migrate(&Migrator::new(&set)).await.unwrap().migrations.len(), 2);
}

async fn a_table_that_only_has_the_name_says_nothing<S: Sandbox>(mut db: S) {
    let set = two(&db);
    db.execute("CREATE TABLE schema_migrations (id bigint, title text)").await;
    db.execute("INSERT INTO schema_migrations VALUES (1, 'a')").await;
    db.execute("CREATE VIEW schema_version AS SELECT 1 AS version").await;
    assert_eq!(db.migrate(&Migrator::new(&set)).await.unwrap().migrations.len(), 2);
}

async fn a_history_may_begin_alongside_another<S: Sandbox>(mut db: S) {
    let set = two(&db);
    db.execute("CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('1')")
        .await;
    let alongside = Migrator::new(&set).alongside();
    assert_eq!(db.plan(&alongside, Target::Latest).await.unwrap().steps.len(), 2);
    assert_eq!(db.migrate(&alongside).await.unwrap().migrations.len(), 2);
    // Once it has begun, nothing has to be said any more.
    let migrator = Migrator::new(&set);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(db.rollback(&migrator, 1).await.unwrap().migrations.len(), 1);
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 1);
}

async fn a_history_in_another_place_is_named_before_a_second_one_begins<S: Sandbox>(mut db: S) {
    let set = two(&db);
    let placed = Migrator::new(&set).history_prefix("app's");
    assert_eq!(db.migrate(&placed).await.unwrap().migrations.len(), 2);
    // A forgotten option.
    let migrator = Migrator::new(&set);
    let error = db.migrate(&migrator).await.unwrap_err();
    let told = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Refused, "{told}");
    for part in ["the history of the set `default`", "\"app's_history\"", "[history]", "nothing was changed"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    // A place that is named is meant: each tenant may have a history of its own. So is another set.
    let other = Folder::new(S::DIALECT).table(1, "c").set();
    assert_eq!(db.migrate(&Migrator::new(&other)).await.unwrap().migrations.len(), 1);
    let named = Migrator::new(&set).history_prefix("second");
    db.execute("DROP TABLE a; DROP TABLE b").await;
    assert_eq!(db.migrate(&named).await.unwrap().migrations.len(), 2);
}

async fn a_baseline_leads_past_the_history_of_another_tool<S: Sandbox>(mut db: S) {
    let set = two(&db);
    db.execute("CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('1')")
        .await;
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    db.baseline(&migrator, "1".parse().unwrap()).await.unwrap();
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 1);
}
