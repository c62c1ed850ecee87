//! Table rebuilds, and the rows that refer to the table.

use migrate::{ErrorKind, Migrator};
use migrate_tests::{Folder, schema_of, select};
use rusqlite::Connection;

use crate::{TABLES, column, folder, history};

fn with_keys() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

const PARENT_AND_CHILD: &str = "CREATE TABLE parent (id integer PRIMARY KEY, name text);
    CREATE TABLE child (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES parent (id) ON DELETE CASCADE);
    INSERT INTO parent VALUES (1, 'one'), (2, 'two');
    INSERT INTO child VALUES (1, 1), (2, 2);";

/// A table rebuild as Prisma writes it, of the rows that `keep` names.
pub(crate) fn rebuild(keep: &str) -> String {
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

pub(crate) fn rebuilding(script: &str) -> Folder {
    folder()
        .migration("1_base", PARENT_AND_CHILD, "DROP TABLE child; DROP TABLE parent")
        .migration("2_rebuild", script, "SELECT 1")
        .table(3, "c")
}

#[test]
fn a_table_rebuild_keeps_the_children() {
    let mut connection = with_keys();
    let set = rebuilding(&rebuild("true")).set();
    assert_eq!(Migrator::new(&set).migrate(&mut connection).unwrap().migrations.len(), 3);
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
    Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["0"]);
}

#[test]
fn the_directive_does_the_same_as_the_pragma() {
    let mut connection = with_keys();
    let script = rebuild("true").replace("PRAGMA foreign_keys=OFF;", "");
    let set = rebuilding(&format!("-- migrate: foreign-keys off\n{script}")).set();
    Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["2"]);
}

#[test]
fn a_rebuild_that_loses_a_parent_is_rolled_back() {
    let mut connection = with_keys();
    let folder = rebuilding(&rebuild("id = 1"));
    let set = folder.set();
    let error = Migrator::new(&set).migrate(&mut connection).unwrap_err();
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
    Migrator::new(&set).migrate(&mut connection).unwrap();
    Migrator::new(&set).rollback(&mut connection, 1).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["2"]);
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["1"]);
}

#[test]
fn a_rebuild_works_where_the_caller_has_no_foreign_keys() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let set = rebuilding(&rebuild("true")).set();
    Migrator::new(&set).migrate(&mut connection).unwrap();
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
    Migrator::new(&set).migrate(&mut connection).unwrap();
    assert_eq!(select(&connection, "SELECT count(*) FROM child"), [["1"]]);
    assert_eq!(select(&connection, "PRAGMA foreign_keys"), [["1"]]);
}

#[test]
fn a_rebuild_in_one_transaction_with_others_keeps_the_children() {
    let mut connection = with_keys();
    let set = folder()
        .migration("1_base", PARENT_AND_CHILD, "DROP TABLE child; DROP TABLE parent")
        .migration("2_rebuild", &rebuild("true"), "SELECT 1")
        .table(3, "c")
        .set();
    Migrator::new(&set).single_transaction().migrate(&mut connection).unwrap();
    assert_eq!(column(&connection, "SELECT count(*) FROM child"), ["2"]);
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["1"]);
    assert_eq!(history(&connection), ["1 applied", "2 applied", "3 applied"]);
}

#[test]
fn foreign_keys_are_back_after_a_rebuild_that_fails() {
    let mut connection = with_keys();
    let broken = rebuild("true").replace("ALTER TABLE", "ALTER TABLE missing RENAME TO none; ALTER TABLE");
    let set = rebuilding(&broken).set();
    let error = Migrator::new(&set).migrate(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script);
    assert_eq!(column(&connection, "PRAGMA foreign_keys"), ["1"]);
    assert_eq!(column(&connection, "SELECT count(*) FROM parent, child"), ["4"]);
}
