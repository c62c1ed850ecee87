//! Several runners on one database at once.

use migrate::Migrator;
use migrate_tests::{Sandbox, conformance};

use crate::folder;

conformance! {
    runners_that_take_turns_apply_each_migration_once,
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
