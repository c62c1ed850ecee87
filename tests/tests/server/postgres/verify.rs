//! What a verify script may say.

use migrate::{Dialect, Migrator};
use migrate_tests::{Folder, PostgresPool, Sandbox};

#[tokio::test]
async fn a_verify_script_may_select_nothing() {
    let mut db = PostgresPool::create("verify_nothing").await;
    let set = Folder::new(Dialect::Postgres)
        .table(1, "a")
        .verify("1_create_a", "SELECT FROM generate_series(1, 2)")
        .set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert!(db.verify(&Migrator::new(&set)).await.unwrap().is_ok());
}
