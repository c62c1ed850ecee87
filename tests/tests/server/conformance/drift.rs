//! What was changed by hand is told from what runs did.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use migrate::Migrator;
use migrate::schema::Drift;
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::folder;

conformance! {
    nothing_is_kept_before_the_first_run,
    what_runs_do_is_no_drift,
    what_was_changed_by_hand_is_drift,
    a_run_does_not_bless_what_was_changed_by_hand,
    a_run_that_changes_the_same_has_the_last_word,
    a_start_with_nothing_to_do_keeps_nothing,
    a_run_that_is_interrupted_keeps_what_it_did,
    a_run_that_keeps_nothing_leaves_the_rest_unknown,
    drift_can_be_accepted,
    an_older_history_gets_the_table_with_the_next_run,
    a_failure_to_keep_fails_no_run,
    a_schema_that_takes_too_long_is_not_kept,
    each_history_keeps_its_own,
    what_is_ignored_is_nowhere,
}

/// Three tables.
fn three(db: &impl Sandbox) -> Folder {
    folder(db).table(1, "a").table(2, "b").table(3, "c")
}

async fn drift(db: &mut impl Sandbox, migrator: &Migrator<'_>) -> String {
    match db.drift(migrator).await.unwrap() {
        Drift::Known { difference } => difference.to_string(),
        drift => panic!("{drift:?}"),
    }
}

const NO_DRIFT: &str = "no difference";

/// The name of a relation, with the schema where there is one.
fn relation(db: &impl Sandbox, name: &str) -> String {
    fn dialect<S: Sandbox>(_: &S) -> migrate::Dialect {
        S::DIALECT
    }
    if dialect(db) == migrate::Dialect::Sqlite { name.to_owned() } else { format!("public.{name}") }
}

async fn nothing_is_kept_before_the_first_run(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    assert_eq!(db.drift(&migrator).await.unwrap(), Drift::NothingKept);
    assert!(db.tables().await.is_empty());
    // What was there before is what the runs found.
    db.execute("CREATE TABLE own (id integer)").await;
    db.migrate(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
}

async fn what_runs_do_is_no_drift(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.rollback(&migrator, 2).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.redo(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.rollback(&migrator, usize::MAX).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.baseline(&migrator, version(2)).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
}

async fn what_was_changed_by_hand_is_drift(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("CREATE INDEX by_hand ON a (label); ALTER TABLE b ADD COLUMN own integer").await;
    let [a, b, index] = ["a", "b", "by_hand"].map(|name| relation(&db, name));
    assert_eq!(
        drift(&mut db, &migrator).await,
        format!("added    column {b}.own\nadded    index {index} of {a}")
    );
    // What comes with it takes it back.
    let found = db.drift(&migrator).await.unwrap();
    for change in &found.difference().unwrap().changes {
        db.execute(&change.undo.as_ref().unwrap().sql).await;
    }
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    assert_eq!(db.drift(&migrator).await.unwrap().to_string(), "no drift");
}

async fn a_run_does_not_bless_what_was_changed_by_hand(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(2)).await.unwrap();
    db.execute("CREATE TABLE own (id integer); ALTER TABLE a DROP COLUMN label").await;
    let [a, own] = ["a", "own"].map(|name| relation(&db, name));
    let expected = format!("added    table {own}\nremoved  column {a}.label");
    assert_eq!(drift(&mut db, &migrator).await, expected);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, expected);
    db.rollback(&migrator, 2).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, expected);
    // Until it is as it was.
    db.execute("DROP TABLE own; ALTER TABLE a ADD COLUMN label text").await;
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
}

async fn a_run_that_changes_the_same_has_the_last_word(mut db: impl Sandbox) {
    let again = "DROP VIEW v; CREATE VIEW v AS SELECT 3 AS a";
    let folder = folder(&db).migration("1_v", "CREATE VIEW v AS SELECT 1 AS a", "DROP VIEW v").migration(
        "2_v",
        again,
        "DROP VIEW v; CREATE VIEW v AS SELECT 1 AS a",
    );
    let set = folder.set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    db.execute("DROP VIEW v; CREATE VIEW v AS SELECT 2 AS a").await;
    assert!(drift(&mut db, &migrator).await.contains("definition"));
    db.migrate(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
}

async fn a_start_with_nothing_to_do_keeps_nothing(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let kept = db.rows("SELECT * FROM migrate_schema ORDER BY 1, 2, 3, 4, 5, 6, 7").await;
    db.execute("CREATE TABLE own (id integer)").await;
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    db.drift(&migrator).await.unwrap();
    assert_eq!(db.rows("SELECT * FROM migrate_schema ORDER BY 1, 2, 3, 4, 5, 6, 7").await, kept);
    assert_eq!(drift(&mut db, &migrator).await, format!("added    table {}", relation(&db, "own")));
}

async fn a_run_that_is_interrupted_keeps_what_it_did(mut db: impl Sandbox) {
    let set = three(&db).set();
    db.migrate_to(&Migrator::new(&set), version(1)).await.unwrap();
    db.execute("CREATE TABLE own (id integer)").await;
    let alone = "-- migrate: no-transaction\nCREATE TABLE half (id integer);\nDROP TABLE missing";
    for script in ["CREATE TABLE half (id integer); DROP TABLE missing", alone] {
        let folder = folder(&db).table(1, "a").table(2, "b");
        let set = folder.migration("3_c", script, "DROP TABLE half").set();
        let migrator = Migrator::new(&set);
        db.migrate(&migrator).await.unwrap_err();
        assert!(db.tables().await.contains(&"b".to_owned()));
        assert_eq!(db.tables().await.contains(&"half".to_owned()), script == alone);
        if script == alone {
            // A run that is killed there leaves the same: what it did must not be taken for a change by hand.
            assert_eq!(db.drift(&migrator).await.unwrap(), Drift::Unknown { since: version(3) });
            db.execute("CREATE TABLE missing (id integer)").await;
            db.migrate(&migrator).await.unwrap();
        }
        assert_eq!(drift(&mut db, &migrator).await, format!("added    table {}", relation(&db, "own")));
    }
}

async fn a_run_that_keeps_nothing_leaves_the_rest_unknown(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let quiet = Migrator::new(&set).keep_schema(false);
    db.migrate_to(&quiet, version(2)).await.unwrap();
    assert_eq!(db.drift(&migrator).await.unwrap(), Drift::Unknown { since: version(2) });
    let told = db.drift(&migrator).await.unwrap().to_string();
    assert!(told.contains("before version 2"), "{told}");
    db.migrate(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
}

async fn drift_can_be_accepted(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    // There is nothing to accept.
    db.accept_drift(&migrator).await.unwrap();
    assert_eq!(db.drift(&migrator).await.unwrap(), Drift::NothingKept);
    db.migrate_to(&migrator, version(2)).await.unwrap();
    db.execute("CREATE TABLE own (id integer); DROP TABLE a").await;
    db.migrate(&migrator).await.unwrap();
    assert_ne!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.accept_drift(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.rollback(&migrator, 1).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
}

async fn an_older_history_gets_the_table_with_the_next_run(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(2)).await.unwrap();
    db.execute("DROP TABLE migrate_schema").await;
    assert_eq!(db.drift(&migrator).await.unwrap(), Drift::NothingKept);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
    db.execute("DROP TABLE migrate_schema").await;
    db.accept_drift(&migrator).await.unwrap();
    assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
}

async fn a_failure_to_keep_fails_no_run(mut db: impl Sandbox) {
    let set = three(&db).set();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&told);
    let migrator = Migrator::new(&set).on_progress(move |progress| {
        if let migrate::Progress::SchemaNotKept { .. } = progress {
            hears.lock().unwrap().push(progress.to_string());
        }
    });
    db.migrate_to(&migrator, version(2)).await.unwrap();
    assert!(told.lock().unwrap().is_empty());
    db.execute("DROP TABLE migrate_schema; CREATE TABLE migrate_schema (other integer)").await;
    let report = db.migrate(&migrator).await.unwrap();
    assert_eq!(report.migrations.len(), 1);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("not kept     the schema: ") && told[0].contains("column"), "{told:?}");
}

async fn a_schema_that_takes_too_long_is_not_kept(mut db: impl Sandbox) {
    let set = three(&db).set();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&told);
    let patient = Migrator::new(&set);
    let hasty = patient.clone().keep_schema_within(Duration::from_nanos(1)).on_progress(move |progress| {
        if let migrate::Progress::SchemaNotKept { .. } = progress {
            hears.lock().unwrap().push(progress.to_string());
        }
    });
    db.migrate_to(&patient, version(1)).await.unwrap();
    assert_eq!(db.migrate_to(&hasty, version(2)).await.unwrap().migrations.len(), 1);
    let texts = std::mem::take(&mut *told.lock().unwrap());
    assert!(texts.len() == 1 && texts[0].contains("`keep_schema_within` sets the limit"), "{texts:?}");
    assert_eq!(db.drift(&hasty).await.unwrap(), Drift::Unknown { since: version(2) });
    let error = db.accept_drift(&hasty).await.unwrap_err();
    assert!(error.to_string().contains("`keep_schema_within` sets the limit"), "{error}");
    // No limit.
    db.accept_drift(&hasty.clone().keep_schema_within(Duration::ZERO)).await.unwrap();
    assert_eq!(drift(&mut db, &patient).await, NO_DRIFT);
    assert_eq!(db.migrate(&patient).await.unwrap().migrations.len(), 1);
    assert_eq!(drift(&mut db, &patient).await, NO_DRIFT);
}

async fn each_history_keeps_its_own(mut db: impl Sandbox) {
    let set = three(&db).set();
    let migrator = Migrator::new(&set);
    let other_set = folder(&db).table(1, "d").set();
    let other = Migrator::new(&other_set).history_prefix("other");
    db.migrate(&migrator).await.unwrap();
    db.migrate(&other).await.unwrap();
    // To each, what the other made came by other means; the tables of a history are nothing to any.
    let found = drift(&mut db, &migrator).await;
    assert!(found.contains(&format!("added    table {}", relation(&db, "d"))), "{found}");
    assert!(!found.contains("other_"), "{found}");
    assert_eq!(drift(&mut db, &other).await, NO_DRIFT);
}

async fn what_is_ignored_is_nowhere<S: Sandbox>(mut db: S) {
    // Before a run and after it, with a pattern of the file and with one of the migrator.
    let policy = format!("dialect = '{}'\n[drift]\nignore = ['part_*', '*.x_?']", S::DIALECT);
    let set = Folder::with_policy(&policy).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    let all = migrator.clone().drift_ignore([""; 0]);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let two = ["part_1", if S::DIALECT == migrate::Dialect::Sqlite { "part_2" } else { "x_2" }];
    for table in two {
        db.execute(&format!(
            "CREATE TABLE {table} (id integer PRIMARY KEY); CREATE INDEX i_{table} ON {table} (id)"
        ))
        .await;
    }
    for applied in [1, 2] {
        db.migrate_to(&migrator, version(applied)).await.unwrap();
        assert_eq!(drift(&mut db, &migrator).await, NO_DRIFT);
        let shown = drift(&mut db, &all).await;
        assert!(two.iter().all(|table| shown.contains(&relation(&db, table))), "{shown}");
        let named = |text: &str| two.iter().filter(|table| text.contains(**table)).count();
        assert_eq!(named(&db.dump(&migrator).await.unwrap().sql), 0);
        assert_eq!(named(&db.dump(&all).await.unwrap().sql), 2);
        assert_eq!(named(&format!("{:?}", db.fingerprint(&migrator).await.unwrap())), 0);
        assert_eq!(named(&format!("{:?}", db.fingerprint(&all).await.unwrap())), 2);
    }
    // All else is seen.
    db.execute("CREATE TABLE other (id integer)").await;
    assert_eq!(drift(&mut db, &migrator).await, format!("added    table {}", relation(&db, "other")));
}
