//! What a reset wipes.

use migrate::{ErrorKind, Migrator};
use migrate_tests::schema_of;
use rusqlite::Connection;

use crate::{TABLES, column, folder, history};

#[test]
fn a_reset_wipes_whatever_a_file_holds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    let mut connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    let set = folder().table(1, "a").irreversible("2_b", "CREATE TABLE b (id integer)").set();
    let migrator = Migrator::new(&set);
    migrator.migrate(&mut connection).unwrap();
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
    let report = migrator.reset(&mut connection, &name).unwrap();
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
    assert!(migrator.migrate(&mut connection).unwrap().is_empty());
}

#[test]
fn a_database_in_memory_is_reset_by_no_name() {
    let mut connection = Connection::open_in_memory().unwrap();
    let set = folder().table(1, "a").set();
    let migrator = Migrator::new(&set);
    connection.execute_batch("CREATE TABLE a (mine)").unwrap();
    let error = migrator.reset(&mut connection, ":memory:").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongDatabase);
    assert_eq!(schema_of(&connection), "table a a CREATE TABLE a (mine)");
    assert_eq!(migrator.reset(&mut connection, "").unwrap().migrations.len(), 1);
    assert_eq!(history(&connection), ["1 applied"]);
}
