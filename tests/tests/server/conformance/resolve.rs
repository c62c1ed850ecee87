//! What was done by hand, taken as done.

use migrate::{Action, ErrorKind, Migrator, OutOfOrder, Refusal, Report, SetState, Target};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::{assert_dry, assert_in_place, folder, versions};

conformance! {
    taken_as_applied_by_hand,
    taken_as_applied_in_the_middle,
    taken_as_applied_before_all_others,
    taken_as_applied_in_an_empty_database,
    what_is_applied_already_is_nothing_to_take,
    a_version_that_is_not_in_the_set_is_not_taken_as_applied,
    what_was_interrupted_is_taken_as_applied,
    a_rollback_that_was_interrupted_is_taken_as_applied,
    taken_as_rolled_back_by_hand,
    taken_as_rolled_back_in_the_middle,
    taken_as_rolled_back_before_all_others,
    what_was_interrupted_is_taken_as_rolled_back,
    a_rollback_that_was_interrupted_is_taken_as_rolled_back,
    an_irreversible_migration_is_taken_as_rolled_back,
    a_baseline_is_taken_as_rolled_back,
    what_this_binary_does_not_contain_is_taken_as_rolled_back,
    what_is_not_applied_is_not_taken_as_rolled_back,
    a_late_one_that_was_interrupted_is_resolved_in_both_directions,
    the_plans_of_both_write_nothing,
}

/// What a run did, when it did one thing and ran no statement for it.
fn only(report: &Report) -> (Action, i64) {
    assert!(report.migrations.iter().all(|migration| migration.statements == 0), "{report}");
    let [one] = &report.migrations[..] else { panic!("{report}") };
    (one.action, one.version.as_i64())
}

const LAST_LOGGED: &str =
    "SELECT action, version, name, checksum, detail FROM migrate_log ORDER BY id DESC LIMIT 1";

async fn taken_as_applied_by_hand(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").table(3, "c").set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    db.execute("CREATE TABLE b (id integer)").await;
    let report = db.resolve_applied(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveApplied, 2));
    assert_eq!(report.to_string(), "taken as applied  2_create_b");
    let checksum = set.migrations()[1].up().checksum().to_string();
    assert_eq!(db.rows(LAST_LOGGED).await, [["resolve-applied", "2", "create_b", &checksum, "NULL"]]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [3]);
    assert_in_place(&mut db, &migrator).await;
    // From here on it is rolled back like any other.
    assert_eq!(versions(&db.rollback(&migrator, 2).await.unwrap()), [3, 2]);
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(db.log().await, ["apply 1", "resolve-applied 2", "apply 3", "rollback 3", "rollback 2"]);
}

async fn taken_as_applied_in_the_middle(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(3, "c").table(4, "d");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    db.execute("CREATE TABLE b (id integer)").await;
    assert_eq!(only(&db.resolve_applied(&migrator, version(2)).await.unwrap()), (Action::ResolveApplied, 2));
    assert_in_place(&mut db, &migrator).await;
}

async fn taken_as_applied_before_all_others(mut db: impl Sandbox) {
    let folder = folder(&db).table(2, "b").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.table(1, "a").set();
    let migrator = Migrator::new(&set);
    db.execute("CREATE TABLE a (id integer)").await;
    assert_eq!(only(&db.resolve_applied(&migrator, version(1)).await.unwrap()), (Action::ResolveApplied, 1));
    assert_in_place(&mut db, &migrator).await;
}

async fn taken_as_applied_in_an_empty_database(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.execute("CREATE TABLE a (id integer)").await;
    assert_eq!(only(&db.resolve_applied(&migrator, version(1)).await.unwrap()), (Action::ResolveApplied, 1));
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2]);
    assert_in_place(&mut db, &migrator).await;
}

async fn what_is_applied_already_is_nothing_to_take(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.execute("CREATE TABLE a (id integer)").await;
    db.baseline(&migrator, version(1)).await.unwrap();
    db.migrate(&migrator).await.unwrap();
    let records = db.records().await;
    for number in [1, 2] {
        assert!(db.resolve_applied(&migrator, version(number)).await.unwrap().is_empty());
    }
    assert_eq!(db.records().await, records);
    assert_eq!(db.log().await, ["baseline 1", "apply 2"]);
}

async fn a_version_that_is_not_in_the_set_is_not_taken_as_applied(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    let whole = folder.set();
    let set = folder.without("2_create_b").set();
    let (empty, refused) = (db.schema().await, Refusal::UnknownTarget { version: version(2) });
    let error = db.resolve_applied(&Migrator::new(&set), version(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.refusals()), (ErrorKind::Refused, std::slice::from_ref(&refused)));
    assert_eq!(db.schema().await, empty);
    db.migrate(&Migrator::new(&whole)).await.unwrap();
    let records = db.records().await;
    let error = db.resolve_applied(&Migrator::new(&set), version(2)).await.unwrap_err();
    assert_eq!(error.refusals(), [refused]);
    assert_eq!(db.records().await, records);
}

const LABELS: &str = "SELECT label FROM box ORDER BY id";

/// A script without transaction that stops after its first statement, in both directions.
fn half(folder: Folder) -> Folder {
    let up =
        "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'one');\nINSERT INTO missing VALUES (2);";
    folder.table(1, "box").migration("2_fill", up, HALF_DOWN).table(3, "c")
}

const HALF_DOWN: &str = "-- migrate: no-transaction\nDELETE FROM box WHERE id = 1;\nDELETE FROM missing;";

/// One whose rollback alone stops.
fn half_down(folder: Folder) -> Folder {
    let up = "INSERT INTO box VALUES (1, 'one'), (2, 'two')";
    folder.table(1, "box").migration("2_fill", up, HALF_DOWN)
}

async fn what_was_interrupted_is_taken_as_applied(mut db: impl Sandbox) {
    let set = half(folder(&db)).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    assert_eq!(db.history().await, ["1 applied", "2 applying"]);
    let report = db.resolve_applied(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveApplied, 2));
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
    // Nothing of it ran, and nothing of it will.
    assert_eq!(db.column(LABELS).await, ["one"]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [3]);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert!(db.verify(&migrator).await.unwrap().is_ok());
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
    assert_eq!(db.log().await, ["apply 1", "failure 2", "resolve-applied 2", "apply 3"]);
    // Its rollback begins with its first statement.
    db.execute("CREATE TABLE missing (id integer)").await;
    let report = db.rollback(&migrator, 2).await.unwrap();
    assert_eq!((versions(&report), report.migrations[1].statements), (vec![3, 2], 2));
    assert_eq!(db.column(LABELS).await, [""; 0]);
}

async fn a_rollback_that_was_interrupted_is_taken_as_applied(mut db: impl Sandbox) {
    let set = half_down(folder(&db)).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.rollback(&migrator, 1).await.unwrap_err();
    assert_eq!(db.history().await, ["1 applied", "2 rolling_back"]);
    db.execute("INSERT INTO box VALUES (1, 'by hand')").await;
    let report = db.resolve_applied(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveApplied, 2));
    assert_in_place(&mut db, &migrator).await;
    // Not where it had stopped: from its first statement.
    db.execute("CREATE TABLE missing (id integer)").await;
    assert_eq!(db.rollback(&migrator, 1).await.unwrap().migrations[0].statements, 2);
    assert_eq!(db.column(LABELS).await, ["two"]);
}

async fn taken_as_rolled_back_by_hand(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("DROP TABLE b; CREATE TABLE by_hand (id integer)").await;
    let report = db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 2));
    assert_eq!(report.to_string(), "taken as rolled back  2_create_b");
    let checksum = set.migrations()[1].up().checksum().to_string();
    assert_eq!(db.rows(LAST_LOGGED).await, [["resolve-rolled-back", "2", "create_b", &checksum, "NULL"]]);
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.tables().await, ["a", "by_hand"]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2]);
    assert_in_place(&mut db, &migrator).await;
}

async fn taken_as_rolled_back_in_the_middle(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b").table(3, "c").table(4, "d");
    let set = folder.set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("DROP TABLE b").await;
    let report = db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 2));
    // It comes late now, as any that is older than what is applied.
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(matches!(error.refusals(), [Refusal::OutOfOrder { .. }]), "{error}");
    let late = Migrator::new(&set).out_of_order(OutOfOrder::Apply);
    assert_eq!(versions(&db.migrate(&late).await.unwrap()), [2]);
    assert_in_place(&mut db, &migrator).await;

    db.execute("DROP TABLE b").await;
    db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    let without = folder.without("2_create_b").set();
    assert_in_place(&mut db, &Migrator::new(&without)).await;
}

async fn taken_as_rolled_back_before_all_others(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let without = folder.without("1_create_a").set();
    let migrator = Migrator::new(&without);
    let report = db.resolve_rolled_back(&migrator, version(1)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 1));
    assert_in_place(&mut db, &migrator).await;
}

async fn what_was_interrupted_is_taken_as_rolled_back(mut db: impl Sandbox) {
    let folder = half(folder(&db));
    let set = folder.set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    db.execute("DELETE FROM box").await;
    let report = db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 2));
    assert_eq!(db.history().await, ["1 applied"]);
    // From its first statement again, although that may be another one now.
    let set = folder.migration("2_fill", "INSERT INTO box VALUES (7, 'seven')", "DELETE FROM box").set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2, 3]);
    assert_eq!(db.column(LABELS).await, ["seven"]);
    assert_eq!(db.log().await, ["apply 1", "failure 2", "resolve-rolled-back 2", "apply 2", "apply 3"]);
    assert_in_place(&mut db, &migrator).await;
}

async fn a_rollback_that_was_interrupted_is_taken_as_rolled_back(mut db: impl Sandbox) {
    let set = half_down(folder(&db)).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.rollback(&migrator, 1).await.unwrap_err();
    db.execute("DELETE FROM box").await;
    let report = db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 2));
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2]);
    assert_eq!(db.column(LABELS).await, ["one", "two"]);
    assert_in_place(&mut db, &migrator).await;
}

async fn an_irreversible_migration_is_taken_as_rolled_back(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").irreversible("2_b", "CREATE TABLE b (id integer)").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("DROP TABLE b").await;
    let report = db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 2));
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2]);
    assert_in_place(&mut db, &migrator).await;
}

async fn a_baseline_is_taken_as_rolled_back(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.execute("CREATE TABLE a (id integer)").await;
    db.baseline(&migrator, version(2)).await.unwrap();
    let report = db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 2));
    assert_eq!(db.history().await, ["1 baseline"]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2]);
    assert_eq!(db.tables().await, ["a", "b"]);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert!(db.verify(&migrator).await.unwrap().is_ok());
    assert_eq!(db.log().await, ["baseline 1", "baseline 2", "resolve-rolled-back 2", "apply 2"]);
}

async fn what_this_binary_does_not_contain_is_taken_as_rolled_back(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.without("2_create_b").set();
    let migrator = Migrator::new(&set);
    let report = db.resolve_rolled_back(&migrator, version(2)).await.unwrap();
    assert_eq!(only(&report), (Action::ResolveRolledBack, 2));
    assert_in_place(&mut db, &migrator).await;
}

async fn what_is_not_applied_is_not_taken_as_rolled_back(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    let empty = db.schema().await;
    let refused = [Refusal::TargetNotApplied { version: version(2) }];
    let error = db.resolve_rolled_back(&migrator, version(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.refusals()), (ErrorKind::Refused, &refused[..]));
    assert_eq!(db.schema().await, empty);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let records = db.records().await;
    assert_eq!(db.resolve_rolled_back(&migrator, version(2)).await.unwrap_err().refusals(), refused);
    assert_eq!(db.records().await, records);
}

async fn a_late_one_that_was_interrupted_is_resolved_in_both_directions(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "box").table(3, "c").table(4, "d");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let before = db.rows(crate::conformance::FACTS).await;
    let set = half(folder).set();
    let migrator = Migrator::new(&set);
    let late = Migrator::new(&set).out_of_order(OutOfOrder::Apply);
    db.migrate(&late).await.unwrap_err();
    assert_eq!(db.history().await, ["1 applied", "2 applying", "3 applied", "4 applied"]);
    assert_eq!(
        only(&db.resolve_rolled_back(&migrator, version(2)).await.unwrap()),
        (Action::ResolveRolledBack, 2)
    );
    assert_eq!(db.rows(crate::conformance::FACTS).await, before);
    db.execute("DELETE FROM box").await;
    db.migrate(&late).await.unwrap_err();
    assert_eq!(only(&db.resolve_applied(&migrator, version(2)).await.unwrap()), (Action::ResolveApplied, 2));
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert!(db.verify(&migrator).await.unwrap().is_ok());
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

async fn the_plans_of_both_write_nothing(mut db: impl Sandbox) {
    let set = half(folder(&db)).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    for (target, action) in [
        (Target::ResolveApplied(version(2)), Action::ResolveApplied),
        (Target::ResolveRolledBack(version(2)), Action::ResolveRolledBack),
    ] {
        let plan = db.plan(&migrator, target).await.unwrap();
        assert_eq!((plan.steps.len(), plan.steps[0].action), (1, action));
        assert_eq!(plan.to_string().trim_end(), format!("{} 2_fill", action.as_str()));
    }
    let targets = [1, 2, 3, 9].map(version);
    assert_dry(&mut db, &migrator, &targets.map(Target::ResolveApplied)).await;
    assert_dry(&mut db, &migrator, &targets.map(Target::ResolveRolledBack)).await;
}
