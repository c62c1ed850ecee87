//! The way back.

use migrate::{Action, ErrorKind, Migrator, Refusal, SetState};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{folder, versions};

conformance! {
    nothing_runs_behind_a_rollback_that_fails,
    rolls_back_the_last_steps,
    rolls_back_to_a_version,
    rolls_all_back,
    more_steps_than_there_are_roll_all_back,
    no_steps_do_nothing,
    up_after_down_applies_again,
    an_irreversible_migration_is_refused_before_anything_runs,
    an_irreversible_migration_below_the_target_is_in_nobodys_way,
    a_rollback_to_a_version_that_is_not_applied_is_refused,
    a_rollback_that_fails_leaves_its_migration_applied,
    a_script_with_nothing_to_undo_rolls_back,
    a_script_with_nothing_to_do_is_applied,
    an_edited_migration_is_rolled_back_by_the_recorded_script,
    a_corrected_rollback_script_is_the_one_that_runs,
    a_baseline_is_not_rolled_back,
    a_rollback_of_an_empty_database_does_nothing,
}

async fn rolls_back_the_last_steps(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").table(10, "c").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let report = db.rollback(&migrator, 2).await.unwrap();
    assert_eq!(versions(&report), [10, 2]);
    assert!(report.migrations.iter().all(|migration| migration.action == Action::Rollback));
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "apply 10", "rollback 10", "rollback 2"]);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
}

async fn rolls_back_to_a_version(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").table(3, "c").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(versions(&db.rollback_to(&migrator, version(1)).await.unwrap()), [3, 2]);
    assert_eq!(db.history().await, ["1 applied"]);
    assert!(db.rollback_to(&migrator, version(1)).await.unwrap().is_empty());
}

async fn rolls_all_back(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    let empty = db.schema().await;
    db.migrate(&migrator).await.unwrap();
    assert_eq!(versions(&db.rollback(&migrator, usize::MAX).await.unwrap()), [2, 1]);
    assert_eq!(db.schema().await, empty);
    assert_eq!(db.history().await, [""; 0]);
}

async fn more_steps_than_there_are_roll_all_back(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    assert_eq!(versions(&db.rollback(&migrator, 5).await.unwrap()), [1]);
}

async fn no_steps_do_nothing(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let records = db.records().await;
    assert!(db.rollback(&migrator, 0).await.unwrap().is_empty());
    assert_eq!(db.records().await, records);
}

async fn up_after_down_applies_again(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").table(3, "c").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let schema = db.schema().await;
    db.rollback(&migrator, 2).await.unwrap();
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2, 3]);
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
}

async fn an_irreversible_migration_is_refused_before_anything_runs(mut db: impl Sandbox) {
    let folder =
        folder(&db).table(1, "a").irreversible("2_forget", "CREATE TABLE b (id integer)").table(3, "c");
    let set = folder.set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let (records, schema) = (db.records().await, db.schema().await);
    let irreversible = Refusal::Irreversible {
        version: version(2),
        name: "forget".to_owned(),
        why: Some("it loses data".to_owned()),
    };
    for error in [
        db.rollback(&migrator, 2).await.unwrap_err(),
        db.rollback(&migrator, usize::MAX).await.unwrap_err(),
        db.rollback_to(&migrator, version(1)).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.refusals(), std::slice::from_ref(&irreversible));
        assert!(error.report().is_empty(), "{}", error.report());
        assert!(
            error.to_string().starts_with("migration 2_forget is irreversible: it loses data\n"),
            "{error}"
        );
    }
    // Not even 3, which could have been rolled back.
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.records().await, records);
}

async fn an_irreversible_migration_below_the_target_is_in_nobodys_way(mut db: impl Sandbox) {
    let set = folder(&db).irreversible("1_a", "CREATE TABLE a (id integer)").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(versions(&db.rollback_to(&migrator, version(1)).await.unwrap()), [2]);
    assert_eq!(db.tables().await, ["a"]);
}

async fn a_rollback_to_a_version_that_is_not_applied_is_refused(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let records = db.records().await;
    for target in [version(2), version(7)] {
        let error = db.rollback_to(&migrator, target).await.unwrap_err();
        assert_eq!(error.refusals(), [Refusal::TargetNotApplied { version: target }]);
    }
    assert_eq!(db.records().await, records);
}

async fn a_rollback_that_fails_leaves_its_migration_applied(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").migration(
        "2_b",
        "CREATE TABLE b (id integer)",
        "DROP TABLE b;\nDROP TABLE missing",
    );
    let set = folder.set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let history = db.records().await.0;
    let error = db.rollback(&migrator, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script);
    assert_eq!(error.version(), Some(version(2)));
    assert_eq!(error.path(), Some(folder.path("2_b.down.sql").as_str()));
    assert_eq!(error.position().unwrap().line, 2);
    assert_eq!(error.statement(), Some("DROP TABLE missing"));
    assert!(error.to_string().starts_with("the rollback of migration 2_b failed: "), "{error}");
    assert_eq!(db.tables().await, ["a", "b"]);
    assert_eq!(db.records().await.0, history);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "failure 2"]);

    let set = folder.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE b").set();
    assert_eq!(versions(&db.rollback(&Migrator::new(&set), 1).await.unwrap()), [2]);
    assert_eq!(db.tables().await, ["a"]);
}

async fn a_script_with_nothing_to_undo_rolls_back(mut db: impl Sandbox) {
    let set = folder(&db)
        .table(1, "a")
        .migration(
            "2_seed",
            "INSERT INTO a VALUES (1, 'x')",
            "-- migrate: nothing-to-undo \"the rows may stay\"",
        )
        .set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let report = db.rollback(&migrator, 1).await.unwrap();
    assert_eq!((versions(&report), report.migrations[0].statements), (vec![2], 0));
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.column("SELECT id FROM a").await, ["1"]);
}

async fn a_script_with_nothing_to_do_is_applied(mut db: impl Sandbox) {
    let nothing = "-- migrate: nothing-to-do \"made by hand\"\n";
    let alone = format!("-- migrate: no-transaction\n{nothing}");
    let back = "-- migrate: nothing-to-undo \"nothing was done\"";
    let set = folder(&db).table(1, "a").migration("2_b", nothing, back).migration("3_c", &alone, back).set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [1, 2, 3]);
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
    assert_eq!(versions(&db.rollback(&migrator, 2).await.unwrap()), [3, 2]);
    assert_eq!(db.tables().await, ["a"]);
}

async fn an_edited_migration_is_rolled_back_by_the_recorded_script(mut db: impl Sandbox) {
    let folder = folder(&db).migration("1_a", "CREATE TABLE a (id integer)", "DROP TABLE a");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.migration("1_a", "CREATE TABLE z (id integer)", "DROP TABLE z").set();
    assert_eq!(versions(&db.rollback(&Migrator::new(&set), 1).await.unwrap()), [1]);
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [1]);
    assert_eq!(db.tables().await, ["z"]);
}

async fn a_corrected_rollback_script_is_the_one_that_runs(mut db: impl Sandbox) {
    let up = "CREATE TABLE a (id integer); CREATE TABLE b (id integer)";
    let folder = folder(&db).migration("1_a", up, "DROP TABLE a");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.migration("1_a", up, "DROP TABLE b; DROP TABLE a").set();
    assert_eq!(db.status(&Migrator::new(&set)).await.unwrap().state, SetState::UpToDate);
    db.rollback(&Migrator::new(&set), 1).await.unwrap();
    assert_eq!(db.tables().await, [""; 0]);
}

async fn a_rollback_of_an_empty_database_does_nothing(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").set();
    let schema = db.schema().await;
    assert!(db.rollback(&Migrator::new(&set), usize::MAX).await.unwrap().is_empty());
    assert_eq!(db.schema().await, schema);
}

async fn nothing_runs_behind_a_rollback_that_fails(mut db: impl Sandbox) {
    let set = folder(&db)
        .table(1, "a")
        .table(2, "b")
        .migration("3_c", "CREATE TABLE c (id integer)", "DROP TABLE missing")
        .table(4, "d")
        .set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let error = db.rollback(&migrator, usize::MAX).await.unwrap_err();
    assert_eq!(error.version(), Some(version(3)));
    assert_eq!(versions(error.report()), [4]);
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
    assert_eq!(db.tables().await, ["a", "b", "c"]);
}

async fn a_baseline_is_not_rolled_back(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.execute("CREATE TABLE a (id integer)").await;
    db.baseline(&migrator, version(1)).await.unwrap();
    db.migrate(&migrator).await.unwrap();
    let records = db.records().await;
    let error = db.rollback(&migrator, usize::MAX).await.unwrap_err();
    assert_eq!(error.refusals(), [Refusal::Baseline { version: version(1), name: "create_a".to_owned() }]);
    assert_eq!(db.records().await, records);
    assert_eq!(versions(&db.rollback_to(&migrator, version(1)).await.unwrap()), [2]);
    assert_eq!(db.tables().await, ["a"]);
}
