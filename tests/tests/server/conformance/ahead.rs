//! A database that a newer binary was at before.

use migrate::{ErrorKind, MigrationSet, MigrationState, Migrator, Refusal, SetState};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::{folder, numbers, versions};

conformance! {
    an_older_binary_is_refused,
    an_older_binary_that_may_run_runs_and_says_so,
    an_older_binary_that_may_run_applies_what_is_pending,
    one_that_refuses_among_those_that_allow_is_named,
    an_older_binary_rolls_back_by_the_recorded_script,
    an_older_binary_is_told_that_the_way_back_is_missing,
    a_recorded_script_without_transaction_runs_without,
    a_recorded_script_that_fails_is_shown,
}

const OK: &str = "-- migrate: older-binaries ok\n";

/// The set without its newest migrations.
fn older(folder: Folder, names: &[&str]) -> MigrationSet {
    names.iter().fold(folder, |folder, name| folder.without(name)).set()
}

async fn an_older_binary_is_refused(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let records = db.records().await;
    let set = older(folder, &["2_create_b", "3_create_c"]);
    let migrator = Migrator::new(&set);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let unknown = |number, name: &str| Refusal::Unknown { version: version(number), name: name.to_owned() };
    assert_eq!(error.refusals(), [unknown(2, "create_b"), unknown(3, "create_c")]);
    let status = db.status(&migrator).await.unwrap();
    assert_eq!(status.state, SetState::AheadIncompatible);
    assert_eq!(status.migrations[2].state, MigrationState::Unknown);
    assert_eq!(db.records().await, records);
}

async fn an_older_binary_that_may_run_runs_and_says_so(mut db: impl Sandbox) {
    let up = |table: &str| format!("{OK}CREATE TABLE {table} (id integer)");
    let folder = folder(&db).table(1, "a").migration("2_b", &up("b"), "DROP TABLE b").migration(
        "3_c",
        &up("c"),
        "DROP TABLE c",
    );
    let set = folder.set();
    assert_eq!(numbers(&db.migrate(&Migrator::new(&set)).await.unwrap().ahead), [0; 0]);
    let records = db.records().await;
    let set = older(folder, &["2_b", "3_c"]);
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert!(report.is_empty());
    assert_eq!(numbers(&report.ahead), [2, 3]);
    assert!(
        report.to_string().ends_with("\nthe database is ahead of this binary, which may run: 2 3"),
        "{report}"
    );
    assert_eq!(db.status(&Migrator::new(&set)).await.unwrap().state, SetState::AheadCompatible);
    assert_eq!(db.records().await, records);
}

async fn an_older_binary_that_may_run_applies_what_is_pending(mut db: impl Sandbox) {
    let ahead = format!("{OK}CREATE TABLE b (id integer)");
    let folder = folder(&db).table(1, "a").migration("2_b", &ahead, "DROP TABLE b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.without("2_b").table(3, "c").set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!((versions(&report), numbers(&report.ahead)), (vec![3], vec![2]));
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
}

async fn one_that_refuses_among_those_that_allow_is_named(mut db: impl Sandbox) {
    let ahead = format!("{OK}CREATE TABLE b (id integer)");
    let folder = folder(&db).table(1, "a").migration("2_b", &ahead, "DROP TABLE b").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = older(folder, &["2_b", "3_create_c"]);
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.refusals(), [Refusal::Unknown { version: version(3), name: "create_c".to_owned() }]);
}

async fn an_older_binary_rolls_back_by_the_recorded_script(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a");
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let (history, schema) = (db.records().await.0, db.schema().await);
    let newer = folder
        .migration(
            "2_grow",
            "ALTER TABLE a ADD COLUMN n integer",
            "-- nobody needs it\nALTER TABLE a DROP COLUMN n;",
        )
        .migration(
            "3_b",
            "CREATE TABLE b (id integer); CREATE INDEX b_id ON b (id)",
            "DROP INDEX b_id; DROP TABLE b",
        );
    db.migrate(&Migrator::new(&newer.set())).await.unwrap();

    let migrator = Migrator::new(&set);
    let report = db.rollback_to(&migrator, version(1)).await.unwrap();
    assert_eq!(versions(&report), [3, 2]);
    assert_eq!((report.migrations[0].name.as_str(), report.migrations[0].statements), ("b", 2));
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.records().await.0, history);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

async fn an_older_binary_is_told_that_the_way_back_is_missing(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").irreversible("2_forget", "DELETE FROM a").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = older(folder, &["2_forget", "3_create_c"]);
    let error = db.rollback(&Migrator::new(&set), 2).await.unwrap_err();
    let name = "forget".to_owned();
    assert_eq!(error.refusals(), [Refusal::Irreversible { version: version(2), name, why: None }]);
    assert_eq!(db.tables().await, ["a", "c"]);
}

async fn a_recorded_script_without_transaction_runs_without<S: Sandbox>(mut db: S) {
    let folder = folder(&db).table(1, "box");
    let set = folder.set();
    // `CREATE INDEX CONCURRENTLY` and `VACUUM` fail in a transaction.
    let down = format!("-- migrate: no-transaction\n{};\nDROP TABLE b", S::ALONE);
    let newer = folder.migration("2_b", "CREATE TABLE b (id integer)", &down).set();
    db.migrate(&Migrator::new(&newer)).await.unwrap();
    let report = db.rollback(&Migrator::new(&set), 1).await.unwrap();
    assert_eq!((versions(&report), report.migrations[0].statements), (vec![2], 2));
    assert_eq!(db.tables().await, ["box"]);
}

async fn a_recorded_script_that_fails_is_shown(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a");
    let set = folder.set();
    let newer =
        folder.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE b;\n DROP TABLE missing").set();
    db.migrate(&Migrator::new(&newer)).await.unwrap();
    let error = db.rollback(&Migrator::new(&set), 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script);
    assert_eq!(error.statement(), Some("DROP TABLE missing"));
    let text = error.to_string();
    assert!(text.contains("the rollback script that the history recorded for 2_b:2:2"), "{text}");
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
}
