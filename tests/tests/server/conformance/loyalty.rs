//! A schema as an application would have it: up, down and up again come to the same.

use std::path::Path;

use migrate::{MigrationSet, Migrator, SetState};
use migrate_tests::{Sandbox, conformance};

use crate::conformance::versions;

conformance! {
    up_down_up_gives_the_same_schema,
    each_migration_is_undone_exactly,
    any_number_of_steps_back_and_forth_gives_the_same_schema,
    rows_survive_the_way_up,
    the_schema_does_what_it_is_for,
}

fn set<S: Sandbox>(_: &S) -> MigrationSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/loyalty").join(S::DIALECT.as_str());
    MigrationSet::read(folder).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

async fn up_down_up_gives_the_same_schema(mut db: impl Sandbox) {
    let set = set(&db);
    let migrator = Migrator::new(&set);
    let empty = db.schema().await;
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), set.migrations().len());
    let full = db.schema().await;
    for part in ["businesses", "customers_email", "balances", "customers_touch"] {
        assert!(full.contains(part), "no {part} in\n{full}");
    }
    db.rollback(&migrator, usize::MAX).await.unwrap();
    assert_eq!(db.schema().await, empty);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(db.schema().await, full);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

async fn each_migration_is_undone_exactly(mut db: impl Sandbox) {
    let set = set(&db);
    let migrator = Migrator::new(&set);
    let mut before = db.schema().await;
    for migration in set.migrations() {
        db.migrate_to(&migrator, migration.version()).await.unwrap();
        let after = db.schema().await;
        assert_ne!(after, before, "{migration} changes nothing");
        let report = db.rollback(&migrator, 1).await.unwrap();
        assert_eq!(versions(&report), [migration.version().as_i64()]);
        assert_eq!(db.schema().await, before, "{migration} is not undone");
        db.migrate_to(&migrator, migration.version()).await.unwrap();
        assert_eq!(db.schema().await, after, "{migration} differs the second time");
        before = after;
    }
}

async fn any_number_of_steps_back_and_forth_gives_the_same_schema(mut db: impl Sandbox) {
    let set = set(&db);
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let full = db.schema().await;
    for steps in 1..=set.migrations().len() {
        assert_eq!(db.rollback(&migrator, steps).await.unwrap().migrations.len(), steps);
        assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), steps);
        assert_eq!(db.schema().await, full, "after {steps} steps");
    }
}

const ROWS: &str = "INSERT INTO businesses (name, state) VALUES ('Bäckerei Süß', 'active'), ('O''Hara', 'trial');
    INSERT INTO programs (business_id, title) VALUES (1, 'Stamps'), (2, 'Points');
    INSERT INTO customers (business_id, email, display_name) VALUES (1, 'a@example.org', 'Ada Lovelace'),
        (2, 'b@example.org', NULL);
    INSERT INTO point_entries (business_id, customer_id, program_id, points) VALUES (1, 1, 1, 10), (1, 1, 1, -4)";
const BALANCES: &str = "SELECT business_id, customer_id, points FROM balances ORDER BY 1, 2";

async fn rows_survive_the_way_up(mut db: impl Sandbox) {
    let set = set(&db);
    let migrator = Migrator::new(&set);
    let version = set.migrations()[3].version();
    db.migrate_to(&migrator, version).await.unwrap();
    db.execute(ROWS).await;
    db.migrate(&migrator).await.unwrap();
    assert_eq!(db.rows(BALANCES).await, [["1", "1", "6"], ["2", "2", "0"]]);
    db.rollback_to(&migrator, version).await.unwrap();
    assert_eq!(db.rows(BALANCES).await, [["1", "1", "6"], ["2", "2", "0"]]);
    let names = db.column("SELECT display_name FROM customers ORDER BY id").await;
    assert_eq!(names, ["Ada Lovelace", "NULL"]);
}

async fn the_schema_does_what_it_is_for(mut db: impl Sandbox) {
    let set = set(&db);
    db.migrate(&Migrator::new(&set)).await.unwrap();
    db.execute(ROWS).await;
    db.execute("UPDATE customers SET display_name = 'Ada', updated_at = '2000-01-01' WHERE business_id = 1")
        .await;
    let touched = "SELECT count(*) FROM customers WHERE business_id = 1 AND updated_at > '2001-01-01'";
    assert_eq!(db.column(touched).await, ["1"]);
    db.execute("UPDATE customers SET deleted_at = '2025-12-01' WHERE business_id = 1").await;
    db.execute("INSERT INTO customers (business_id, email) VALUES (1, 'A@example.org')").await;
    assert_eq!(db.rows(BALANCES).await, [["1", "3", "0"], ["2", "2", "0"]]);
}
