//! Keeping the schema of a database with many tables: how the work grows, and what bounds it.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use migrate::Migrator;
use migrate::schema::{Difference, Drift};
use migrate_core::{HistoryTable, Query};
use migrate_tests::{PostgresPool, Sandbox, version};
use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use crate::postgres::{alone, database, folder, followed};

/// Tables with a bit of everything that a fingerprint holds, from one number on.
fn tables(first: usize, end: usize) -> String {
    format!(
        "DO $$ BEGIN FOR i IN {first}..{end} LOOP
            EXECUTE format('CREATE TABLE many_%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                name text NOT NULL DEFAULT ''x'' CHECK (name <> ''''),
                parent bigint REFERENCES many_%s, made timestamptz DEFAULT now())', i, greatest(i - 1, 1));
            EXECUTE format('CREATE INDEX ON many_%s (name)', i);
            EXECUTE format('COMMENT ON TABLE many_%s IS ''one of many''', i);
            EXECUTE format('CREATE VIEW seen_%1$s AS SELECT id FROM many_%1$s', i);
            EXECUTE format('CREATE FUNCTION done_%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i);
            EXECUTE format('CREATE TYPE mood_%s AS ENUM (''sad'', ''ok'')', i);
        END LOOP; END $$"
    )
}

/// All rows that the nodes of a plan looked at.
fn work(plan: &Value) -> f64 {
    let number = |key: &str| plan[key].as_f64().unwrap_or(0.0);
    let rows = number("Actual Rows")
        + number("Rows Removed by Filter")
        + number("Rows Removed by Join Filter")
        + number("Rows Removed by Index Recheck");
    let below = plan["Plans"].as_array().map_or(0.0, |plans| plans.iter().map(work).sum());
    rows * number("Actual Loops") + below
}

/// What the server does for a query, in rows; it is taken back.
async fn work_of(db: &PostgresPool, query: &Query) -> f64 {
    let client = db.pool().get().await.unwrap();
    let sql = query.sql.replace("$1", "'public'").replace("$2", "'migrate'");
    let settings = HistoryTable::FINGERPRINT_SETTINGS;
    let sql = format!("BEGIN; {settings} EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}; ROLLBACK");
    let answers = client.simple_query(&sql).await.unwrap();
    let plan = answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plan: Value = serde_json::from_str(plan.unwrap()).unwrap();
    work(&plan[0]["Plan"])
}

/// Four times as many tables are four times as much work, whatever the planner takes the number of rows for.
#[tokio::test]
async fn the_work_grows_as_the_schema_does() {
    const FEW: usize = 60;
    const MANY: usize = 4 * FEW;
    let mut db = database("kept_work").await;
    let set = followed("CREATE TABLE first ()").set();
    let migrator = Migrator::new(&set);
    let history = HistoryTable::postgres("public", "migrate");
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let queries = [
        ("fingerprint", history.fingerprint()),
        ("drift", history.kept_schema()),
        ("note", history.note_schema().unwrap()),
        ("keep", history.keep_schema().unwrap()),
    ];
    let mut before: Vec<(&str, &str, f64)> = Vec::new();
    for (first, end) in [(1, FEW), (FEW + 1, MANY)] {
        db.execute(&tables(first, end)).await;
        // Nothing of it is kept yet: each row is one that came.
        let mut now = Vec::new();
        for (name, query) in &queries {
            now.push((*name, "new", work_of(&db, query).await));
        }
        db.accept_drift(&migrator).await.unwrap();
        for (name, query) in &queries {
            now.push((*name, "kept", work_of(&db, query).await));
        }
        db.execute("ANALYZE").await;
        for (name, query) in &queries {
            now.push((*name, "analyzed", work_of(&db, query).await));
        }
        for ((name, state, rows), (.., few)) in now.iter().zip(&before) {
            assert!(*rows < 6.0 * few, "{name}, {state}: {few} rows with {FEW} tables, {rows} with {MANY}");
        }
        before = now;
    }
}

fn told(migrator: Migrator<'_>) -> (Migrator<'_>, Arc<Mutex<Vec<String>>>) {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&told);
    let migrator = migrator.on_progress(move |progress| {
        if let migrate::Progress::SchemaNotKept { .. } = progress {
            hears.lock().unwrap().push(progress.to_string());
        }
    });
    (migrator, told)
}

/// A definition that takes a lock to be read, and a session that keeps it.
const LOCKED: &str = "BEGIN; LOCK TABLE gate IN ACCESS EXCLUSIVE MODE";

#[tokio::test]
async fn keeping_the_schema_is_given_up_in_time() {
    let mut db = database("kept_in_time").await;
    let folder =
        folder().migration("1_gate", "CREATE VIEW gate AS SELECT 1 AS n", "DROP VIEW gate").table(2, "b");
    let set = folder.table(3, "c").table(4, "d").set();
    let limit = Duration::from_millis(300);
    let (migrator, told) = told(Migrator::new(&set).keep_schema_within(limit).lock_timeout(Duration::ZERO));
    db.migrate_to(&migrator, version(2)).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [""; 0]);

    // It is not known what was changed by hand before the run, so nothing is kept after it.
    let other = db.database().connect().await.unwrap();
    other.batch_execute(LOCKED).await.unwrap();
    let began = Instant::now();
    assert_eq!(db.migrate_to(&migrator, version(3)).await.unwrap().migrations.len(), 1);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let texts = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(
        texts[0].contains("longer than 0.3 seconds") && texts[0].contains("keep_schema_within"),
        "{texts:?}"
    );
    let error = db.accept_drift(&migrator).await.unwrap_err();
    assert!(error.to_string().contains("longer than 0.3 seconds"), "{error}");
    other.batch_execute("ROLLBACK").await.unwrap();
    drop(other);
    alone(&mut db).await;
    assert_eq!(db.drift(&migrator).await.unwrap(), Drift::Unknown { since: version(3) });

    // The next run keeps it.
    db.migrate(&migrator).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [""; 0]);
    assert!(db.drift(&migrator).await.unwrap().difference().is_some_and(Difference::is_empty));
}

/// What the run itself has done is not undone by what comes after it.
#[tokio::test]
async fn a_schema_that_cannot_be_kept_after_the_run_is_unknown() {
    let mut db = database("kept_after").await;
    let set = folder()
        .migration("1_gate", "CREATE VIEW gate AS SELECT 1 AS n", "DROP VIEW gate")
        .migration("2_slow", "SELECT pg_sleep(0.5); CREATE TABLE b ()", "DROP TABLE b")
        .set();
    let limit = Duration::from_millis(300);
    let (migrator, told) = told(Migrator::new(&set).keep_schema_within(limit).lock_timeout(Duration::ZERO));
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let other = db.database().connect().await.unwrap();
    let lock = async {
        let sleeps =
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        while other.query(sleeps, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        other.batch_execute(LOCKED).await.unwrap();
    };
    let (report, ()) = tokio::join!(db.migrate(&migrator), lock);
    assert_eq!(report.unwrap().migrations.len(), 1);
    let texts = std::mem::take(&mut *told.lock().unwrap());
    assert!(texts.len() == 1 && texts[0].contains("longer than 0.3 seconds"), "{texts:?}");
    drop(other);
    alone(&mut db).await;
    assert_eq!(db.drift(&migrator).await.unwrap(), Drift::Unknown { since: version(2) });
}
