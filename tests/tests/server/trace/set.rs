//! A whole set, on a database that is left migrated.

use std::time::Duration;

use migrate::testing::{MigrationTrace, StatementTrace, Trace, trace};
use migrate::{Dialect, ErrorKind, Migrator, Risk, SetState};
use migrate_tests::{Folder, PostgresPool, Sandbox, version};
use tokio::time::{Instant, sleep, timeout};

use crate::trace::words::{locks, work};

/// A folder that may do what a trace is to see.
fn folder() -> Folder {
    Folder::with_policy("[hazards]\nhigh = 'allow'\ncontrolled = 'allow'")
}

/// Tables, then what is done to them, in every way in which a script runs.
fn shop() -> Folder {
    let down = "-- migrate: nothing-to-undo \"a test\"\n";
    folder()
        .migration(
            "1_create_orders",
            "CREATE TABLE orders (id bigint PRIMARY KEY, quantity int, note text);\n\
             ALTER TABLE orders ADD CHECK (quantity > 0);",
            down,
        )
        .migration(
            "2_check_note",
            "SET search_path = '';\n\
             -- Old ones too.\n\
             ALTER TABLE public.orders\n  ADD CHECK (note <> '');\n\
             UPDATE public.orders SET note = 'x';",
            down,
        )
        .migration(
            "3_index_orders",
            "-- migrate: no-transaction\n\
             ALTER TABLE orders ADD COLUMN placed timestamptz;\n\
             CREATE INDEX CONCURRENTLY orders_placed ON orders (placed);\n\
             DO $$ BEGIN COMMIT; UPDATE orders SET placed = now(); END $$;",
            down,
        )
        .migration("4_rename_orders", "ALTER TABLE orders RENAME TO purchases; TRUNCATE purchases", down)
        .migration("5_drop_orders", "DROP TABLE purchases", down)
}

fn lines(trace: &Trace) -> Vec<String> {
    let line = |statement: &StatementTrace| {
        let StatementTrace { version, line, observed, .. } = statement;
        let one = std::slice::from_ref(statement);
        format!("{version}:{line} {observed} [{}] [{}]", locks(one), work(one))
    };
    trace.migrations.iter().flat_map(|migration| &migration.statements).map(line).collect()
}

#[tokio::test]
async fn each_statement_of_a_set_is_seen() {
    let sandbox = PostgresPool::create("trace_set").await;
    let shop = shop();
    let trace = trace(&shop.set(), sandbox.pool()).await.unwrap();
    let want = [
        "1:1 safe [] []",
        "1:2 safe [] []",
        "2:1 safe [] []",
        "2:3 high [orders:AEL] [scan orders]",
        "2:5 high [orders:RX] [scan orders]",
        "3:2 safe [orders:AEL] []",
        "3:3 controlled [orders:SUE] [index orders]",
        // Outside of a transaction a lock that keeps no one out is not seen.
        "3:4 safe [] [scan orders]",
        "4:1 safe [orders:AEL] []",
        // Of the index; the table was locked before.
        "4:1 high [purchases:S] [rewrite purchases]",
        "5:1 high [purchases:AEL] []",
    ];
    assert_eq!(lines(&trace), want, "{trace}");
    let statements: Vec<_> = trace.migrations.iter().flat_map(|migration| &migration.statements).collect();
    assert_eq!(statements[3].path, shop.path("2_check_note.up.sql"));
    assert_eq!(statements[3].sql, "ALTER TABLE public.orders\n  ADD CHECK (note <> '')");
    let held: Vec<_> = statements.iter().map(|statement| statement.held.len()).collect();
    assert_eq!(held, [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
    assert_eq!(statements[4].held[0].to_string(), "ACCESS EXCLUSIVE on orders");
    assert_eq!(statements[9].held[0].to_string(), "ACCESS EXCLUSIVE on purchases");
    assert_eq!(statements[10].dropped[0].to_string(), "purchases");
    let observed: Vec<_> = trace.migrations.iter().map(MigrationTrace::observed).collect();
    assert_eq!(observed, [Risk::Safe, Risk::High, Risk::Controlled, Risk::High, Risk::High]);
    let transaction: Vec<_> = trace.migrations.iter().map(|migration| migration.transaction).collect();
    assert_eq!(transaction, [true, true, false, true, true]);
}

#[tokio::test]
async fn the_database_is_left_as_after_a_run() {
    let (mut traced, mut migrated) =
        (PostgresPool::create("trace_left").await, PostgresPool::create("trace_left_want").await);
    let set = shop().migration("6_create_jobs", "CREATE TABLE jobs (id int)", "DROP TABLE jobs").set();
    let migrator = Migrator::new(&set);
    trace(&set, traced.pool()).await.unwrap();
    migrated.migrate(&migrator).await.unwrap();

    assert_eq!(traced.status(&migrator).await.unwrap().state, SetState::UpToDate);
    assert!(traced.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(traced.schema().await, migrated.schema().await);
    let history =
        "SELECT set_name, version, name, checksum, chain, state, statements_done, down_script, format
        FROM migrate_history ORDER BY version";
    assert_eq!(traced.rows(history).await, migrated.rows(history).await);
    let log = "SELECT action, version, name FROM migrate_log ORDER BY id";
    assert_eq!(traced.rows(log).await, migrated.rows(log).await);
    assert_eq!(traced.rollback(&migrator, 1).await.unwrap().migrations.len(), 1);

    // The pool of one is free, the session as it was, and no one else is there.
    let session = "SELECT current_setting('search_path'), count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let want = [["\"$user\", public", "0"]];
    for _ in 0..100 {
        if traced.rows(session).await == want {
            break;
        }
        // The server notices a little later that a connection is closed.
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(traced.rows(session).await, want);
}

#[tokio::test]
async fn a_failure_is_that_of_a_run() {
    let sandbox = PostgresPool::create("trace_fails").await;
    let folder = folder().table(1, "box").migration(
        "2_break",
        "ALTER TABLE box ADD COLUMN n int;\nSELECT 1 FROM nowhere",
        "SELECT 1",
    );
    let set = folder.set();
    let error = trace(&set, sandbox.pool()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("42P01")));
    assert_eq!(error.path(), Some(folder.path("2_break.up.sql").as_str()));
    assert_eq!(error.position().map(|at| (at.line, at.column)), Some((2, 15)));
    assert_eq!(error.report().migrations.len(), 1);

    // What is left is pending, and can be traced once it is corrected.
    let set = folder.migration("2_break", "ALTER TABLE box ADD COLUMN n int", "SELECT 1").set();
    let trace = trace(&set, sandbox.pool()).await.unwrap();
    assert_eq!(lines(&trace), ["2:1 safe [box:AEL] []"]);
}

#[tokio::test]
async fn nothing_to_see_is_an_error() {
    let sandbox = PostgresPool::create("trace_nothing").await;
    let set = folder().table(1, "box").set();
    trace(&set, sandbox.pool()).await.unwrap();
    let error = trace(&set, sandbox.pool()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tracing failed: no migration is pending\n hint: trace a set on an empty database"
    );

    let set = Folder::new(Dialect::Sqlite).table(1, "box").set();
    assert_eq!(trace(&set, sandbox.pool()).await.unwrap_err().kind(), ErrorKind::WrongEngine);

    let set = folder().table(1, "crate").set();
    let name = sandbox.database().name();
    let alter = format!("ALTER DATABASE {name} SET track_counts = off");
    sandbox.pool().get().await.unwrap().batch_execute(&alter).await.unwrap();
    sandbox.pool().retain(|_, _| false);
    let error = trace(&set, sandbox.pool()).await.unwrap_err();
    assert!(error.to_string().starts_with("tracing failed: the server counts no scans"), "{error}");
}

#[tokio::test]
async fn a_trace_that_is_cut_off_leaves_a_clean_pool() {
    let mut sandbox = PostgresPool::create("trace_cut").await;
    let sleep =
        folder().migration("1_sleep", "CREATE TABLE box (); SELECT pg_sleep(60)", "DROP TABLE box").set();
    let cut = timeout(Duration::from_secs(1), trace(&sleep, sandbox.pool())).await;
    assert!(cut.is_err());
    // In the open transaction this would be a table of its own.
    assert_eq!(sandbox.tables().await, [""; 0]);
    let quick = folder().table(1, "box").set();
    let begin = Instant::now();
    trace(&quick, sandbox.pool()).await.unwrap();
    // The server ends what was cut off, and does not sleep on.
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_script_that_stopped_is_gone_on_with() {
    let sandbox = PostgresPool::create("trace_resumes").await;
    let script = |last: &str| {
        let up = format!(
            "-- migrate: no-transaction\nCREATE TABLE mine (a int);\nCREATE INDEX CONCURRENTLY i ON mine (a);\n{last}"
        );
        folder().table(1, "box").migration("2_build", &up, "DROP TABLE mine").set()
    };
    trace(&script("SELECT 1 FROM nowhere"), sandbox.pool()).await.unwrap_err();
    let trace = trace(&script("CREATE INDEX CONCURRENTLY j ON box (label)"), sandbox.pool()).await.unwrap();
    assert_eq!(lines(&trace), ["2:4 controlled [box:SUE] [index box]"]);
    assert_eq!(trace.migrations[0].version, version(2));
}
