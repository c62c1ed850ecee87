//! The last migration back and forth again, for work on a draft.

use migrate::{Action, Direction, ErrorKind, Migrator, Refusal, Report, Target};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{assert_dry, assert_in_place, folder};

conformance! {
    redoes_the_last,
    an_edited_draft_is_undone_as_it_was_and_applied_as_it_is,
    a_redo_without_transaction,
    a_redo_of_an_empty_database_does_nothing,
    a_redo_that_cannot_go_back_is_refused,
    a_redo_of_what_this_binary_does_not_contain_is_refused,
    an_interrupted_redo_is_refused,
    a_redo_whose_rollback_fails_applies_nothing,
    a_redo_that_cannot_be_applied_again_leaves_it_pending,
    a_redo_leaves_what_is_pending_alone,
    the_plan_of_a_redo_is_what_it_does,
}

fn actions(report: &Report) -> Vec<(Action, i64)> {
    report.migrations.iter().map(|migration| (migration.action, migration.version.as_i64())).collect()
}

const REDONE: [(Action, i64); 2] = [(Action::Rollback, 2), (Action::Apply, 2)];

async fn redoes_the_last(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let schema = db.schema().await;
    db.execute("INSERT INTO a VALUES (1, 'stays'); INSERT INTO b VALUES (1, 'goes')").await;
    assert_eq!(actions(&db.redo(&migrator).await.unwrap()), REDONE);
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.column("SELECT label FROM a").await, ["stays"]);
    assert_eq!(db.column("SELECT label FROM b").await, [""; 0]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "rollback 2", "apply 2"]);
    assert_in_place(&mut db, &migrator).await;
}

async fn an_edited_draft_is_undone_as_it_was_and_applied_as_it_is(mut db: impl Sandbox) {
    let folder =
        folder(&db).table(1, "a").migration("2_draft", "CREATE TABLE b (id integer)", "DROP TABLE b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.migration("2_draft", "CREATE TABLE c (id integer)", "DROP TABLE c").set();
    let migrator = Migrator::new(&set);
    assert_eq!(db.migrate(&migrator).await.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(actions(&db.redo(&migrator).await.unwrap()), REDONE);
    assert_eq!(db.tables().await, ["a", "c"]);
    assert_in_place(&mut db, &migrator).await;
    db.rollback(&migrator, 1).await.unwrap();
    assert_eq!(db.tables().await, ["a"]);
}

async fn a_redo_without_transaction<S: Sandbox>(mut db: S) {
    let alone = "-- migrate: no-transaction\n";
    let up = format!("{alone}{};\nINSERT INTO box VALUES (1, 'x');", S::ALONE);
    let down = match S::ALONE {
        "VACUUM" => format!("{alone}VACUUM;\nDELETE FROM box;"),
        _ => format!("{alone}DROP INDEX CONCURRENTLY box_label;\nDELETE FROM box;"),
    };
    let set = folder(&db).table(1, "box").migration("2_alone", &up, &down).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let schema = db.schema().await;
    let report = db.redo(&migrator).await.unwrap();
    assert_eq!(actions(&report), REDONE);
    assert!(report.migrations.iter().all(|migration| migration.statements == 2));
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.column("SELECT label FROM box").await, ["x"]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "rollback 2", "apply 2"]);
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert!(db.verify(&migrator).await.unwrap().is_ok());
}

async fn a_redo_of_an_empty_database_does_nothing(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").set();
    let schema = db.schema().await;
    assert!(db.redo(&Migrator::new(&set)).await.unwrap().is_empty());
    assert_eq!(db.schema().await, schema);
}

async fn a_redo_that_cannot_go_back_is_refused(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").irreversible("2_b", "CREATE TABLE b (id integer)");
    let set = folder.set();
    let migrator = Migrator::new(&set);
    db.execute("CREATE TABLE a (id integer)").await;
    db.baseline(&migrator, version(1)).await.unwrap();
    let records = db.records().await;
    let error = db.redo(&migrator).await.unwrap_err();
    assert_eq!(error.refusals(), [Refusal::Baseline { version: version(1), name: "create_a".to_owned() }]);
    assert_eq!(db.records().await, records);

    db.migrate(&migrator).await.unwrap();
    let (records, schema) = (db.records().await, db.schema().await);
    let error = db.redo(&migrator).await.unwrap_err();
    assert!(matches!(error.refusals(), [Refusal::Irreversible { .. }]), "{error}");
    assert_eq!(db.records().await, records);
    assert_eq!(db.schema().await, schema);
}

async fn a_redo_of_what_this_binary_does_not_contain_is_refused(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let (records, schema) = (db.records().await, db.schema().await);
    let set = folder.without("2_create_b").set();
    let error = db.redo(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.refusals(), [Refusal::Unknown { version: version(2), name: "create_b".to_owned() }]);
    assert_eq!(db.records().await, records);
    assert_eq!(db.schema().await, schema);
}

async fn an_interrupted_redo_is_refused(mut db: impl Sandbox) {
    let up = "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'x');\nINSERT INTO missing VALUES (1);";
    let down = "-- migrate: no-transaction\nDELETE FROM box;\nDELETE FROM missing;";
    let folder = folder(&db).table(1, "box").migration("2_fill", up, down);
    let set = folder.set();
    let migrator = Migrator::new(&set);
    let (version, name) = (version(2), "fill".to_owned());
    db.migrate(&migrator).await.unwrap_err();
    let records = db.records().await;
    let interrupted =
        |direction| Refusal::Interrupted { version, name: name.clone(), direction, statements_done: 1 };
    assert_eq!(db.redo(&migrator).await.unwrap_err().refusals(), [interrupted(Direction::Apply)]);
    assert_eq!(db.records().await, records);

    let set =
        folder.migration("2_fill", &up.replace("missing VALUES (1)", "box VALUES (2, 'y')"), down).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.rollback(&migrator, 1).await.unwrap_err();
    let records = db.records().await;
    assert_eq!(db.redo(&migrator).await.unwrap_err().refusals(), [interrupted(Direction::Rollback)]);
    assert_eq!(db.records().await, records);
}

async fn a_redo_whose_rollback_fails_applies_nothing(mut db: impl Sandbox) {
    let set = folder(&db)
        .table(1, "a")
        .migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE b; DROP TABLE missing")
        .set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let (records, schema) = (db.records().await, db.schema().await);
    let error = db.redo(&migrator).await.unwrap_err();
    assert_eq!((error.kind(), error.statement()), (ErrorKind::Script, Some("DROP TABLE missing")));
    assert!(error.report().is_empty(), "{error}");
    assert_eq!(db.schema().await, schema);
    assert_eq!(db.records().await.0, records.0);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "failure 2"]);
}

async fn a_redo_that_cannot_be_applied_again_leaves_it_pending(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let folder = folder.migration("2_create_b", "CREATE TABLE c (id integer);\nSELEC 1", "DROP TABLE c");
    let error = db.redo(&Migrator::new(&folder.set())).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(version(2))));
    assert_eq!(error.position().unwrap().line, 2);
    assert_eq!(actions(error.report()), [(Action::Rollback, 2)]);
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "rollback 2", "failure 2"]);

    let set = folder.migration("2_create_b", "CREATE TABLE c (id integer)", "DROP TABLE c").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_in_place(&mut db, &Migrator::new(&set)).await;
}

async fn a_redo_leaves_what_is_pending_alone(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").table(3, "c").set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(2)).await.unwrap();
    assert_eq!(actions(&db.redo(&migrator).await.unwrap()), REDONE);
    assert_eq!(db.tables().await, ["a", "b"]);
    db.migrate(&migrator).await.unwrap();
    assert_in_place(&mut db, &migrator).await;
}

async fn the_plan_of_a_redo_is_what_it_does(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let plan = db.plan(&migrator, Target::Redo).await.unwrap();
    let planned: Vec<(Action, i64)> =
        plan.steps.iter().map(|step| (step.action, step.version.as_i64())).collect();
    assert_eq!(planned, REDONE);
    assert_eq!(plan.steps[0].work.script().unwrap().sql(), "DROP TABLE b");
    assert_dry(&mut db, &migrator, &[Target::Redo]).await;
    assert_eq!(actions(&db.redo(&migrator).await.unwrap()), planned);
}
