//! Two sets in one database, each with its own history in the same table.

use migrate::{Migrator, SetState};
use migrate_tests::{Folder, Sandbox, conformance};

use crate::conformance::versions;

conformance! {
    two_sets_do_not_see_each_other,
    the_name_of_a_set_may_hold_a_quote,
    two_histories_do_not_see_each_other,
}

fn named<S: Sandbox>(_: &S, name: &str) -> Folder {
    Folder::with_policy(&format!("dialect = '{}'\nset = \"{name}\"", S::DIALECT))
}

async fn two_sets_do_not_see_each_other(mut db: impl Sandbox) {
    let shop = named(&db, "shop").table(1, "customer").table(2, "sale").set();
    let jobs = named(&db, "jobs").table(1, "job").set();
    let (shop, jobs) = (Migrator::new(&shop), Migrator::new(&jobs));
    assert_eq!(versions(&db.migrate(&shop).await.unwrap()), [1, 2]);
    assert_eq!(db.status(&jobs).await.unwrap().state, SetState::Behind);
    assert_eq!(versions(&db.migrate(&jobs).await.unwrap()), [1]);
    assert_eq!(db.tables().await, ["customer", "job", "sale"]);
    assert!(db.migrate(&shop).await.unwrap().is_empty());
    assert!(db.migrate(&jobs).await.unwrap().is_empty());

    assert_eq!(versions(&db.rollback(&shop, usize::MAX).await.unwrap()), [2, 1]);
    assert_eq!(db.tables().await, ["job"]);
    assert_eq!(db.status(&jobs).await.unwrap().state, SetState::UpToDate);
    assert_eq!(db.status(&shop).await.unwrap().state, SetState::Behind);
    assert_eq!(db.rows("SELECT set_name, version FROM migrate_history").await, [["jobs", "1"]]);
    let logged = [["shop", "1"], ["shop", "2"], ["jobs", "1"], ["shop", "2"], ["shop", "1"]];
    assert_eq!(db.rows("SELECT set_name, version FROM migrate_log ORDER BY id").await, logged);
}

async fn the_name_of_a_set_may_hold_a_quote(mut db: impl Sandbox) {
    let set = named(&db, r#"O'Hara's \"shop\"; --"#).table(1, "a").table(2, "b").set();
    assert_eq!(set.name(), r#"O'Hara's "shop"; --"#);
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [1, 2]);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(versions(&db.rollback(&migrator, 1).await.unwrap()), [2]);
    assert_eq!(db.column("SELECT set_name FROM migrate_history").await, [set.name()]);
}

async fn two_histories_do_not_see_each_other(mut db: impl Sandbox) {
    let (one, two) = (named(&db, "x").table(1, "a").set(), named(&db, "x").table(1, "b").set());
    let one = Migrator::new(&one);
    let two = Migrator::new(&two).history_prefix("my \"other\" app");
    assert_eq!(versions(&db.migrate(&one).await.unwrap()), [1]);
    assert_eq!(versions(&db.migrate(&two).await.unwrap()), [1]);
    assert!(db.migrate(&one).await.unwrap().is_empty());
    assert!(db.migrate(&two).await.unwrap().is_empty());
    let history = r#"SELECT name FROM "my ""other"" app_history""#;
    assert_eq!(db.column(history).await, ["create_b"]);
    assert_eq!(db.column("SELECT name FROM migrate_history").await, ["create_a"]);
    assert_eq!(versions(&db.rollback(&two, 1).await.unwrap()), [1]);
    assert_eq!(db.column(history).await, [""; 0]);
}
