//! A whole run in one transaction.

use migrate::{ErrorKind, Migrator, Refusal};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{folder, versions};

conformance! {
    all_are_applied_together,
    none_is_applied_when_one_fails,
    none_is_rolled_back_when_one_fails,
    a_script_without_transaction_is_refused,
}

async fn all_are_applied_together(mut db: impl Sandbox) {
    let mut folder = folder(&db);
    for n in 1..=100 {
        folder = folder.table(n, &format!("t{n}"));
    }
    let set = folder.set();
    let migrator = Migrator::new(&set).single_transaction();
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), (1..=100).collect::<Vec<_>>());
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(db.tables().await.len(), 100);
    let back = versions(&db.rollback(&migrator, usize::MAX).await.unwrap());
    assert_eq!(back, (1..=100).rev().collect::<Vec<_>>());
    assert_eq!(db.tables().await, [""; 0]);
}

async fn none_is_applied_when_one_fails<S: Sandbox>(mut db: S) {
    let folder = folder(&db).table(1, "a").migration(
        "2_b",
        "CREATE TABLE b (id integer); DROP TABLE missing",
        "DROP TABLE b",
    );
    let set = folder.table(3, "c").set();
    let migrator = Migrator::new(&set).single_transaction();
    let error = db.migrate(&migrator).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(version(2))));
    assert!(error.report().is_empty(), "{error}");
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(db.history().await, [""; 0]);
    assert_eq!(db.log().await, ["failure 2"]);
    // Nothing is left open: the connection still works.
    let set = self::folder(&db).table(1, "a").set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set).single_transaction()).await.unwrap()), [1]);
}

async fn none_is_rolled_back_when_one_fails(mut db: impl Sandbox) {
    let folder = folder(&db).migration("1_a", "CREATE TABLE a (id integer)", "DROP TABLE missing");
    let set = folder.table(2, "b").set();
    let migrator = Migrator::new(&set).single_transaction();
    db.migrate(&migrator).await.unwrap();
    let error = db.rollback(&migrator, 2).await.unwrap_err();
    assert_eq!(error.version(), Some(version(1)));
    assert_eq!(db.tables().await, ["a", "b"]);
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
}

async fn a_script_without_transaction_is_refused(mut db: impl Sandbox) {
    let alone = "-- migrate: no-transaction\nCREATE TABLE b (id integer)";
    let set = folder(&db).table(1, "a").migration("2_b", alone, "DROP TABLE b").set();
    let error = db.migrate(&Migrator::new(&set).single_transaction()).await.unwrap_err();
    assert!(matches!(error.refusals(), [Refusal::WithoutTransaction { .. }]), "{error}");
    assert_eq!(db.tables().await, [""; 0]);
}
