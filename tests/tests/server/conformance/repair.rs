//! Migrations that were edited after they were applied, accepted.

use migrate::{Action, Migrator, OutOfOrder, Refusal, Target};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{assert_dry, assert_in_place, folder, versions};

conformance! {
    accepts_an_edit,
    accepts_an_edit_in_the_middle,
    accepts_several_at_once,
    after_a_repair_the_new_rollback_script_runs,
    after_a_repair_older_binaries_roll_back_by_the_new_script,
    an_edited_baseline_is_accepted,
    nothing_edited_is_nothing_to_repair,
    a_repair_applies_nothing,
    a_repair_leaves_what_this_binary_does_not_contain,
    a_repair_leaves_what_was_interrupted,
    what_becomes_irreversible_is_not_rolled_back,
    the_plan_of_a_repair_is_what_it_does,
}

/// The script of [`migrate_tests::Folder::table`] as a reader would have it.
fn edited(table: &str) -> String {
    format!("-- What is in it is in its name.\nCREATE TABLE {table} (id integer PRIMARY KEY, label text)")
}

async fn accepts_an_edit(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let (schema, before) = (db.schema().await, db.records().await.0);
    let set = folder.migration("2_create_b", &edited("b"), "DROP TABLE b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    let report = db.repair(&migrator).await.unwrap();
    assert_eq!((versions(&report), report.migrations[0].action), (vec![2], Action::Repair));
    assert_eq!(report.migrations[0].statements, 0);
    assert_eq!(report.to_string(), "repaired     2_create_b");
    assert_in_place(&mut db, &migrator).await;
    let checksum = set.migrations()[1].up().checksum().to_string();
    let logged = db.rows("SELECT action, version, name, checksum FROM migrate_log ORDER BY id").await;
    assert_eq!(logged[2..], [["repair", "2", "create_b", &checksum]]);
    assert_eq!(db.schema().await, schema);
    // When it was applied, and by whom, is as it was.
    let (before, after) = (&before[1], &db.records().await.0[1]);
    assert_eq!(before[12..], after[12..]);
    assert!(db.repair(&migrator).await.unwrap().is_empty());
}

async fn accepts_an_edit_in_the_middle(mut db: impl Sandbox) {
    for edit in ["a", "b"] {
        let mut db = db.beside().await;
        let folder = folder(&db).table(1, "a").table(2, "b").table(3, "c").table(4, "d");
        db.migrate(&Migrator::new(&folder.set())).await.unwrap();
        let name = if edit == "a" { "1_create_a" } else { "2_create_b" };
        let set = folder.migration(name, &edited(edit), &format!("DROP TABLE {edit}")).set();
        let migrator = Migrator::new(&set);
        assert_eq!(db.repair(&migrator).await.unwrap().migrations.len(), 1);
        assert_in_place(&mut db, &migrator).await;
        db.rollback(&migrator, usize::MAX).await.unwrap();
    }
    assert_eq!(db.tables().await, [""; 0]);
}

async fn accepts_several_at_once(mut db: impl Sandbox) {
    let tables = [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")];
    let folder = tables.into_iter().fold(folder(&db), |folder, (number, table)| folder.table(number, table));
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder
        .migration("1_create_a", &edited("a"), "DROP TABLE a")
        .migration("2_create_b", &edited("b"), "DROP TABLE b -- again")
        .migration("5_create_e", &edited("e"), "DROP TABLE e")
        .table(6, "f")
        .set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.repair(&migrator).await.unwrap()), [1, 2, 5]);
    assert_eq!(db.log().await[5..], ["repair 1", "repair 2", "repair 5"]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [6]);
    assert_in_place(&mut db, &migrator).await;
}

async fn after_a_repair_the_new_rollback_script_runs(mut db: impl Sandbox) {
    let folder = folder(&db).migration("1_a", "CREATE TABLE a (id integer)", "DROP TABLE missing");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.migration("1_a", "CREATE TABLE a (id integer) -- a", "DROP TABLE a").set();
    let migrator = Migrator::new(&set);
    // Before, it is the one that was recorded with the script that was applied.
    db.rollback(&migrator, 1).await.unwrap_err();
    db.repair(&migrator).await.unwrap();
    assert_eq!(versions(&db.rollback(&migrator, 1).await.unwrap()), [1]);
    assert_eq!(db.tables().await, [""; 0]);
    assert_eq!(db.log().await, ["apply 1", "failure 1", "repair 1", "rollback 1"]);
}

async fn after_a_repair_older_binaries_roll_back_by_the_new_script(mut db: impl Sandbox) {
    let folder =
        folder(&db).table(1, "a").migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE missing");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let folder = folder.migration("2_b", "CREATE TABLE b (id integer) -- b", "DROP TABLE b");
    db.repair(&Migrator::new(&folder.set())).await.unwrap();
    let older = folder.without("2_b").set();
    assert_eq!(versions(&db.rollback(&Migrator::new(&older), 1).await.unwrap()), [2]);
    assert_eq!(db.tables().await, ["a"]);
}

async fn an_edited_baseline_is_accepted(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.execute("CREATE TABLE a (id integer)").await;
    db.baseline(&Migrator::new(&folder.set()), version(1)).await.unwrap();
    let set = folder.migration("1_create_a", &edited("a"), "DROP TABLE a").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    assert_eq!(versions(&db.repair(&migrator).await.unwrap()), [1]);
    assert_eq!(db.history().await, ["1 baseline"]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2]);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert!(db.verify(&migrator).await.unwrap().is_ok());
    assert_eq!(db.log().await, ["baseline 1", "repair 1", "apply 2"]);
}

async fn nothing_edited_is_nothing_to_repair(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    let empty = db.schema().await;
    assert!(db.repair(&migrator).await.unwrap().is_empty());
    assert_eq!(db.schema().await, empty);
    db.migrate(&migrator).await.unwrap();
    let records = db.records().await;
    assert!(db.repair(&migrator).await.unwrap().is_empty());
    assert_eq!(db.records().await, records);
}

async fn a_repair_applies_nothing(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let schema = db.schema().await;
    let set = folder
        .migration("1_create_a", "CREATE TABLE a (id bigint)", "DROP TABLE a")
        .table(2, "b")
        .table(4, "d")
        .set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.repair(&migrator).await.unwrap()), [1]);
    assert_eq!(db.schema().await, schema);
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(matches!(error.refusals(), [Refusal::OutOfOrder { .. }]), "{error}");
    let late = migrator.clone().out_of_order(OutOfOrder::Apply);
    assert_eq!(versions(&db.migrate(&late).await.unwrap()), [2, 4]);
    assert_in_place(&mut db, &migrator).await;
}

async fn a_repair_leaves_what_this_binary_does_not_contain(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b").table(3, "c");
    let whole = folder.set();
    db.migrate(&Migrator::new(&whole)).await.unwrap();
    let folder = folder.migration("1_create_a", &edited("a"), "DROP TABLE a");
    let edited = folder.set();
    let part = folder.without("2_create_b").set();
    assert_eq!(versions(&db.repair(&Migrator::new(&part)).await.unwrap()), [1]);
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
    assert_in_place(&mut db, &Migrator::new(&edited)).await;
    // And back again.
    assert_eq!(versions(&db.repair(&Migrator::new(&whole)).await.unwrap()), [1]);
    assert_in_place(&mut db, &Migrator::new(&whole)).await;
}

async fn a_repair_leaves_what_was_interrupted(mut db: impl Sandbox) {
    let up = |last: &str| format!("-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'one');\n{last};");
    let folder =
        folder(&db).table(1, "box").migration("2_fill", &up("DELETE FROM missing"), "DELETE FROM box");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let folder = folder.migration("1_create_box", &edited("box"), "DROP TABLE box").migration(
        "2_fill",
        &up("INSERT INTO box VALUES (2, 'two')"),
        "DELETE FROM box",
    );
    let set = folder.set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.repair(&migrator).await.unwrap()), [1]);
    assert_eq!(db.history().await, ["1 applied", "2 applying"]);
    let report = db.migrate(&migrator).await.unwrap();
    assert_eq!((versions(&report), report.migrations[0].statements), (vec![2], 1));
    assert_eq!(db.column("SELECT label FROM box ORDER BY id").await, ["one", "two"]);
    assert!(db.verify(&migrator).await.unwrap().is_ok());
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
}

async fn what_becomes_irreversible_is_not_rolled_back(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let folder = folder.without("2_create_b").irreversible("2_create_b", "CREATE TABLE b (id integer)");
    let set = folder.set();
    db.repair(&Migrator::new(&set)).await.unwrap();
    assert!(db.verify(&Migrator::new(&set)).await.unwrap().is_ok());
    let older = folder.without("2_create_b").set();
    let records = db.records().await;
    for set in [&set, &older] {
        let error = db.rollback(&Migrator::new(set), 1).await.unwrap_err();
        assert!(matches!(error.refusals(), [Refusal::Irreversible { .. }]), "{error}");
    }
    assert_eq!(db.records().await, records);
}

async fn the_plan_of_a_repair_is_what_it_does(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder
        .migration("1_create_a", &edited("a"), "DROP TABLE a")
        .migration("2_create_b", &edited("b"), "DROP TABLE b")
        .set();
    let migrator = Migrator::new(&set);
    let plan = db.plan(&migrator, Target::Repair).await.unwrap();
    assert_eq!(plan.to_string(), "repair   1_create_a\nrepair   2_create_b");
    assert_dry(&mut db, &migrator, &[Target::Repair]).await;
    assert_eq!(versions(&db.repair(&migrator).await.unwrap()), [1, 2]);
}
