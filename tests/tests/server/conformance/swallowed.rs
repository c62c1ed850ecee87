//! A row of the history that a trigger swallows is an error, and nothing is done without it.

use std::time::Duration;

use migrate::{Dialect, Error, ErrorKind, Migrator, OutOfOrder, Report};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::{folder, versions};

conformance! {
    an_apply_is_recorded_or_rolled_back,
    the_last_of_many_is_recorded_or_rolled_back,
    a_single_transaction_is_recorded_or_rolled_back,
    a_script_without_transaction_is_recorded_or_stops,
    a_run_that_goes_on_is_recorded_or_stops,
    a_rollback_is_recorded_or_rolled_back,
    a_rollback_without_transaction_is_recorded_or_stops,
    a_redo_is_recorded_or_rolled_back,
    a_baseline_is_recorded,
    a_resolution_is_recorded,
    a_repair_is_recorded,
    rows_behind_a_late_one_are_chained_again,
    a_wiped_database_begins_a_new_history,
    what_is_kept_of_the_schema_is_written_or_not_kept,
}

const HISTORY: &str = "migrate_history";
const LOG: &str = "migrate_log";
/// Each write of a row.
const INSERTED: (&str, &str) = (HISTORY, "INSERT");
const UPDATED: (&str, &str) = (HISTORY, "UPDATE");
const DELETED: (&str, &str) = (HISTORY, "DELETE");
const LOGGED: (&str, &str) = (LOG, "INSERT");

/// From now on such a write of the table is swallowed, and the server says that all is well.
async fn swallow<S: Sandbox>(db: &mut S, (table, write): (&str, &str)) {
    let trigger = match S::DIALECT {
        Dialect::Sqlite => {
            format!("CREATE TRIGGER swallow BEFORE {write} ON {table} BEGIN SELECT RAISE(IGNORE); END")
        }
        _ => format!(
            "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER swallow BEFORE {write} ON {table} FOR EACH ROW EXECUTE FUNCTION swallow()"
        ),
    };
    db.execute(&trigger).await;
}

async fn spit_out<S: Sandbox>(db: &mut S, (table, _): (&str, &str)) {
    db.execute(&match S::DIALECT {
        Dialect::Sqlite => "DROP TRIGGER swallow".to_owned(),
        _ => format!("DROP TRIGGER swallow ON {table}"),
    })
    .await;
}

/// The run says which table it was and what to look for.
fn assert_names(error: &Error, (table, write): (&str, &str)) {
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Database, "{write}: {text}");
    for word in [table, "trigger", "rule", "row-level security"] {
        assert!(text.contains(word), "{write}: no `{word}` in: {text}");
    }
}

fn migrator(set: &migrate::MigrationSet) -> Migrator<'_> {
    // What is never right must not be tried until the deadline of the lock.
    Migrator::new(set).lock_deadline(Duration::from_secs(30))
}

/// While one of these writes is swallowed, `run` fails and leaves all as it was. Afterwards it does its work.
async fn is_whole<S: Sandbox>(
    db: &mut S,
    writes: &[(&str, &str)],
    run: impl AsyncFn(&mut S) -> Result<Report, Error>,
) {
    for write in writes {
        let before = (db.records().await, db.tables().await);
        swallow(db, *write).await;
        let error = run(db).await.unwrap_err();
        assert_names(&error, *write);
        spit_out(db, *write).await;
        let (history, mut log) = db.records().await;
        // The failure itself is logged.
        log.truncate(before.0.1.len());
        assert_eq!(((history, log), db.tables().await), before, "{write:?}");
    }
    assert!(!run(db).await.unwrap().is_empty());
}

/// Three tables, of which one is there.
async fn begun<S: Sandbox>(db: &mut S) -> Folder {
    let folder = folder(db).table(1, "a").table(2, "b").table(3, "c");
    db.migrate_to(&Migrator::new(&folder.set()), version(1)).await.unwrap();
    folder
}

async fn an_apply_is_recorded_or_rolled_back(mut db: impl Sandbox) {
    let set = begun(&mut db).await.set();
    let migrator = migrator(&set);
    is_whole(&mut db, &[INSERTED, UPDATED, LOGGED], async |db| db.migrate(&migrator).await).await;
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
}

/// Behind it comes nothing that would miss its row.
async fn the_last_of_many_is_recorded_or_rolled_back<S: Sandbox>(mut db: S) {
    let set = begun(&mut db).await.set();
    let migrator = migrator(&set);
    for (table, write) in [INSERTED, UPDATED] {
        let trigger = match S::DIALECT {
            Dialect::Sqlite => format!(
                "CREATE TRIGGER swallow BEFORE {write} ON {table} WHEN new.version = 3
                BEGIN SELECT RAISE(IGNORE); END"
            ),
            _ => format!(
                "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TRIGGER swallow BEFORE {write} ON {table} FOR EACH ROW WHEN (new.version = 3)
                EXECUTE FUNCTION swallow()"
            ),
        };
        db.execute(&trigger).await;
        let error = db.migrate(&migrator).await.unwrap_err();
        assert_names(&error, (table, write));
        assert_eq!(error.version(), Some(version(3)), "{error}");
        assert_eq!(db.history().await, ["1 applied", "2 applied"]);
        assert_eq!(db.tables().await, ["a", "b"]);
        spit_out(&mut db, (table, write)).await;
    }
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [3]);
}

async fn a_single_transaction_is_recorded_or_rolled_back(mut db: impl Sandbox) {
    let set = begun(&mut db).await.set();
    let migrator = migrator(&set).single_transaction();
    is_whole(&mut db, &[INSERTED, UPDATED, LOGGED], async |db| db.migrate(&migrator).await).await;
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
}

/// `box`, then a script without transaction of one statement that shares one and one that does not.
async fn alone<S: Sandbox>(db: &mut S) -> Folder {
    let both = format!("-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'x');\n{}", S::ALONE);
    let down = "-- migrate: no-transaction\nDELETE FROM box";
    let folder = folder(db).table(1, "box").migration("2_x", &both, down);
    db.migrate_to(&Migrator::new(&folder.set()), version(1)).await.unwrap();
    folder
}

async fn a_script_without_transaction_is_recorded_or_stops(mut db: impl Sandbox) {
    let set = alone(&mut db).await.set();
    let migrator = migrator(&set);
    swallow(&mut db, INSERTED).await;
    assert_names(&db.migrate(&migrator).await.unwrap_err(), INSERTED);
    assert_eq!(db.column("SELECT count(*) FROM box").await, ["0"], "nothing runs unclaimed");
    spit_out(&mut db, INSERTED).await;
    swallow(&mut db, UPDATED).await;
    assert_names(&db.migrate(&migrator).await.unwrap_err(), UPDATED);
    assert_eq!(
        db.column("SELECT count(*) FROM box").await,
        ["0"],
        "the statement shares the count's transaction"
    );
    spit_out(&mut db, UPDATED).await;
    swallow(&mut db, LOGGED).await;
    assert_names(&db.migrate(&migrator).await.unwrap_err(), LOGGED);
    assert_eq!(db.history().await, ["1 applied", "2 applying"]);
    spit_out(&mut db, LOGGED).await;
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2]);
    assert_eq!(db.column("SELECT count(*) FROM box").await, ["1"]);
}

async fn a_run_that_goes_on_is_recorded_or_stops(mut db: impl Sandbox) {
    let folder = alone(&mut db).await;
    let half = folder.migration(
        "2_x",
        "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'x');\nSELEC 1",
        "SELECT 1",
    );
    db.migrate(&Migrator::new(&half.set())).await.unwrap_err();
    let whole = half.migration(
        "2_x",
        "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'x');\nSELECT 1",
        "SELECT 1",
    );
    let set = whole.set();
    let migrator = migrator(&set);
    is_whole(&mut db, &[UPDATED], async |db| db.migrate(&migrator).await).await;
    assert_eq!(db.column("SELECT count(*) FROM box").await, ["1"]);
}

async fn a_rollback_is_recorded_or_rolled_back(mut db: impl Sandbox) {
    let set = begun(&mut db).await.set();
    let migrator = migrator(&set);
    db.migrate(&migrator).await.unwrap();
    is_whole(&mut db, &[UPDATED, DELETED, LOGGED], async |db| db.rollback(&migrator, 2).await).await;
    assert_eq!(db.history().await, ["1 applied"]);
}

async fn a_rollback_without_transaction_is_recorded_or_stops(mut db: impl Sandbox) {
    let set = alone(&mut db).await.set();
    let migrator = migrator(&set);
    db.migrate(&migrator).await.unwrap();
    swallow(&mut db, UPDATED).await;
    assert_names(&db.rollback(&migrator, 1).await.unwrap_err(), UPDATED);
    assert_eq!(db.column("SELECT count(*) FROM box").await, ["1"], "nothing runs unclaimed");
    spit_out(&mut db, UPDATED).await;
    for write in [DELETED, LOGGED] {
        swallow(&mut db, write).await;
        assert_names(&db.rollback(&migrator, 1).await.unwrap_err(), write);
        assert_eq!(db.history().await, ["1 applied", "2 rolling_back"]);
        spit_out(&mut db, write).await;
    }
    assert_eq!(versions(&db.rollback(&migrator, 1).await.unwrap()), [2]);
    assert_eq!(db.history().await, ["1 applied"]);
}

async fn a_redo_is_recorded_or_rolled_back(mut db: impl Sandbox) {
    let set = begun(&mut db).await.set();
    let migrator = migrator(&set);
    is_whole(&mut db, &[UPDATED, DELETED, LOGGED], async |db| db.redo(&migrator).await).await;
    assert_eq!(db.history().await, ["1 applied"]);
}

async fn a_baseline_is_recorded(mut db: impl Sandbox) {
    let set = begun(&mut db).await.set();
    let migrator = migrator(&set);
    db.rollback(&migrator, 1).await.unwrap();
    is_whole(&mut db, &[INSERTED, LOGGED], async |db| db.baseline(&migrator, version(2)).await).await;
    assert_eq!(db.history().await, ["1 baseline", "2 baseline"]);
}

async fn a_resolution_is_recorded(mut db: impl Sandbox) {
    let half = begun(&mut db).await.migration(
        "2_create_b",
        "-- migrate: no-transaction\nSELECT 1;\nSELEC 1",
        "SELECT 1",
    );
    let set = half.set();
    let migrator = migrator(&set);
    db.migrate(&migrator).await.unwrap_err();
    assert_eq!(db.history().await, ["1 applied", "2 applying"]);
    let down = async |db: &mut _| Sandbox::resolve_rolled_back(db, &migrator, version(2)).await;
    let up = async |db: &mut _| Sandbox::resolve_applied(db, &migrator, version(2)).await;
    is_whole(&mut db, &[UPDATED, LOGGED], up).await;
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
    is_whole(&mut db, &[UPDATED, DELETED, LOGGED], down).await;
    assert_eq!(db.history().await, ["1 applied"]);
    is_whole(&mut db, &[INSERTED, LOGGED], up).await;
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
}

async fn a_repair_is_recorded(mut db: impl Sandbox) {
    let set =
        begun(&mut db).await.migration("1_create_a", "CREATE TABLE a (id integer)", "DROP TABLE a").set();
    let migrator = migrator(&set);
    is_whole(&mut db, &[UPDATED, LOGGED], async |db| db.repair(&migrator).await).await;
}

async fn rows_behind_a_late_one_are_chained_again(mut db: impl Sandbox) {
    let before = folder(&db).table(1, "a").table(3, "c");
    db.migrate(&Migrator::new(&before.set())).await.unwrap();
    let set = before.table(2, "b").set();
    let migrator = migrator(&set).out_of_order(OutOfOrder::Apply);
    is_whole(&mut db, &[INSERTED, UPDATED, LOGGED], async |db| db.migrate(&migrator).await).await;
    assert!(db.verify(&migrator).await.unwrap().is_ok());
}

async fn a_wiped_database_begins_a_new_history(mut db: impl Sandbox) {
    let set = begun(&mut db).await.set();
    let migrator = migrator(&set);
    let name = db.name().await;
    swallow(&mut db, INSERTED).await;
    // The trigger goes with the table.
    assert_eq!(versions(&db.reset(&migrator, &name).await.unwrap()), [1, 2, 3]);
}

async fn what_is_kept_of_the_schema_is_written_or_not_kept(mut db: impl Sandbox) {
    use std::sync::{Arc, Mutex};

    let set = begun(&mut db).await.set();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&told);
    let migrator = Migrator::new(&set).on_progress(move |progress| {
        if let migrate::Progress::SchemaNotKept { error } = progress {
            hears.lock().unwrap().push((*error).to_owned());
        }
    });
    for (table, write) in [("migrate_schema", "INSERT"), ("migrate_schema", "DELETE")] {
        swallow(&mut db, (table, write)).await;
        assert_eq!(versions(&db.migrate_to(&migrator, version(2)).await.unwrap()), [2]);
        let error = std::mem::take(&mut *told.lock().unwrap()).join("\n");
        assert!(error.contains(table) && error.contains("trigger"), "{write}: {error}");
        assert_eq!(db.drift(&migrator).await.unwrap(), migrate::schema::Drift::Unknown { since: version(2) });
        assert_names(&db.accept_drift(&migrator).await.unwrap_err(), (table, write));
        spit_out(&mut db, (table, write)).await;
        db.rollback(&migrator, 1).await.unwrap();
        assert!(db.drift(&migrator).await.unwrap().difference().is_some());
    }
}
