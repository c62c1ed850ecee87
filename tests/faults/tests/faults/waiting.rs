//! Others hold locks that a run needs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use migrate::{ErrorKind, Migrator, Progress};
use tokio_postgres::Client;

use crate::database::{self, LOCKS, assert_nothing_stranded, rows, until_row};
use crate::folder::{Folder, postgres};
use crate::process::Runner;

/// What a run told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Blocked { version: String, pid: i32, query: String },
    Retrying { version: String, error: String, tries: usize },
}

type Ear = Arc<Mutex<Vec<Told>>>;

fn listening<'s>(migrator: Migrator<'s>) -> (Migrator<'s>, Ear) {
    let ear = Ear::default();
    let heard = Arc::clone(&ear);
    let migrator = migrator.on_progress(move |progress| {
        let mut heard = heard.lock().unwrap();
        match progress {
            Progress::Blocked { step, blockers } => {
                heard.extend(blockers.iter().map(|blocker| Told::Blocked {
                    version: step.version.to_string(),
                    pid: blocker.pid,
                    query: blocker.query.clone().unwrap_or_default(),
                }));
            }
            Progress::Retrying { step, error, tries, .. } => heard.push(Told::Retrying {
                version: step.version.to_string(),
                error: (*error).to_owned(),
                tries: *tries,
            }),
            _ => {}
        }
    });
    (migrator, ear)
}

fn altering() -> Folder {
    postgres(&[
        ("1_create.up", "CREATE TABLE seed (n bigint); INSERT INTO seed VALUES (1)"),
        ("2_alter.up", "ALTER TABLE busy ADD COLUMN c int; INSERT INTO seed VALUES (2)"),
        ("3_last.up", "INSERT INTO seed VALUES (3)"),
    ])
}

const BLOCK: &str = "LOCK TABLE busy IN ACCESS EXCLUSIVE MODE";

async fn pid(client: &Client) -> i32 {
    rows(client, "SELECT pg_backend_pid()").await[0].parse().unwrap()
}

#[tokio::test]
async fn a_run_waits_for_a_blocker_by_trying_again_and_says_who_it_is() {
    let database = database::create("blocked").await;
    let (client, blocker) = (database.connect().await.unwrap(), database.connect().await.unwrap());
    client.batch_execute("CREATE TABLE busy ()").await.unwrap();
    blocker.batch_execute(&format!("BEGIN; {BLOCK}")).await.unwrap();
    let set = altering().set();
    let pool = database::pool(database.config(), 1);
    let (migrator, ear) = listening(Migrator::new(&set).lock_timeout(Duration::from_millis(1500)));
    let (report, ()) = tokio::join!(migrator.migrate(&pool), async {
        database::until("a retry and a look", async || {
            let heard = ear.lock().unwrap().clone();
            let has = |wanted: fn(&Told) -> bool| heard.iter().any(wanted);
            (has(|told| matches!(told, Told::Retrying { .. }))
                && has(|told| matches!(told, Told::Blocked { .. })))
            .then_some(())
        })
        .await;
        // No one who comes later has to wait for long, and what is applied stays.
        assert_eq!(rows(&client, "SELECT n FROM seed").await, ["1"]);
        blocker.batch_execute("COMMIT").await.unwrap();
    });
    let versions: Vec<String> = report.unwrap().migrations.iter().map(|m| m.version.to_string()).collect();
    assert_eq!(versions, ["1", "2", "3"]);
    let heard = ear.lock().unwrap().clone();
    let blocked =
        Told::Blocked { version: "2".into(), pid: pid(&blocker).await, query: format!("BEGIN; {BLOCK}") };
    assert!(heard.contains(&blocked), "{heard:?}");
    assert!(
        heard.iter().any(|told| matches!(told, Told::Retrying { version, error, tries: 1 }
        if version == "2" && error.contains("55P03"))),
        "{heard:?}"
    );
    assert_eq!(rows(&client, "SELECT n FROM seed ORDER BY n").await, ["1", "2", "3"]);
    assert_nothing_stranded(&client).await;
}

#[tokio::test]
async fn without_retries_the_error_names_who_blocks() {
    let database = database::create("blocked_for_good").await;
    let (client, blocker) = (database.connect().await.unwrap(), database.connect().await.unwrap());
    client.batch_execute("CREATE TABLE busy ()").await.unwrap();
    blocker.batch_execute(&format!("SET application_name = 'report'; BEGIN; {BLOCK}")).await.unwrap();
    let set = altering().set();
    let pool = database::pool(database.config(), 1);
    let migrator = Migrator::new(&set).retries(0).lock_timeout(Duration::from_millis(1500));
    let error = migrator.migrate(&pool).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("55P03")));
    assert_eq!(error.version().map(|version| version.to_string()), Some("2".to_owned()));
    let blockers: Vec<_> = error.blockers().iter().map(|b| (b.pid, b.application.as_str())).collect();
    assert_eq!(blockers, [(pid(&blocker).await, "report")], "{error}");
    assert_eq!(rows(&client, "SELECT n FROM seed").await, ["1"]);
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_nothing_stranded(&client).await;
}

/// Who looks only every second sees no one then.
#[tokio::test]
async fn the_error_names_who_blocks_after_a_short_wait_too() {
    let database = database::create("blocked_shortly").await;
    let (client, blocker) = (database.connect().await.unwrap(), database.connect().await.unwrap());
    client.batch_execute("CREATE TABLE busy ()").await.unwrap();
    blocker.batch_execute(&format!("BEGIN; {BLOCK}")).await.unwrap();
    let set = altering().set();
    let migrator = Migrator::new(&set).retries(0).lock_timeout(Duration::from_millis(200));
    let error = migrator.migrate(&database::pool(database.config(), 1)).await.unwrap_err();
    assert_eq!(error.code(), Some("55P03"));
    let blockers: Vec<_> = error.blockers().iter().map(|blocker| blocker.pid).collect();
    assert_eq!(blockers, [pid(&blocker).await], "{error}");
}

/// A sequence counts through rollbacks, so a script can fail the first time and not the next.
fn failing_twice(code: &str) -> String {
    format!(
        "INSERT INTO seed VALUES (2);
         DO $$ BEGIN IF nextval('tries') < 3 THEN RAISE SQLSTATE '{code}'; END IF; END $$"
    )
}

#[tokio::test]
async fn a_serialization_failure_and_a_deadlock_are_tried_again_and_other_errors_are_not() {
    let codes = [("40001", true), ("40P01", true), ("55P03", true), ("23514", false), ("57014", false)];
    for (code, is_tried_again) in codes {
        let database = database::create("again").await;
        let client = database.connect().await.unwrap();
        client.batch_execute("CREATE TABLE seed (n bigint); CREATE SEQUENCE tries").await.unwrap();
        let folder = postgres(&[
            ("1_first.up", "INSERT INTO seed VALUES (1)"),
            ("2_again.up", &failing_twice(code)),
            ("3_last.up", "INSERT INTO seed VALUES (3)"),
        ]);
        let set = folder.set();
        let (migrator, ear) = listening(Migrator::new(&set));
        let pool = database::pool(database.config(), 1);
        let result = migrator.migrate(&pool).await;
        if is_tried_again {
            result.unwrap();
            assert_eq!(ear.lock().unwrap().len(), 2);
            assert_eq!(rows(&client, "SELECT n FROM seed ORDER BY n").await, ["1", "2", "3"]);
        } else {
            assert_eq!(result.unwrap_err().code(), Some(code));
            assert_eq!(ear.lock().unwrap().len(), 0);
            assert_eq!(rows(&client, "SELECT n FROM seed ORDER BY n").await, ["1"]);
        }
        assert_nothing_stranded(&client).await;
    }
}

/// The run and another transaction take two tables in opposite order; the server ends one of them.
#[tokio::test]
async fn a_real_deadlock_is_survived() {
    let database = database::create("deadlock").await;
    let (client, other) = (database.connect().await.unwrap(), database.connect().await.unwrap());
    client.batch_execute("CREATE TABLE seed (n bigint); CREATE TABLE a (); CREATE TABLE b ()").await.unwrap();
    // The run is the one that falls: the other would look for a deadlock much later.
    other.batch_execute("SET deadlock_timeout = '1min'; BEGIN; LOCK TABLE b").await.unwrap();
    let folder = postgres(&[("1_both.up", "LOCK TABLE a; LOCK TABLE b; INSERT INTO seed VALUES (1)")]);
    let set = folder.set();
    // With a lock timeout, the first try would end before the server looks for a deadlock.
    let (migrator, ear) = listening(Migrator::new(&set).lock_timeout(Duration::ZERO));
    let pool = database::pool(database.config(), 1);
    let (report, ()) = tokio::join!(migrator.migrate(&pool), async {
        until_row(&client, "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'b'::regclass").await;
        other.batch_execute("LOCK TABLE a").await.unwrap();
        other.batch_execute("COMMIT").await.unwrap();
    });
    assert_eq!(report.unwrap().migrations.len(), 1);
    let heard = ear.lock().unwrap().clone();
    assert!(
        heard.iter().any(|told| matches!(told, Told::Retrying { error, .. } if error.contains("40P01"))),
        "{heard:?}"
    );
    assert_eq!(rows(&client, "SELECT n FROM seed").await, ["1"]);
}

#[tokio::test]
async fn another_runner_that_takes_too_long_is_named() {
    let database = database::create("locked").await;
    let client = database.connect().await.unwrap();
    let folder = postgres(&[(
        "1_slow.up",
        "-- migrate: lock-timeout 0s\nCREATE TABLE seed (n bigint); LOCK TABLE gate",
    )]);
    for via in ["pool", "client"] {
        let gate = database.connect().await.unwrap();
        gate.batch_execute("CREATE TABLE gate ()").await.unwrap();
        gate.batch_execute("BEGIN; LOCK TABLE gate").await.unwrap();
        let runner = Runner::migrate(via, database.url(), &folder);
        let holder = until_row(&client, LOCKS).await;
        let set = folder.set();
        let migrator = Migrator::new(&set).lock_deadline(Duration::from_millis(300));
        let start = Instant::now();
        let errors = [
            migrator.migrate(&database::pool(database.config(), 1)).await.unwrap_err(),
            migrator.migrate(&mut database.connect().await.unwrap()).await.unwrap_err(),
        ];
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
            let [blocker] = error.blockers() else { panic!("{error}") };
            assert_eq!(
                (blocker.pid.to_string().as_str(), blocker.application.as_str()),
                (holder.split('|').next().unwrap(), "runner")
            );
        }
        gate.batch_execute("COMMIT").await.unwrap();
        runner.succeeds().await;
        assert_nothing_stranded(&client).await;
        database::wipe(&client).await;
    }
}

/// The pauses between tries are long, and another runner would begin with the same migration in one.
#[tokio::test]
async fn the_lock_is_held_between_the_tries() {
    for via in ["pool", "client"] {
        let database = database::create("held").await;
        let (client, blocker) = (database.connect().await.unwrap(), database.connect().await.unwrap());
        client.batch_execute("CREATE TABLE busy (n int)").await.unwrap();
        blocker.batch_execute(&format!("BEGIN; {BLOCK}")).await.unwrap();
        let folder = altering();
        let runner = Runner::migrate(via, database.url(), &folder);
        until_row(&client, "SELECT 1 FROM pg_locks WHERE relation = 'busy'::regclass AND NOT granted").await;
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            assert_eq!(rows(&client, LOCKS).await.len(), 1, "{via}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        blocker.batch_execute("ROLLBACK").await.unwrap();
        runner.succeeds().await;
        assert_nothing_stranded(&client).await;
    }
}
