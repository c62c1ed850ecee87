//! A set and a history that no longer fit: edited after it was applied, or come late.

use migrate::{ErrorKind, MigrationState, Migrator, OutOfOrder, Refusal, SetState};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{folder, versions};

conformance! {
    an_edited_migration_is_refused,
    an_edited_migration_is_refused_when_nothing_is_pending,
    white_space_at_the_end_and_line_ends_are_no_edit,
    every_reason_is_told_at_once,
    a_migration_that_comes_late_is_refused,
    a_migration_that_comes_late_is_applied_on_demand,
    a_first_migration_that_comes_late_is_applied_on_demand,
    after_a_late_one_the_history_is_as_if_in_order,
    a_late_one_that_fails_leaves_the_history_as_it_was,
    a_rename_is_no_edit,
}

async fn an_edited_migration_is_refused(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let (records, schema) = (db.records().await, db.schema().await);
    let folder = folder.migration("1_create_a", "CREATE TABLE a (id bigint)", "DROP TABLE a").table(3, "c");
    let set = folder.set();
    let changed = Refusal::Changed { version: version(1), path: folder.path("1_create_a.up.sql") };
    let migrator = Migrator::new(&set);
    for error in [
        db.migrate(&migrator).await.unwrap_err(),
        db.migrate_to(&migrator, version(3)).await.unwrap_err(),
        db.plan(&migrator, migrate::Target::Latest).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.refusals(), std::slice::from_ref(&changed));
        assert!(error.to_string().starts_with("migration 1 was edited after it was applied"), "{error}");
    }
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.records().await, records);
}

async fn an_edited_migration_is_refused_when_nothing_is_pending(mut db: impl Sandbox) {
    let (first, last) = ("1_create_a", "2_create_b");
    db.migrate(&Migrator::new(&folder(&db).table(1, "a").table(2, "b").set())).await.unwrap();
    for (edited, name) in [(1, first), (2, last)] {
        let set = folder(&db).table(1, "a").table(2, "b").migration(name, "SELECT 1", "SELECT 1").set();
        let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
        assert!(matches!(error.refusals(), [Refusal::Changed { version: v, .. }] if *v == version(edited)));
        let status = db.status(&Migrator::new(&set)).await.unwrap();
        assert_eq!(status.state, SetState::Diverged);
    }
}

async fn white_space_at_the_end_and_line_ends_are_no_edit(mut db: impl Sandbox) {
    let folder = folder(&db).migration("1_a", "CREATE TABLE a (\n id integer\n);\n", "DROP TABLE a");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder
        .migration("1_a", "\u{feff}CREATE TABLE a (\r\n id integer\r\n);\r\n\r\n  ", "DROP TABLE a")
        .set();
    assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());
    assert_eq!(db.status(&Migrator::new(&set)).await.unwrap().state, SetState::UpToDate);
}

async fn every_reason_is_told_at_once(mut db: impl Sandbox) {
    let first = folder(&db).table(2, "b").table(3, "c").table(9, "gone");
    db.migrate(&Migrator::new(&first.set())).await.unwrap();
    let folder =
        first.without("9_create_gone").table(1, "late").migration("2_create_b", "SELECT 1", "SELECT 1");
    let set = folder.set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(
        error.refusals(),
        [
            Refusal::Changed { version: version(2), path: folder.path("2_create_b.up.sql") },
            Refusal::Unknown { version: version(9), name: "create_gone".to_owned() },
            Refusal::OutOfOrder {
                version: version(1),
                path: folder.path("1_create_late.up.sql"),
                newest: version(9)
            },
        ]
    );
    assert_eq!(error.to_string().matches("\n help: ").count(), 3, "{error}");
}

async fn a_migration_that_comes_late_is_refused(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let records = db.records().await;
    let folder = folder.table(2, "b").table(4, "d");
    let set = folder.set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    let path = folder.path("2_create_b.up.sql");
    assert_eq!(error.refusals(), [Refusal::OutOfOrder { version: version(2), path, newest: version(3) }]);
    assert_eq!(db.tables().await, ["a", "c"]);
    assert_eq!(db.records().await, records);
}

async fn a_migration_that_comes_late_is_applied_on_demand(mut db: impl Sandbox) {
    let folder = folder(&db).table(10, "a").table(30, "c").table(50, "e");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.table(20, "b").table(40, "d").table(60, "f").set();
    let migrator = Migrator::new(&set).out_of_order(OutOfOrder::Apply);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [20, 40, 60]);
    assert_eq!(db.tables().await, ["a", "b", "c", "d", "e", "f"]);
    let logged = ["apply 10", "apply 30", "apply 50", "apply 20", "apply 40", "apply 60"];
    assert_eq!(db.log().await, logged);
}

async fn a_first_migration_that_comes_late_is_applied_on_demand(mut db: impl Sandbox) {
    let folder = folder(&db).table(2, "b").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.table(1, "a").set();
    let migrator = Migrator::new(&set).out_of_order(OutOfOrder::Apply);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [1]);
    assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());
}

async fn after_a_late_one_the_history_is_as_if_in_order(mut db: impl Sandbox) {
    let chain = "SELECT version, checksum, chain, state FROM migrate_history ORDER BY version";
    let folder = folder(&db).table(1, "a").table(3, "c").table(5, "e");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.table(2, "b").table(4, "d").set();
    db.migrate(&Migrator::new(&set).out_of_order(OutOfOrder::Apply)).await.unwrap();
    let late = db.rows(chain).await;

    let strict = Migrator::new(&set);
    assert!(db.migrate(&strict).await.unwrap().is_empty());
    assert_eq!(db.status(&strict).await.unwrap().state, SetState::UpToDate);
    db.rollback(&strict, usize::MAX).await.unwrap();
    assert_eq!(versions(&db.migrate(&strict).await.unwrap()), [1, 2, 3, 4, 5]);
    assert_eq!(db.rows(chain).await, late);
}

async fn a_late_one_that_fails_leaves_the_history_as_it_was(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let history = db.records().await.0;
    let set = folder.migration("2_b", "CREATE TABLE b (id integer); DROP TABLE missing", "SELECT 1").set();
    let migrator = Migrator::new(&set).out_of_order(OutOfOrder::Apply);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(version(2))));
    assert_eq!(db.records().await.0, history);
    assert_eq!(db.tables().await, ["a", "c"]);
    assert_eq!(db.status(&migrator).await.unwrap().migrations[1].state, MigrationState::OutOfOrder);
}

async fn a_rename_is_no_edit(mut db: impl Sandbox) {
    let folder = folder(&db).migration("1_a", "CREATE TABLE a (id integer)", "DROP TABLE a");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set =
        folder.without("1_a").migration("1_customers", "CREATE TABLE a (id integer)", "DROP TABLE a").set();
    assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());
}
