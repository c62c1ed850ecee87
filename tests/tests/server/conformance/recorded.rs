//! What a row of the history records once a verb has rewritten it: all that the set holds, and nothing older.

use migrate::{Dialect, Migrator, OutOfOrder, SetState};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{assert_in_place, folder, versions};

conformance! {
    a_repair_records_how_the_rollback_runs,
    a_repair_records_whether_older_binaries_may_run,
    a_repair_takes_a_rollback_script_that_alone_was_edited,
    a_migration_is_resolved_while_the_one_before_it_was_interrupted,
    a_late_one_that_was_interrupted_breaks_no_chain,
    a_run_that_goes_on_records_what_the_set_holds_now,
    a_resolution_records_what_the_set_holds_now,
}

const INSERT: &str = "INSERT INTO box VALUES (1, 'x')";
const DELETE: &str = "DELETE FROM box";
const HALF: &str = "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'x');\nSELEC 1";

async fn a_repair_records_how_the_rollback_runs<S: Sandbox>(mut db: S) {
    let before = folder(&db).table(1, "box").migration("2_x", INSERT, DELETE);
    db.migrate(&Migrator::new(&before.set())).await.unwrap();
    let alone = match S::DIALECT {
        Dialect::Sqlite => "VACUUM",
        _ => "CREATE INDEX CONCURRENTLY by_label ON box (label)",
    };
    let down = format!("-- migrate: no-transaction\n{alone};\n{DELETE}");
    let edited = before.migration("2_x", INSERT, &down);
    db.repair(&Migrator::new(&edited.set())).await.unwrap();
    // An older binary has nothing but the row.
    let older = edited.without("2_x").set();
    assert_eq!(versions(&db.rollback(&Migrator::new(&older), 1).await.unwrap()), [2]);
}

async fn a_repair_records_whether_older_binaries_may_run(mut db: impl Sandbox) {
    let before = folder(&db).table(1, "box").migration("2_x", INSERT, DELETE);
    db.migrate(&Migrator::new(&before.set())).await.unwrap();
    let edited = before.migration("2_x", &format!("-- migrate: older-binaries ok\n{INSERT}"), DELETE);
    db.repair(&Migrator::new(&edited.set())).await.unwrap();
    let older = edited.without("2_x").set();
    assert_eq!(db.status(&Migrator::new(&older)).await.unwrap().state, SetState::AheadCompatible);
}

async fn a_repair_takes_a_rollback_script_that_alone_was_edited(mut db: impl Sandbox) {
    let before =
        folder(&db).table(1, "a").migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE missing");
    db.migrate(&Migrator::new(&before.set())).await.unwrap();
    let set = before.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE b").set();
    assert_eq!(versions(&db.repair(&Migrator::new(&set)).await.unwrap()), [2]);
    assert_eq!(
        db.column("SELECT down_script FROM migrate_history WHERE version = 2").await,
        ["DROP TABLE b"]
    );
    assert!(db.repair(&Migrator::new(&set)).await.unwrap().is_empty());
}

async fn a_migration_is_resolved_while_the_one_before_it_was_interrupted(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "box").migration("2_x", HALF, DELETE).table(3, "c").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    assert_eq!(versions(&db.resolve_applied(&migrator, version(3)).await.unwrap()), [3]);
    assert_eq!(db.history().await, ["1 applied", "2 applying", "3 applied"]);
}

async fn a_late_one_that_was_interrupted_breaks_no_chain(mut db: impl Sandbox) {
    let before = folder(&db).table(1, "box").table(3, "c");
    db.migrate(&Migrator::new(&before.set())).await.unwrap();
    let set = before.migration("2_x", HALF, DELETE).set();
    let migrator = Migrator::new(&set).out_of_order(OutOfOrder::Apply);
    db.migrate(&migrator).await.unwrap_err();
    let verification = db.verify(&migrator).await.unwrap();
    assert_eq!(verification.to_string(), "migration 2_x is interrupted during its apply");
}

const WHOLE: &str =
    "-- migrate: no-transaction\n-- migrate: older-binaries ok\nINSERT INTO box VALUES (1, 'x');\nSELECT 1";
const DOWN: &str = "-- migrate: no-transaction\nDELETE FROM box";

async fn a_run_that_goes_on_records_what_the_set_holds_now(mut db: impl Sandbox) {
    let half = folder(&db).table(1, "box").migration("2_x", HALF, DELETE);
    db.migrate(&Migrator::new(&half.set())).await.unwrap_err();
    let set = half.migration("2_x", WHOLE, DOWN).set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_in_place(&mut db, &Migrator::new(&set)).await;
}

async fn a_resolution_records_what_the_set_holds_now(mut db: impl Sandbox) {
    let half = folder(&db).table(1, "box").migration("2_x", HALF, DELETE);
    db.migrate(&Migrator::new(&half.set())).await.unwrap_err();
    let set = half.migration("2_x", WHOLE, DOWN).set();
    db.resolve_applied(&Migrator::new(&set), version(2)).await.unwrap();
    assert_in_place(&mut db, &Migrator::new(&set)).await;
}
