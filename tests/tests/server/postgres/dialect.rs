//! Sets that are written for another engine, or for any.

use migrate::{Dialect, ErrorKind, Migrator, Target};
use migrate_tests::{Folder, Sandbox};

use crate::postgres::{PLACES, database};

#[tokio::test]
async fn a_set_for_sqlite_is_refused() {
    let mut db = database("wrong_engine").await;
    let set = Folder::new(Dialect::Sqlite).table(1, "a").set();
    let migrator = Migrator::new(&set);
    for error in [
        db.migrate(&migrator).await.unwrap_err(),
        db.status(&migrator).await.unwrap_err(),
        db.plan(&migrator, Target::Latest).await.unwrap_err(),
        db.rollback(&migrator, 1).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::WrongEngine);
        assert!(error.to_string().contains("written for sqlite and cannot run on PostgreSQL"), "{error}");
    }
    assert_eq!(db.column(PLACES).await, [""; 0]);
}

#[tokio::test]
async fn a_set_for_any_engine_runs() {
    let mut db = database("any_engine").await;
    let set = Folder::new(Dialect::Any).table(1, "a").set();
    assert_eq!(db.migrate(&Migrator::new(&set)).await.unwrap().migrations.len(), 1);
}
