//! Histories of format 1, as older versions of the library left them: `tests/fixtures/history_1` has dumps of each state.

use std::fs;
use std::path::{Path, PathBuf};

use migrate::schema::Drift;
use migrate::{
    Dialect, Direction, MigrationSet, MigrationState, Migrator, Refusal, Report, SetState, Target,
};
use migrate_tests::{Folder, Rows, Sandbox, conformance, version};

use crate::conformance::{FACTS, versions};

conformance! {
    what_reads_a_history_of_format_1_writes_nothing,
    a_run_upgrades_what_is_applied_and_goes_on,
    a_baseline_of_format_1_is_upgraded,
    an_interrupted_migration_of_format_1_goes_on_at_its_statement,
    an_interrupted_rollback_of_format_1_goes_on_back,
    a_history_of_format_1_that_was_never_kept_is_upgraded,
    two_sets_in_a_history_of_format_1_are_upgraded_at_once,
    a_history_of_format_1_elsewhere_is_upgraded_there,
    every_verb_that_writes_upgrades,
    a_set_without_a_row_upgrades_the_tables_of_another,
    an_upgraded_history_is_as_a_new_one,
    what_an_older_version_writes_is_refused,
}

const STATES: [&str; 8] = [
    "applied",
    "nothing_kept",
    "complete",
    "baseline",
    "interrupted",
    "rolling_back",
    "protected",
    "two_sets",
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/history_1")
}

fn set() -> MigrationSet {
    MigrationSet::read(fixtures().join("any")).unwrap()
}

/// Brings an empty database to what the dump holds. Settings that the dump makes are not for the tests.
async fn load<S: Sandbox>(db: &mut S, state: &str) {
    let (engine, settings) = match S::DIALECT {
        Dialect::Postgres => ("postgres", "RESET ALL"),
        _ => ("sqlite", "PRAGMA foreign_keys = on"),
    };
    let dump = fs::read_to_string(fixtures().join(engine).join(format!("{state}.sql"))).unwrap();
    db.execute(&dump).await;
    db.execute(settings).await;
}

async fn loaded<S: Sandbox>(state: &str) -> S {
    let mut db = S::create(state).await;
    load(&mut db, state).await;
    db
}

/// Whether the server is of another major version than the one that kept the schema in the dumps: then what was changed by
/// hand before is unknown.
async fn is_of_another_server<S: Sandbox>(db: &mut S) -> bool {
    let major = "SELECT CAST(current_setting('server_version_num')::int / 10000 AS text)";
    S::DIALECT == Dialect::Postgres && db.column(major).await != ["15"]
}

/// The formats of the rows, and how many rows there are in all.
async fn formats(db: &mut impl Sandbox) -> Vec<String> {
    db.column("SELECT DISTINCT format FROM migrate_history ORDER BY format").await
}

/// What format 1 recorded, in the words of format 1.
async fn old_records(db: &mut impl Sandbox) -> (Rows, Rows) {
    let history = "SELECT set_name, version, name, checksum, chain, state, statements_done, statements_checksum, down_script,
        down_checksum, down_transaction, older_binaries, started_at, finished_at, elapsed_ms, applied_by, host, application
        FROM migrate_history ORDER BY set_name, version";
    let log = "SELECT id, logged_at, action, set_name, version, name, checksum, elapsed_ms, applied_by, host, application, detail
        FROM migrate_log ORDER BY id";
    (db.rows(history).await, db.rows(log).await)
}

async fn what_reads_a_history_of_format_1_writes_nothing<S: Sandbox>(_: S) {
    let set = set();
    let migrator = Migrator::new(&set);
    for state in STATES {
        let mut db = loaded::<S>(state).await;
        let (records, schema) = (db.records().await, db.schema().await);
        let status = db.status(&migrator).await.unwrap();
        let expected = match state {
            "complete" => SetState::UpToDate,
            "interrupted" | "rolling_back" => SetState::Interrupted,
            _ => SetState::Behind,
        };
        assert_eq!(status.state, expected, "{state}");
        let third = &status.migrations[2];
        let direction = match state {
            "interrupted" => Some(Direction::Apply),
            "rolling_back" => Some(Direction::Rollback),
            _ => None,
        };
        assert_eq!(third.direction, direction, "{state}");
        assert_eq!(third.state == MigrationState::Interrupted, direction.is_some(), "{state}");
        let plan = db.plan(&migrator, Target::Latest).await;
        match state {
            "rolling_back" => assert!(plan.is_err()),
            "complete" => assert!(plan.unwrap().is_empty()),
            _ => assert_eq!(plan.unwrap().steps.len(), 1, "{state}"),
        }
        db.verify(&migrator).await.unwrap();
        let drift = db.drift(&migrator).await.unwrap();
        match state {
            "nothing_kept" => assert_eq!(drift, Drift::NothingKept),
            "interrupted" | "rolling_back" => assert!(matches!(drift, Drift::Unknown { .. }), "{drift:?}"),
            _ if is_of_another_server(&mut db).await => assert_eq!(drift, Drift::OtherFormat, "{state}"),
            "applied" => assert_eq!(drift.difference().unwrap().changes.len(), 1),
            _ => assert!(drift.difference().unwrap().is_empty(), "{state}: {drift}"),
        }
        if state == "complete" {
            assert!(db.migrate(&migrator).await.unwrap().is_empty());
        }
        assert_eq!(db.records().await, records, "{state}");
        assert_eq!(db.schema().await, schema, "{state}");
    }
}

/// What was recorded is as it was, and all of it is of format 2.
async fn assert_upgraded(db: &mut impl Sandbox, (history, log): &(Rows, Rows)) {
    let (now, logged) = old_records(db).await;
    let others = |rows: &Rows| rows.iter().filter(|row| row[1] != "3").cloned().collect::<Vec<_>>();
    assert_eq!(others(&now), others(history));
    assert_eq!(logged[..log.len()], log[..]);
    assert_eq!(formats(db).await, ["2"]);
    assert_eq!(db.column("SELECT DISTINCT target FROM migrate_history").await, [""]);
    assert_eq!(db.column("SELECT DISTINCT target FROM migrate_log").await, [""]);
}

async fn goes_on(db: &mut impl Sandbox, migrator: &Migrator<'_>) -> Report {
    let before = old_records(db).await;
    let report = db.migrate(migrator).await.unwrap();
    assert_upgraded(db, &before).await;
    assert_eq!(db.status(migrator).await.unwrap().state, SetState::UpToDate);
    assert!(db.verify(migrator).await.unwrap().is_ok());
    let records = db.records().await;
    assert!(db.migrate(migrator).await.unwrap().is_empty());
    assert_eq!(db.records().await, records);
    report
}

async fn a_run_upgrades_what_is_applied_and_goes_on<S: Sandbox>(mut db: S) {
    load(&mut db, "applied").await;
    let set = set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&goes_on(&mut db, &migrator).await), [3]);
    // What was changed by hand before the upgrade still is no one else's.
    let drift = db.drift(&migrator).await.unwrap();
    let by_hand = usize::from(!is_of_another_server(&mut db).await);
    assert_eq!(drift.difference().unwrap().changes.len(), by_hand, "{drift}");
    assert_eq!(versions(&db.rollback(&migrator, 3).await.unwrap()), [3, 2, 1]);
    assert_eq!(db.history().await, [""; 0]);
}

async fn a_baseline_of_format_1_is_upgraded(mut db: impl Sandbox) {
    load(&mut db, "baseline").await;
    let set = set();
    assert_eq!(versions(&goes_on(&mut db, &Migrator::new(&set)).await), [3]);
    assert_eq!(db.history().await, ["1 baseline", "2 baseline", "3 applied"]);
}

async fn an_interrupted_migration_of_format_1_goes_on_at_its_statement(mut db: impl Sandbox) {
    load(&mut db, "interrupted").await;
    let set = set();
    // The first statement would fail if it ran again.
    assert!(db.tables().await.contains(&"part_one".to_owned()));
    db.execute("DELETE FROM gate").await;
    assert_eq!(versions(&goes_on(&mut db, &Migrator::new(&set)).await), [3]);
    assert!(db.tables().await.contains(&"part_two".to_owned()));
}

async fn an_interrupted_rollback_of_format_1_goes_on_back(mut db: impl Sandbox) {
    load(&mut db, "rolling_back").await;
    let set = set();
    let migrator = Migrator::new(&set);
    let records = db.records().await;
    let refused = db.migrate(&migrator).await.unwrap_err();
    let (version, name, direction) = (version(3), "create_parts".to_owned(), Direction::Rollback);
    assert_eq!(refused.refusals(), [Refusal::Interrupted { version, name, direction, statements_done: 1 }]);
    assert_eq!(db.records().await, records, "what is refused upgrades nothing");
    db.execute("DELETE FROM gate WHERE id = 2").await;
    let before = old_records(&mut db).await;
    assert_eq!(versions(&db.rollback(&migrator, 1).await.unwrap()), [3]);
    assert_upgraded(&mut db, &before).await;
    assert_eq!(db.history().await, ["1 applied", "2 applied"]);
    assert_eq!(db.tables().await, ["box", "gate", "shelf"]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [3]);
}

async fn a_history_of_format_1_that_was_never_kept_is_upgraded(mut db: impl Sandbox) {
    load(&mut db, "nothing_kept").await;
    let set = set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&goes_on(&mut db, &migrator).await), [3]);
    assert!(db.drift(&migrator).await.unwrap().difference().unwrap().is_empty());
}

async fn two_sets_in_a_history_of_format_1_are_upgraded_at_once(mut db: impl Sandbox) {
    load(&mut db, "two_sets").await;
    let set = set();
    assert_eq!(versions(&goes_on(&mut db, &Migrator::new(&set)).await), [3]);
    let billing = "SELECT version || ' ' || state || ' ' || format FROM migrate_history WHERE set_name = 'billing' ORDER BY 1";
    assert_eq!(db.column(billing).await, ["1 baseline 2", "2 baseline 2"]);
}

async fn a_history_of_format_1_elsewhere_is_upgraded_there<S: Sandbox>(mut db: S) {
    load(&mut db, "elsewhere").await;
    let set = set();
    let (migrator, table) = match S::DIALECT {
        Dialect::Postgres => (Migrator::new(&set).history_schema("app"), "app.ours_history"),
        _ => (Migrator::new(&set), "ours_history"),
    };
    let migrator = migrator.history_prefix("ours");
    if S::DIALECT == Dialect::Postgres {
        // They lie in the schema of the role that made the dump.
        let tables =
            ["box", "gate", "shelf"].map(|table| format!("ALTER TABLE app.{table} SET SCHEMA public"));
        db.execute(&tables.join(";")).await;
    }
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [3]);
    let rows = db.column(&format!("SELECT version || ' ' || format FROM {table} ORDER BY version")).await;
    assert_eq!(rows, ["1 2", "2 2", "3 2"]);
}

async fn every_verb_that_writes_upgrades<S: Sandbox>(_: S) {
    let set = set();
    let migrator = Migrator::new(&set);
    for verb in [
        "migrate_to",
        "rollback",
        "rollback_to",
        "redo",
        "resolve_applied",
        "resolve_rolled_back",
        "accept_drift",
    ] {
        let mut db = loaded::<S>("applied").await;
        let report = match verb {
            "migrate_to" => db.migrate_to(&migrator, version(3)).await.map(drop),
            "rollback" => db.rollback(&migrator, 1).await.map(drop),
            "rollback_to" => db.rollback_to(&migrator, version(1)).await.map(drop),
            "redo" => db.redo(&migrator).await.map(drop),
            "resolve_applied" => db.resolve_applied(&migrator, version(3)).await.map(drop),
            "resolve_rolled_back" => db.resolve_rolled_back(&migrator, version(2)).await.map(drop),
            _ => db.accept_drift(&migrator).await,
        };
        report.unwrap();
        assert_eq!(formats(&mut db).await, ["2"], "{verb}");
    }
    let mut db = loaded::<S>("baseline").await;
    db.baseline(&migrator, version(3)).await.unwrap();
    assert_eq!(formats(&mut db).await, ["2"]);
    let mut db = loaded::<S>("applied").await;
    db.execute("UPDATE migrate_history SET down_script = 'SELECT 1' WHERE version = 2").await;
    // The program that made it had analysed the scripts, and this set is not: it says less of older binaries.
    assert_eq!(versions(&db.repair(&migrator).await.unwrap()), [1, 2]);
    assert_eq!(formats(&mut db).await, ["2"]);
}

/// It cannot read the format from a row of its own.
async fn a_set_without_a_row_upgrades_the_tables_of_another(mut db: impl Sandbox) {
    load(&mut db, "applied").await;
    let folder = Folder::copy_of(&fixtures().join("any"));
    let set = folder.write("migrate.toml", "dialect = 'any'\nset = 'billing'").set();
    let migrator = Migrator::new(&set);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::Behind);
    db.baseline(&migrator, version(2)).await.unwrap();
    assert_eq!(formats(&mut db).await, ["2"]);
    assert_eq!(versions(&db.rollback(&Migrator::new(&self::set()), 1).await.unwrap()), [2]);
}

async fn an_upgraded_history_is_as_a_new_one<S: Sandbox>(mut db: S) {
    load(&mut db, "complete").await;
    let set = set();
    let migrator = Migrator::new(&set);
    db.repair(&migrator).await.unwrap();
    let mut fresh = S::create("fresh").await;
    fresh.migrate(&migrator).await.unwrap();
    assert_eq!(db.rows(FACTS).await, fresh.rows(FACTS).await);
    let tables = match S::DIALECT {
        Dialect::Postgres => {
            "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default, is_identity
             FROM information_schema.columns WHERE table_name ~ '^migrate_'
             UNION ALL SELECT conrelid::regclass::text, conname, 0, pg_get_constraintdef(oid), '', '', ''
             FROM pg_constraint WHERE conrelid::regclass::text ~ '^migrate_' ORDER BY 1, 3, 2"
        }
        _ => "SELECT name, sql FROM sqlite_schema WHERE tbl_name LIKE 'migrate%' ORDER BY name",
    };
    assert_eq!(db.rows(tables).await, fresh.rows(tables).await);
}

/// The words of the library that knew format 1 alone: it reads the format of each row, and refuses one above 1.
async fn what_an_older_version_writes_is_refused<S: Sandbox>(mut db: S) {
    load(&mut db, "applied").await;
    let set = set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let proof = "SELECT count(*), count(CASE WHEN state IN ('applied', 'baseline') THEN 1 END), max(format), \
         (SELECT chain FROM migrate_history WHERE set_name = 'default' AND version = 3) FROM migrate_history WHERE set_name = 'default'";
    assert_eq!(db.rows(proof).await[0][..3], ["3", "3", "2"]);
    let rows = "SELECT format, version, name, checksum, chain, state, statements_done, statements_checksum, down_script, \
         CASE WHEN down_transaction THEN 1 ELSE 0 END, older_binaries, started_at, elapsed_ms, applied_by \
         FROM migrate_history WHERE set_name = 'default'";
    assert!(db.rows(rows).await.iter().all(|row| row[0] == "2"));
}
