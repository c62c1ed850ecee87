//! Everything dropped and applied anew.

use migrate::{ErrorKind, Migrator, SetState};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::{assert_in_place, folder, versions};

conformance! {
    wipes_and_applies_everything,
    a_reset_of_an_empty_database_applies_everything,
    another_name_is_refused_and_nothing_is_touched,
    what_cannot_be_rolled_back_is_wiped,
    what_was_interrupted_is_wiped,
    a_history_that_fits_nothing_is_wiped,
    the_sets_that_share_the_database_are_wiped_too,
    a_reset_that_fails_tells_what_is_there_now,
}

/// What no migration made.
const BESIDE: &str = "CREATE TABLE beside (id integer PRIMARY KEY, parent integer REFERENCES beside (id));
    INSERT INTO beside VALUES (1, 1);
    CREATE VIEW seen AS SELECT id FROM beside;
    CREATE VIEW \"seen \"\"again\"\"\" AS SELECT id FROM seen;
    CREATE INDEX by_parent ON beside (parent)";

async fn wipes_and_applies_everything(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let schema = db.schema().await;
    db.execute(BESIDE).await;
    db.execute("INSERT INTO a VALUES (1, 'x')").await;
    let name = db.name().await;
    assert_eq!(versions(&db.reset(&migrator, &name).await.unwrap()), [1, 2]);
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.column("SELECT count(*) FROM a").await, ["0"]);
    assert_eq!(db.log().await, ["apply 1", "apply 2"]);
    assert_in_place(&mut db, &migrator).await;
}

async fn a_reset_of_an_empty_database_applies_everything(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").set();
    let migrator = Migrator::new(&set);
    let name = db.name().await;
    assert_eq!(versions(&db.reset(&migrator, &name).await.unwrap()), [1]);
    assert_in_place(&mut db, &migrator).await;
}

async fn another_name_is_refused_and_nothing_is_touched(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    db.execute(BESIDE).await;
    let (records, schema, name) = (db.records().await, db.schema().await, db.name().await);
    let set = folder.table(2, "b").set();
    for other in ["", "production", &name.to_uppercase(), &format!("{name} "), &name[..name.len() - 1]] {
        let error = db.reset(&Migrator::new(&set), other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongDatabase);
        assert!(error.report().is_empty());
        let text = format!(
            "`{other}` was to be wiped, and the connection leads to `{name}`\n help: nothing was touched"
        );
        assert!(error.to_string().starts_with(&text), "{error}");
        assert_eq!(db.schema().await, schema);
        assert_eq!(db.records().await, records);
    }
}

async fn what_cannot_be_rolled_back_is_wiped(mut db: impl Sandbox) {
    let set = folder(&db)
        .table(1, "a")
        .irreversible("2_forget", "CREATE TABLE b (id integer)")
        .migration("3_c", "CREATE TABLE c (id integer)", "DROP TABLE missing")
        .set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let (schema, name) = (db.schema().await, db.name().await);
    assert_eq!(versions(&db.reset(&migrator, &name).await.unwrap()), [1, 2, 3]);
    assert_eq!(db.schema().await, schema);
    assert_in_place(&mut db, &migrator).await;
}

async fn what_was_interrupted_is_wiped(mut db: impl Sandbox) {
    let up = |last: &str| format!("-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'one');\n{last};");
    let folder = folder(&db).table(1, "box").migration("2_fill", &up("SELEC 1"), "DELETE FROM box");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = folder.migration("2_fill", &up("INSERT INTO box VALUES (2, 'two')"), "DELETE FROM box").set();
    let (migrator, name) = (Migrator::new(&set), db.name().await);
    assert_eq!(versions(&db.reset(&migrator, &name).await.unwrap()), [1, 2]);
    assert_eq!(db.column("SELECT label FROM box ORDER BY id").await, ["one", "two"]);
    assert_in_place(&mut db, &migrator).await;
}

async fn a_history_that_fits_nothing_is_wiped(mut db: impl Sandbox) {
    let other = folder(&db).table(1, "x").table(5, "y").table(9, "z").set();
    db.migrate(&Migrator::new(&other)).await.unwrap();
    db.execute("UPDATE migrate_history SET format = 99, checksum = 'none'").await;
    let set = folder(&db).table(2, "a").table(5, "b").set();
    let (migrator, name) = (Migrator::new(&set), db.name().await);
    assert_eq!(db.migrate(&migrator).await.unwrap_err().kind(), ErrorKind::History);
    assert_eq!(versions(&db.reset(&migrator, &name).await.unwrap()), [2, 5]);
    assert_eq!(db.tables().await, ["a", "b"]);
    assert_in_place(&mut db, &migrator).await;
}

async fn the_sets_that_share_the_database_are_wiped_too<S: Sandbox>(mut db: S) {
    let named = |name: &str| Folder::with_policy(&format!("dialect = '{}'\nset = '{name}'", S::DIALECT));
    let shop = named("shop").table(1, "customer").set();
    let jobs = named("jobs").table(1, "job").set();
    let (shop, jobs) = (Migrator::new(&shop), Migrator::new(&jobs));
    let apart = jobs.clone().history_prefix("apart");
    db.migrate(&shop).await.unwrap();
    db.migrate(&jobs).await.unwrap();
    let name = db.name().await;
    assert_eq!(versions(&db.reset(&shop, &name).await.unwrap()), [1]);
    assert_eq!(db.tables().await, ["customer"]);
    assert_eq!(db.rows("SELECT set_name, version FROM migrate_history").await, [["shop", "1"]]);
    assert_eq!(db.rows("SELECT set_name, version FROM migrate_log").await, [["shop", "1"]]);
    // The other comes back by a run of its own, and so does one with a history of its own.
    assert_eq!(db.status(&jobs).await.unwrap().state, SetState::Behind);
    assert_eq!(versions(&db.migrate(&jobs).await.unwrap()), [1]);
    assert_eq!(versions(&db.reset(&apart, &name).await.unwrap()), [1]);
    assert_eq!(db.column("SELECT set_name FROM apart_history").await, ["jobs"]);
    assert_eq!(db.status(&shop).await.unwrap().state, SetState::Behind);
    assert_eq!(versions(&db.migrate(&shop).await.unwrap()), [1]);
}

async fn a_reset_that_fails_tells_what_is_there_now(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let folder = folder.migration("2_create_b", "SELEC 1", "DROP TABLE b");
    let (set, name) = (folder.set(), db.name().await);
    let error = db.reset(&Migrator::new(&set), &name).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(version(2))));
    assert_eq!(versions(error.report()), [1]);
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(db.log().await, ["apply 1", "failure 2"]);
    let set = folder.table(2, "b").set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [2]);
    assert_in_place(&mut db, &Migrator::new(&set)).await;
}
