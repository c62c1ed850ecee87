//! What only SQLite has: table rebuilds, the settings of a connection, files, and other processes on them.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use migrate::{Dialect, ErrorKind, MigrationSet, Migrator, SetState, Target};
use migrate_tests::{Folder, schema_of, select};
use rusqlite::{Connection, OpenFlags};

fn folder() -> Folder {
    Folder::new(Dialect::Sqlite)
}

fn with_keys() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

fn column(connection: &Connection, sql: &str) -> Vec<String> {
    select(connection, sql).into_iter().map(|mut row| row.swap_remove(0)).collect()
}

fn history(connection: &Connection) -> Vec<String> {
    column(connection, "SELECT version || ' ' || state FROM migrate_history ORDER BY version")
}

const TABLES: &str =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'migrate%' ORDER BY 1";

// Table rebuilds

const PARENT_AND_CHILD: &str = "CREATE TABLE parent (id integer PRIMARY KEY, name text);
    CREATE TABLE child (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES parent (id) ON DELETE CASCADE);
    INSERT INTO parent VALUES (1, 'one'), (2, 'two');
    INSERT INTO child VALUES (1, 1), (2, 2);";

/// A table rebuild as Prisma writes it, of the rows that `keep` names.
fn rebuild(keep: &str) -> String {
    format!(
        "-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE \"new_parent\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"name\" TEXT NOT NULL);
INSERT INTO \"new_parent\" (\"id\", \"name\") SELECT \"id\", \"name\" FROM \"parent\" WHERE {keep};
DROP TABLE \"parent\";
ALTER TABLE \"new_parent\" RENAME TO \"parent\";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"
    )
}

fn rebuilding(script: &str) -> Folder {
    folder()
        .migration("1_base", PARENT_AND_CHILD, "DROP TABLE child; DROP TABLE parent")
        .migration("2_rebuild", script, "SELECT 1")
        .table(3, "c")
}

#[test]
fn a_table_rebuild_keeps_the_children() {
    let mut connection = with_keys();
    let set = rebuilding(&rebuild("true")).set();
    assert_eq!(Migrator::new(&set).migrate_blocking(&mut connection).unwrap().migrations.len(), 3);
    assert_eq!(column(&connection, "SELECT parent_id FROM child ORDER BY id"), ["1", "2"]);
    assert!(schema_of(&connection).contains("parent (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL)"));
    // The keys hold again, and the rebuilt table is the one that they refer to.
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["1"]);
    assert!(connection.execute("INSERT INTO child VALUES (3, 3)", []).is_err());
    connection.execute("DELETE FROM parent WHERE id = 1", []).unwrap();
    assert_eq!(column(&connection, "SELECT parent_id FROM child"), ["2"]);
}

#[test]
fn without_the_pragma_a_rebuild_deletes_the_children() {
    // What the pragma and the directive are for: the premise of the other cases.
    let mut connection = with_keys();
    let set = rebuilding(&rebuild("true").replace("PRAGMA foreign_keys=OFF;", "")).set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["0"]);
}

#[test]
fn the_directive_does_the_same_as_the_pragma() {
    let mut connection = with_keys();
    let script = rebuild("true").replace("PRAGMA foreign_keys=OFF;", "");
    let set = rebuilding(&format!("-- migrate: foreign-keys off\n{script}")).set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["2"]);
}

#[test]
fn a_rebuild_that_loses_a_parent_is_rolled_back() {
    let mut connection = with_keys();
    let folder = rebuilding(&rebuild("id = 1"));
    let set = folder.set();
    let error = Migrator::new(&set).migrate_blocking(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script);
    assert_eq!(error.version(), Some(set.migrations()[1].version()));
    assert_eq!(error.path(), Some(folder.path("2_rebuild.up.sql").as_str()));
    let text = error.to_string();
    assert!(text.contains("a row of `child` refers to a row of `parent` that does not exist"), "{text}");
    assert_eq!(history(&connection), ["1 applied"]);
    assert_eq!(column(&connection, "SELECT name FROM parent"), ["one", "two"]);
    assert_eq!(column(&connection, TABLES), ["child", "parent"]);
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["1"]);
    assert_eq!(column(&connection, "SELECT action || version FROM migrate_log"), ["apply1", "failure2"]);
}

#[test]
fn a_rebuild_on_the_way_back_keeps_the_children() {
    let mut connection = with_keys();
    let set = folder()
        .migration("1_base", PARENT_AND_CHILD, "DROP TABLE child; DROP TABLE parent")
        .migration("2_note", "ALTER TABLE parent ADD COLUMN note text", &rebuild("true"))
        .set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    Migrator::new(&set).rollback_blocking(&mut connection, 1).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["2"]);
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["1"]);
}

#[test]
fn a_rebuild_works_where_the_caller_has_no_foreign_keys() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let set = rebuilding(&rebuild("true")).set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["2"]);
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["0"]);
}

#[test]
fn a_rebuild_without_transaction_keeps_the_children() {
    let mut connection = with_keys();
    let base = "CREATE TABLE parent (id integer PRIMARY KEY);
        CREATE TABLE child (parent_id integer NOT NULL REFERENCES parent (id) ON DELETE CASCADE);
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)";
    let rebuild = "-- migrate: no-transaction
        PRAGMA foreign_keys=OFF;
        CREATE TABLE new_parent (id integer PRIMARY KEY, name text);
        INSERT INTO new_parent (id) SELECT id FROM parent;
        DROP TABLE parent;
        ALTER TABLE new_parent RENAME TO parent;
        PRAGMA foreign_keys=ON;
        VACUUM;";
    let set = folder()
        .migration("1_base", base, "DROP TABLE child; DROP TABLE parent")
        .migration("2_rebuild", rebuild, "SELECT 1")
        .set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(select(&connection, "SELECT count(*) FROM child"), [["1"]]);
    assert_eq!(select(&connection, "PRAGMA foreign_keys"), [["1"]]);
}

// The caller's connection

#[test]
fn the_settings_of_the_connection_are_as_before() {
    let scripts =
        [rebuild("true"), rebuild("id = 1"), "SELEC 1".to_owned(), "CREATE TABLE x (id integer)".to_owned()];
    for script in scripts {
        for (keys, timeout_ms) in [("1", "0"), ("0", "1234"), ("1", "60000")] {
            let mut connection = Connection::open_in_memory().unwrap();
            connection.pragma_update(None, "foreign_keys", keys == "1").unwrap();
            connection.busy_timeout(Duration::from_millis(timeout_ms.parse().unwrap())).unwrap();
            let set = rebuilding(&script).set();
            let migrator = Migrator::new(&set);
            let settings = |connection: &Connection| {
                (column(connection, "PRAGMA foreign_keys"), column(connection, "PRAGMA busy_timeout"))
            };
            let want = (vec![keys.to_owned()], vec![timeout_ms.to_owned()]);
            assert_eq!(settings(&connection), want);
            let _ = migrator.migrate_blocking(&mut connection);
            assert_eq!(settings(&connection), want, "{script}");
            let _ = migrator.rollback_blocking(&mut connection, 1);
            assert_eq!(settings(&connection), want, "{script}");
            migrator.status_blocking(&mut connection).unwrap();
            migrator.plan_blocking(&mut connection, Target::Down(0)).unwrap();
            assert_eq!(settings(&connection), want, "{script}");
            assert!(connection.is_autocommit());
        }
    }
}

#[test]
fn memory_file_and_wal() {
    let directory = tempfile::tempdir().unwrap();
    let file = Connection::open(directory.path().join("file.db")).unwrap();
    let wal = Connection::open(directory.path().join("wal.db")).unwrap();
    assert_eq!(column(&wal, "PRAGMA journal_mode = wal"), ["wal"]);
    let set = folder().table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    for mut connection in [Connection::open_in_memory().unwrap(), file, wal] {
        let mode = column(&connection, "PRAGMA journal_mode");
        assert_eq!(migrator.migrate_blocking(&mut connection).unwrap().migrations.len(), 2);
        assert!(migrator.migrate_blocking(&mut connection).unwrap().is_empty());
        assert_eq!(migrator.rollback_blocking(&mut connection, 1).unwrap().migrations.len(), 1);
        assert_eq!(column(&connection, TABLES), ["a"]);
        assert_eq!(column(&connection, "PRAGMA journal_mode"), mode);
    }
}

#[test]
fn a_script_may_switch_to_wal() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(directory.path().join("app.db")).unwrap();
    let set = folder()
        .migration(
            "1_wal",
            "-- migrate: no-transaction\nPRAGMA journal_mode = WAL;",
            "-- migrate: no-transaction\nPRAGMA journal_mode = DELETE;",
        )
        .table(2, "a")
        .set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(column(&connection, "PRAGMA journal_mode"), ["wal"]);
    Migrator::new(&set).rollback_blocking(&mut connection, 2).unwrap();
    assert_eq!(column(&connection, "PRAGMA journal_mode"), ["delete"]);
}

#[test]
fn status_and_plan_work_on_a_file_that_is_only_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    let set = folder().table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (id integer)").unwrap();
    let read_only = || Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(migrator.status_blocking(&mut read_only()).unwrap().state, SetState::Behind);
    assert_eq!(migrator.plan_blocking(&mut read_only(), Target::Latest).unwrap().steps.len(), 2);
    let error = migrator.migrate_blocking(&mut read_only()).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Database, Some("8")), "{error}");
    migrator.migrate_blocking(&mut Connection::open(&path).unwrap()).unwrap();
    assert_eq!(migrator.status_blocking(&mut read_only()).unwrap().state, SetState::UpToDate);
    assert!(migrator.migrate_blocking(&mut read_only()).unwrap().is_empty());
}

#[test]
fn a_set_for_postgres_is_refused() {
    let mut connection = Connection::open_in_memory().unwrap();
    let set = Folder::new(Dialect::Postgres).table(1, "a").set();
    let error = Migrator::new(&set).migrate_blocking(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEngine);
    assert!(error.to_string().contains("written for postgres and cannot run on SQLite"), "{error}");
    assert_eq!(schema_of(&connection), "");
}

#[test]
fn the_history_is_the_main_databases() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = Connection::open_in_memory().unwrap();
    let other = directory.path().join("other.db");
    connection.execute("ATTACH ?1 AS other", [other.to_str().unwrap()]).unwrap();
    connection
        .execute_batch("CREATE TEMP TABLE migrate_history (x); CREATE TABLE other.migrate_history (x)")
        .unwrap();
    let set = folder().table(1, "a").set();
    let migrator = Migrator::new(&set);
    assert_eq!(migrator.status_blocking(&mut connection).unwrap().state, SetState::Behind);
    assert_eq!(migrator.migrate_blocking(&mut connection).unwrap().migrations.len(), 1);
    assert!(migrator.migrate_blocking(&mut connection).unwrap().is_empty());
    assert_eq!(column(&connection, "SELECT version FROM main.migrate_history"), ["1"]);
    assert_eq!(column(&connection, "SELECT count(*) FROM temp.migrate_history"), ["0"]);
}

// Scripts

#[test]
fn the_body_of_a_trigger_is_one_statement() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = "CREATE TABLE a (n integer); CREATE TABLE b (n integer);
        CREATE TRIGGER copy AFTER INSERT ON a BEGIN
            INSERT INTO b VALUES (NEW.n); -- and; again
            INSERT INTO b SELECT CASE WHEN NEW.n > 1 THEN ';' ELSE 'END;' END;
        END;
        INSERT INTO a VALUES (7);";
    let set = folder().migration("1_a", script, "DROP TABLE a; DROP TABLE b").set();
    let report = Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(report.migrations[0].statements, 4);
    assert_eq!(column(&connection, "SELECT n FROM b"), ["7", ";"]);
}

#[test]
fn a_statement_that_gives_rows_is_no_failure() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = "CREATE TABLE a (n integer); INSERT INTO a VALUES (1), (2) RETURNING n; SELECT * FROM a; PRAGMA table_info(a)";
    let set = folder().migration("1_a", script, "DROP TABLE a").set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT n FROM a"), ["1", "2"]);
}

/// Two migrations, of which the second ends the transaction in a way that no scanner can see.
fn ends_its_transaction(script: &str) -> Folder {
    folder()
        .migration("1_a", "CREATE TABLE a (id integer PRIMARY KEY); INSERT INTO a VALUES (1)", "DROP TABLE a")
        .migration("2_b", script, "DROP TABLE b")
        .table(3, "c")
}

#[test]
fn a_script_that_ends_its_transaction_is_an_error() {
    for script in [
        "CREATE TABLE b (id integer);\nINSERT OR ROLLBACK INTO a VALUES (1);\nCREATE TABLE bb (id integer)",
        "CREATE TABLE b (id integer);\nCREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT RAISE(ROLLBACK, 'no'); END;\nDELETE FROM a;",
        "CREATE TABLE b (id integer PRIMARY KEY ON CONFLICT ROLLBACK);\nINSERT INTO b VALUES (1), (1);",
    ] {
        let mut connection = Connection::open_in_memory().unwrap();
        let folder = ends_its_transaction(script);
        let set = folder.set();
        let error = Migrator::new(&set).migrate_blocking(&mut connection).unwrap_err();
        assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(set.migrations()[1].version())));
        assert_eq!(error.report().migrations.len(), 1);
        assert_eq!(history(&connection), ["1 applied"], "{script}");
        assert_eq!(column(&connection, TABLES), ["a"], "{script}");
        let log = column(&connection, "SELECT action || version FROM migrate_log ORDER BY id");
        assert_eq!(log, ["apply1", "failure2"]);
        assert!(connection.is_autocommit());
        let set = folder.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE b").set();
        assert_eq!(Migrator::new(&set).migrate_blocking(&mut connection).unwrap().migrations.len(), 2);
    }
}

#[test]
fn savepoints_are_the_scripts_own_affair() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = "CREATE TABLE a (n integer); SAVEPOINT s; INSERT INTO a VALUES (1); ROLLBACK TO s; RELEASE s; INSERT INTO a VALUES (2)";
    let set = folder().migration("1_a", script, "DROP TABLE a").set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT n FROM a"), ["2"]);
    // One that is left open ends with the transaction.
    let set = folder()
        .migration("1_a", script, "DROP TABLE a")
        .migration("2_b", "SAVEPOINT t; INSERT INTO a VALUES (3)", "SELECT 1")
        .set();
    Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!(history(&connection), ["1 applied", "2 applied"]);
    assert!(connection.is_autocommit());
}

#[test]
fn vacuum_is_journaled() {
    let mut connection = Connection::open_in_memory().unwrap();
    let script = |last: &str| {
        format!(
            "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'x');\nVACUUM;\nDELETE FROM box;\nVACUUM {last};"
        )
    };
    let folder = folder().table(1, "box").migration("2_compact", &script("missing"), "SELECT 1");
    let error = Migrator::new(&folder.set()).migrate_blocking(&mut connection).unwrap_err();
    assert_eq!(
        (error.position().unwrap().to_string(), error.statement()),
        ("5:8".to_owned(), Some("VACUUM missing"))
    );
    assert_eq!(column(&connection, "SELECT statements_done FROM migrate_history WHERE version = 2"), ["3"]);
    assert_eq!(column(&connection, "SELECT count(*) FROM box"), ["0"]);
    let set = folder.migration("2_compact", &script("main"), "SELECT 1").set();
    let report = Migrator::new(&set).migrate_blocking(&mut connection).unwrap();
    assert_eq!((report.migrations.len(), report.migrations[0].statements), (1, 1));
    assert_eq!(history(&connection), ["1 applied", "2 applied"]);
}

#[test]
fn a_connection_inside_a_transaction_is_refused() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("BEGIN; CREATE TABLE mine (id integer)").unwrap();
    let set = folder().table(1, "a").set();
    let error = Migrator::new(&set).migrate_blocking(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    // What the caller has begun is the caller's to end.
    assert!(!connection.is_autocommit());
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(schema_of(&connection), "table mine mine CREATE TABLE mine (id integer)");
}

#[test]
fn a_recorded_script_is_no_file_of_the_folder() {
    let mut connection = Connection::open_in_memory().unwrap();
    let folder = folder().table(1, "a");
    let older = folder.set();
    let newer = folder.migration("2_b", "CREATE TABLE b (id integer)", "DROP TABLE missing").set();
    Migrator::new(&newer).migrate_blocking(&mut connection).unwrap();
    let error = Migrator::new(&older).rollback_blocking(&mut connection, 1).unwrap_err();
    assert_eq!(error.path(), Some("the rollback script that the history recorded for 2_b"));
}

// Several at once

fn many() -> Folder {
    (1..=20).fold(folder(), |folder, n| folder.table(n, &format!("t{n:02}")))
}

#[test]
fn threads_on_one_file_apply_each_migration_once() {
    for mode in ["delete", "wal"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app.db");
        select(&Connection::open(&path).unwrap(), &format!("PRAGMA journal_mode = {mode}"));
        let folder = many();
        let set = folder.set();
        let start = Barrier::new(8);
        let run = || {
            let mut connection = Connection::open(&path).unwrap();
            start.wait();
            let report = Migrator::new(&set).migrate_blocking(&mut connection);
            report.map(|report| report.migrations.len()).map_err(|error| error.to_string())
        };
        let applied: Result<Vec<usize>, String> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(applied.map(|counts| counts.iter().sum::<usize>()), Ok(20), "{mode}");
        each_was_applied_once(&path, &set);
    }
}

fn each_was_applied_once(path: &Path, set: &MigrationSet) {
    let mut connection = Connection::open(path).unwrap();
    let versions: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
    assert_eq!(column(&connection, "SELECT version FROM migrate_log ORDER BY id"), versions);
    assert_eq!(column(&connection, "SELECT count(*) FROM migrate_history WHERE state = 'applied'"), ["20"]);
    assert_eq!(Migrator::new(set).status_blocking(&mut connection).unwrap().state, SetState::UpToDate);
}

const FILE_VARIABLE: &str = "MIGRATE_TEST_SQLITE_FILE";
const FOLDER_VARIABLE: &str = "MIGRATE_TEST_SQLITE_FOLDER";

/// What each process of the next case does; on its own, the case of a single one.
#[test]
fn a_process_applies_what_is_pending() {
    let (file, folder) = (env::var(FILE_VARIABLE), env::var(FOLDER_VARIABLE));
    if let (Ok(file), Ok(folder)) = (file, folder) {
        let set = MigrationSet::read(folder).unwrap();
        Migrator::new(&set).migrate_blocking(&mut Connection::open(file).unwrap()).unwrap();
    } else {
        let mut connection = Connection::open_in_memory().unwrap();
        let report = Migrator::new(&many().set()).migrate_blocking(&mut connection).unwrap();
        assert_eq!(report.migrations.len(), 20);
    }
}

#[test]
fn processes_on_one_file_apply_each_migration_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    let folder = many();
    let spawn = || {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(["--exact", "a_process_applies_what_is_pending"]);
        process.env(FILE_VARIABLE, &path).env(FOLDER_VARIABLE, folder.directory());
        process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let processes: Vec<_> = (0..8).map(|_| spawn()).collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    each_was_applied_once(&path, &folder.set());
}

// Reset

#[test]
fn a_reset_wipes_whatever_a_file_holds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    let mut connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    let set = folder().table(1, "a").irreversible("2_b", "CREATE TABLE b (id integer)").set();
    let migrator = Migrator::new(&set);
    migrator.migrate_blocking(&mut connection).unwrap();
    let schema = schema_of(&connection);
    connection
        .execute_batch(
            "CREATE TABLE parent (id integer PRIMARY KEY AUTOINCREMENT, body text);
             CREATE TABLE child (id integer PRIMARY KEY, parent integer NOT NULL REFERENCES parent (id) ON DELETE RESTRICT);
             INSERT INTO parent VALUES (7, 'x');
             INSERT INTO child VALUES (1, 7);
             CREATE VIRTUAL TABLE words USING fts5 (body, content = 'parent');
             CREATE VIRTUAL TABLE \"boxes \"\"2\"\"\" USING rtree (id, a, b);
             CREATE TRIGGER fill AFTER INSERT ON parent BEGIN INSERT INTO words (rowid, body) VALUES (NEW.id, NEW.body); END;
             CREATE VIEW seen AS SELECT body FROM parent;
             CREATE TRIGGER instead INSTEAD OF DELETE ON seen BEGIN SELECT 1; END;
             CREATE VIEW broken AS SELECT * FROM missing;
             CREATE INDEX by_body ON parent (body) WHERE body IS NOT NULL;
             CREATE TABLE \"it's \"\"a\"\" table\" (id text PRIMARY KEY) WITHOUT ROWID;
             INSERT INTO parent VALUES (8, 'y');
             ANALYZE",
        )
        .unwrap();
    let name = connection.path().unwrap().to_owned();
    let report = migrator.reset_blocking(&mut connection, &name).unwrap();
    assert_eq!(report.migrations.len(), 2);
    assert_eq!(column(&connection, TABLES).iter().filter(|name| !name.starts_with("sqlite_")).count(), 2);
    let of_ours = |schema: String| {
        schema.lines().filter(|line| !line.contains("sqlite_s")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(of_ours(schema_of(&connection)), of_ours(schema));
    assert_eq!(column(&connection, "SELECT count(*) FROM sqlite_sequence"), ["0"]);
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["1"]);
    assert_eq!(column(&connection, "PRAGMA integrity_check"), ["ok"]);
    assert!(connection.is_autocommit());
    assert!(migrator.migrate_blocking(&mut connection).unwrap().is_empty());
}

#[test]
fn a_database_in_memory_is_reset_by_no_name() {
    let mut connection = Connection::open_in_memory().unwrap();
    let set = folder().table(1, "a").set();
    let migrator = Migrator::new(&set);
    connection.execute_batch("CREATE TABLE a (mine)").unwrap();
    let error = migrator.reset_blocking(&mut connection, ":memory:").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongDatabase);
    assert_eq!(schema_of(&connection), "table a a CREATE TABLE a (mine)");
    assert_eq!(migrator.reset_blocking(&mut connection, "").unwrap().migrations.len(), 1);
    assert_eq!(history(&connection), ["1 applied"]);
}
