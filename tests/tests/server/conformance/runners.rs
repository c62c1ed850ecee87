//! Several runners on one database at once.

use migrate::{Migrator, SetState};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::{folder, strings, versions};

conformance! {
    runners_that_take_turns_apply_each_migration_once,
    runners_at_once_apply_each_migration_once,
    runners_at_once_roll_each_migration_back_once,
}

async fn runners_that_take_turns_apply_each_migration_once<S: Sandbox>(mut db: S) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    let mut other = db.beside().await;
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2);
    assert!(other.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(other.rollback(&migrator, 1).await.unwrap().migrations.len(), 1);
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 1);
    assert_eq!(other.records().await, db.records().await);
}

/// A set of which each migration fails when it is applied twice, and of which some run without transaction.
fn strict(mut folder: Folder) -> Folder {
    for n in 1..=30 {
        let directive = if n % 10 == 0 { "-- migrate: no-transaction\n" } else { "" };
        let up = format!("{directive}CREATE TABLE t{n} (id integer)");
        folder = folder.migration(&format!("{n}_t"), &up, &format!("{directive}DROP TABLE t{n}"));
    }
    folder
}

async fn runners_at_once_apply_each_migration_once<S: Sandbox>(mut db: S) {
    let folder = strict(folder(&db));
    let set = folder.set();
    let migrator = Migrator::new(&set);
    let (mut b, mut c, mut d) = (db.beside().await, db.beside().await, db.beside().await);
    let (a, b, c, d) =
        tokio::join!(db.migrate(&migrator), b.migrate(&migrator), c.migrate(&migrator), d.migrate(&migrator));
    let mut applied: Vec<i64> =
        [a, b, c, d].into_iter().flat_map(|report| versions(&report.unwrap())).collect();
    applied.sort_unstable();
    assert_eq!(applied, (1..=30).collect::<Vec<_>>());
    assert_eq!(db.column("SELECT version FROM migrate_log ORDER BY id").await, strings(&applied));
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

async fn runners_at_once_roll_each_migration_back_once<S: Sandbox>(mut db: S) {
    let folder = strict(folder(&db));
    let set = folder.set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let (mut other, target) = (db.beside().await, version(1));
    let (a, b) = tokio::join!(db.rollback_to(&migrator, target), other.rollback_to(&migrator, target));
    let mut undone = versions(&a.unwrap());
    undone.extend(versions(&b.unwrap()));
    undone.sort_unstable();
    assert_eq!(undone, (2..=30).collect::<Vec<_>>());
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.tables().await, ["t1"]);
}
