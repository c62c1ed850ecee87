//! What a run tells to `tracing`: the spans and events of the table in the documentation, with their fields.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use migrate::{Dialect, ErrorKind, Migrator, Progress};
use migrate_tests::{Folder, PostgresClient, PostgresPool, Sandbox, SqliteFile, version};
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry, Scope};

/// A span or an event.
#[derive(Clone, Debug, Default)]
struct Told {
    /// The name of a span, the message of an event.
    text: String,
    is_span: bool,
    level: String,
    target: String,
    fields: BTreeMap<String, String>,
    /// The spans around it, from outside to inside.
    inside: Vec<String>,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.text = value,
            name => drop(self.fields.insert(name.to_owned(), value)),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.to_owned());
    }
}

/// Keeps whatever the library tells on this thread.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<Told>>>);

impl Listener {
    /// Listens until the guard is dropped.
    fn listen() -> (Listener, DefaultGuard) {
        let listener = Listener::default();
        let guard = tracing::subscriber::set_default(Registry::default().with(listener.clone()));
        (listener, guard)
    }

    fn hear(&self, told: Told, scope: Vec<String>) {
        if told.target.starts_with("migrate") {
            self.0.lock().unwrap().push(Told { inside: scope, ..told });
        }
    }

    fn all(&self, is_span: bool, text: &str) -> Vec<Told> {
        let told = self.0.lock().unwrap();
        told.iter().filter(|told| told.is_span == is_span && told.text == text).cloned().collect()
    }

    fn spans(&self, name: &str) -> Vec<Told> {
        self.all(true, name)
    }

    fn events(&self, message: &str) -> Vec<Told> {
        self.all(false, message)
    }

    /// Messages and names of spans, in order.
    fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|told| told.text.clone()).collect()
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut told = Told {
            text: attributes.metadata().name().to_owned(),
            is_span: true,
            level: attributes.metadata().level().to_string(),
            target: attributes.metadata().target().to_owned(),
            ..Told::default()
        };
        attributes.record(&mut told);
        let around = context.span_scope(id).into_iter().flat_map(Scope::from_root);
        let mut scope: Vec<String> = around.map(|span| span.name().to_owned()).collect();
        scope.pop();
        self.hear(told, scope);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut told = Told {
            level: event.metadata().level().to_string(),
            target: event.metadata().target().to_owned(),
            ..Told::default()
        };
        event.record(&mut told);
        let around = context.event_scope(event).into_iter().flat_map(Scope::from_root);
        self.hear(told, around.map(|span| span.name().to_owned()).collect());
    }
}

/// The fields are these, with these values; `None` is a value that changes from run to run.
fn assert_fields(told: &Told, fields: &[(&str, Option<&str>)]) {
    let names: Vec<&str> = told.fields.keys().map(String::as_str).collect();
    let mut wanted: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    wanted.sort_unstable();
    assert_eq!(names, wanted, "{told:?}");
    for (name, value) in fields {
        if let Some(value) = value {
            assert_eq!(told.fields[*name], *value, "{name} of {told:?}");
        }
    }
}

fn assert_level(told: &[Told], level: Level) {
    assert!(told.iter().all(|told| told.level == level.to_string()), "{told:?}");
}

/// Two migrations, the second with a statement that the engine refuses in a transaction.
fn folder<S: Sandbox>(_: &S) -> Folder {
    let alone = format!("-- migrate: no-transaction\n{};\nINSERT INTO box VALUES (1, 'x');", S::ALONE);
    Folder::new(S::DIALECT).table(1, "box").migration("2_alone", &alone, "DELETE FROM box")
}

/// The cases for an engine.
macro_rules! engines {
    ($($case:ident,)+) => {
        engines!(@ postgres_pool, PostgresPool: $($case,)+);
        engines!(@ postgres_client, PostgresClient: $($case,)+);
        engines!(@ sqlite, SqliteFile: $($case,)+);
    };
    (@ $engine:ident, $sandbox:ident: $($case:ident,)+) => {
        mod $engine {
            use super::*;
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($sandbox::create(stringify!($case)).await).await;
                }
            )+
        }
    };
}

engines! {
    a_run_tells_what_it_does,
    a_rollback_tells_what_it_does,
    a_run_that_has_nothing_to_do_tells_only_of_itself,
    a_failure_is_told,
    what_runs_no_script_is_told_too,
}

fn engine<S: Sandbox>(_: &S) -> &'static str {
    match S::DIALECT {
        Dialect::Sqlite => "SQLite",
        _ => "PostgreSQL",
    }
}

async fn a_run_tells_what_it_does<S: Sandbox>(mut db: S) {
    let folder = folder(&db);
    let set = folder.set();
    let (heard, _guard) = Listener::listen();
    db.migrate(&Migrator::new(&set)).await.unwrap();

    let runs = heard.spans("run");
    assert_eq!(runs.len(), 1);
    assert_level(&runs, Level::INFO);
    assert_fields(
        &runs[0],
        &[("set", Some("default")), ("engine", Some(engine(&db))), ("target", Some("Latest"))],
    );
    assert_eq!(runs[0].inside, [""; 0]);

    let planned = heard.events("planned");
    assert_eq!(planned.len(), 1);
    assert_level(&planned, Level::INFO);
    assert_fields(&planned[0], &[("migrations", Some("2"))]);

    let migrations = heard.spans("migration");
    assert_level(&migrations, Level::INFO);
    for (number, name) in [("1", "create_box"), ("2", "alone")] {
        let of_one: Vec<&Told> = migrations.iter().filter(|span| span.fields["version"] == number).collect();
        assert!(!of_one.is_empty(), "{migrations:?}");
        for span in of_one {
            assert_fields(
                span,
                &[("version", Some(number)), ("name", Some(name)), ("action", Some("apply"))],
            );
            assert_eq!(span.inside[0], "run");
        }
    }

    let statements = heard.spans("statement");
    assert_eq!(statements.len(), 1, "{statements:?}");
    assert_level(&statements, Level::DEBUG);
    assert_fields(&statements[0], &[("number", None)]);
    assert_eq!(statements[0].inside[0], "run");

    let done = heard.events("migration done");
    assert_level(&done, Level::INFO);
    assert_eq!(done.len(), 2);
    for (event, (number, name, count)) in done.iter().zip([("1", "create_box", "1"), ("2", "alone", "2")]) {
        assert_fields(
            event,
            &[
                ("version", Some(number)),
                ("name", Some(name)),
                ("action", Some("apply")),
                ("statements", Some(count)),
                ("elapsed_ms", None),
                ("outcome", Some("done")),
            ],
        );
        event.fields["elapsed_ms"].parse::<u64>().unwrap();
        assert_eq!(event.inside[0], "run");
    }
}

async fn a_rollback_tells_what_it_does<S: Sandbox>(mut db: S) {
    let folder = folder(&db);
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let (heard, _guard) = Listener::listen();
    db.rollback(&Migrator::new(&set), 1).await.unwrap();
    assert_eq!(heard.spans("run")[0].fields["target"], "Down(1)");
    let migrations = heard.spans("migration");
    assert_eq!(migrations.len(), 1);
    assert_fields(
        &migrations[0],
        &[("version", Some("2")), ("name", Some("alone")), ("action", Some("rollback"))],
    );
    assert_eq!(heard.events("migration done")[0].fields["action"], "rollback");
    assert_eq!(heard.spans("statement").len(), 0);
}

async fn a_run_that_has_nothing_to_do_tells_only_of_itself<S: Sandbox>(mut db: S) {
    let folder = folder(&db);
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let (heard, _guard) = Listener::listen();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(heard.texts(), ["run"]);
}

async fn a_failure_is_told<S: Sandbox>(mut db: S) {
    let set =
        Folder::new(S::DIALECT).table(1, "a").migration("2_b", "SELEC 1", "SELECT 1").table(3, "c").set();
    let (heard, _guard) = Listener::listen();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(version(2))));
    let failed = heard.events("migration failed");
    assert_eq!(failed.len(), 1);
    assert_level(&failed, Level::ERROR);
    assert_fields(
        &failed[0],
        &[
            ("version", Some("2")),
            ("name", Some("b")),
            ("action", Some("apply")),
            ("error", None),
            ("outcome", Some("failed")),
        ],
    );
    assert!(failed[0].fields["error"].contains("syntax error"), "{failed:?}");
    assert_eq!(failed[0].inside[0], "run");
    let done = heard.events("migration done");
    assert_eq!((done.len(), done[0].fields["version"].as_str()), (1, "1"));
}

async fn what_runs_no_script_is_told_too<S: Sandbox>(mut db: S) {
    let set = Folder::new(S::DIALECT).table(1, "a").set();
    let migrator = Migrator::new(&set);
    let (heard, _guard) = Listener::listen();
    db.resolve_applied(&migrator, version(1)).await.unwrap();
    db.resolve_rolled_back(&migrator, version(1)).await.unwrap();
    db.baseline(&migrator, version(1)).await.unwrap();
    let actions = heard.events("migration done");
    let actions: Vec<&str> = actions.iter().map(|event| event.fields["action"].as_str()).collect();
    assert_eq!(actions, ["resolve-applied", "resolve-rolled-back", "baseline"]);
    let targets = heard.spans("run");
    let targets: Vec<&str> = targets.iter().map(|span| span.fields["target"].as_str()).collect();
    assert_eq!(targets.len(), 3);
    assert!(targets[0].starts_with("ResolveApplied"), "{targets:?}");
    assert!(targets[1].starts_with("ResolveRolledBack"), "{targets:?}");
    assert!(targets[2].starts_with("Baseline"), "{targets:?}");
}

// What only PostgreSQL tells

#[tokio::test]
async fn who_holds_a_lock_is_told() {
    let mut db = PostgresPool::create("told_blocked").await;
    let set = Folder::new(Dialect::Postgres)
        .table(1, "a")
        .migration("2_alter", "ALTER TABLE a ADD n integer", "ALTER TABLE a DROP n")
        .set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let holder = db.database().connect().await.unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE a").await.unwrap();
    let pid: i32 = holder.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let release = async {
        sleep(Duration::from_millis(2500)).await;
        holder.batch_execute("COMMIT").await.unwrap();
    };
    let (heard, _guard) = Listener::listen();
    let (report, ()) = tokio::join!(migrator.migrate(db.pool()), release);
    assert_eq!(report.unwrap().migrations.len(), 1);
    let waits = heard.events("migration waits for a lock");
    assert!(!waits.is_empty());
    assert_level(&waits, Level::WARN);
    let pid = pid.to_string();
    assert_fields(&waits[0], &[("version", Some("2")), ("pid", Some(&pid)), ("blocker", None)]);
    assert!(waits[0].fields["blocker"].starts_with(&format!("pid {pid}")), "{waits:?}");
    assert_eq!(waits[0].inside, ["run", "migration"]);
}

#[tokio::test]
async fn what_is_tried_again_is_told() {
    let mut db = PostgresPool::create("told_again").await;
    let alter = "-- migrate: lock-timeout 100ms\nALTER TABLE a ADD n integer";
    let set = Folder::new(Dialect::Postgres)
        .table(1, "a")
        .migration("2_alter", alter, "ALTER TABLE a DROP n")
        .set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let holder = db.database().connect().await.unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE a").await.unwrap();
    let release = async {
        sleep(Duration::from_millis(400)).await;
        holder.batch_execute("COMMIT").await.unwrap();
    };
    let (heard, _guard) = Listener::listen();
    let (report, ()) = tokio::join!(migrator.migrate(db.pool()), release);
    assert_eq!(report.unwrap().migrations.len(), 1);
    let again = heard.events("migration will be tried again");
    assert!(!again.is_empty());
    assert_level(&again, Level::WARN);
    assert_fields(
        &again[0],
        &[
            ("version", Some("2")),
            ("error", None),
            ("tries", Some("1")),
            ("pause_ms", None),
            ("outcome", Some("retried")),
        ],
    );
    assert!(again[0].fields["error"].contains("55P03"), "{again:?}");
    assert_eq!(heard.events("migration failed").len(), 0);
    assert_eq!(heard.events("migration done").len(), 1);
}

/// A migration that runs for three seconds is told to be slow once, and while it runs.
async fn slow(script: &str) {
    let db = PostgresPool::create("told_slow").await;
    let set = Folder::new(Dialect::Postgres)
        .table(1, "a")
        .migration("2_slow", script, "SELECT 1")
        .table(3, "c")
        .set();
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let migrator = Migrator::new(&set).slow_after(Duration::from_millis(10)).on_progress(move |progress| {
        let mut told = tell.lock().unwrap();
        match progress {
            Progress::Slow { step, elapsed } => {
                // More than a second before the script can come to its end.
                assert!(*elapsed < Duration::from_secs(2), "{elapsed:?}");
                assert!(*elapsed >= Duration::from_millis(10), "{elapsed:?}");
                told.push(format!("slow {}", step.version));
            }
            Progress::Done(migration) => told.push(format!("done {}", migration.version)),
            _ => {}
        }
    });
    let (heard, _guard) = Listener::listen();
    migrator.migrate(db.pool()).await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["done 1", "slow 2", "done 2", "done 3"], "{script}");
    let slow = heard.events("migration is still running");
    assert_eq!(slow.len(), 1, "{script}");
    assert_level(&slow, Level::WARN);
    assert_fields(&slow[0], &[("version", Some("2")), ("elapsed_ms", None)]);
    let elapsed: u64 = slow[0].fields["elapsed_ms"].parse().unwrap();
    assert!((10..2000).contains(&elapsed), "{slow:?}");
    assert_eq!(slow[0].inside[0], "run");
}

#[tokio::test]
async fn a_slow_migration_is_told_once_while_it_runs() {
    slow("SELECT pg_sleep(3)").await;
}

#[tokio::test]
async fn a_slow_statement_without_transaction_is_told_once_while_it_runs() {
    slow("-- migrate: no-transaction\nSELECT 1;\nSELECT pg_sleep(3);\nSELECT 1;").await;
}

#[tokio::test]
async fn a_quick_migration_is_not_told_to_be_slow() {
    let db = PostgresPool::create("told_quick").await;
    let set = Folder::new(Dialect::Postgres).migration("1_wait", "SELECT pg_sleep(1.5)", "SELECT 1").set();
    let (heard, _guard) = Listener::listen();
    Migrator::new(&set).migrate(db.pool()).await.unwrap();
    assert_eq!(heard.events("migration is still running").len(), 0);
    assert_eq!(heard.events("migration done").len(), 1);
}
