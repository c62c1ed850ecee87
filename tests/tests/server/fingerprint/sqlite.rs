//! SQLite's objects.

use migrate::schema::Drift;
use migrate::{Dialect, Migrator};
use migrate_tests::{Folder, SqliteFile};
use serde_json::json;

use crate::fingerprint::case::{Case, assert_all, case, one_way};

const TABLE: &str = "CREATE TABLE t (id integer PRIMARY KEY, note text)";

const TABLES: &[Case] = &[
    case("", TABLE, "added    table t"),
    one_way(TABLE, "DROP TABLE t", "removed  table t"),
    one_way(
        "CREATE TABLE t (id integer PRIMARY KEY)",
        "DROP TABLE t; CREATE TABLE t (id integer PRIMARY KEY) STRICT, WITHOUT ROWID",
        "changed  table t: options none → strict, without rowid",
    ),
    case(TABLE, "ALTER TABLE t ADD COLUMN more REAL DEFAULT 1.5", "added    column t.more"),
    one_way(TABLE, "ALTER TABLE t DROP COLUMN note", "removed  column t.note"),
    one_way(
        TABLE,
        "ALTER TABLE t RENAME COLUMN note TO remark",
        "removed  column t.note\nadded    column t.remark",
    ),
    one_way(
        "CREATE TABLE t (a int, b int)",
        "ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a int",
        "changed  table t: order of columns a, b → b, a",
    ),
    // A table that was renamed, and edited in place, is as one that was written so.
    case(
        "CREATE TABLE t (id integer PRIMARY KEY, parent int REFERENCES t (id), note text DEFAULT 'a'); CREATE INDEX i ON t (note);
        CREATE VIEW v AS SELECT id FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE id < new.id; END",
        "DROP VIEW v; DROP TABLE t;
        CREATE TABLE \"old\" (id integer PRIMARY KEY, parent int REFERENCES \"old\" (id));
        ALTER TABLE old ADD COLUMN note text default 'a'; ALTER TABLE old RENAME TO t; CREATE INDEX i ON t (note);
        CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE id<new.id; END; CREATE VIEW v AS SELECT id FROM [t]",
        "no difference",
    ),
];

/// The table is built anew, as SQLite has it.
const COLUMNS: &[Case] = &[
    one_way(
        "CREATE TABLE t (id int)",
        "DROP TABLE t; CREATE TABLE t (id text)",
        "changed  column t.id: type int → text",
    ),
    one_way(
        "CREATE TABLE t (id int)",
        "DROP TABLE t; CREATE TABLE t (id int NOT NULL DEFAULT 5 COLLATE nocase)",
        "changed  column t.id: collation none → nocase\n\
         changed  column t.id: default none → 5\n\
         changed  column t.id: not null none → true",
    ),
    one_way(
        "CREATE TABLE t (a int, b int AS (a + 1))",
        "DROP TABLE t; CREATE TABLE t (a int, b int AS (a + 1) STORED)",
        "changed  column t.b: generated (a + 1) VIRTUAL → (a + 1) STORED",
    ),
];

const CONSTRAINTS: &[Case] = &[
    one_way(
        "CREATE TABLE t (id int)",
        "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY)",
        "added    constraint PRIMARY KEY (id) of t",
    ),
    one_way(
        "CREATE TABLE t (id integer PRIMARY KEY)",
        "DROP TABLE t; CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT)",
        "changed  constraint PRIMARY KEY (id) of t: definition primary key (id) → primary key (id) autoincrement",
    ),
    one_way(
        "CREATE TABLE t (id int)",
        "DROP TABLE t; CREATE TABLE t (id int UNIQUE, CONSTRAINT positive CHECK (id > 0))",
        "added    constraint CHECK (id > 0) of t\nadded    constraint UNIQUE (id) of t",
    ),
    one_way(
        "CREATE TABLE t (id integer PRIMARY KEY, up int REFERENCES t (id))",
        "DROP TABLE t; CREATE TABLE t (id integer PRIMARY KEY, up int REFERENCES t (id) ON DELETE CASCADE)",
        "changed  constraint FOREIGN KEY (up) TO t of t: definition foreign key (up) references t (id) → \
         foreign key (up) references t (id) on delete cascade",
    ),
];

const OTHERS: &[Case] = &[
    case(TABLE, "CREATE INDEX i ON t (note DESC) WHERE id > 3", "added    index i of t"),
    case("CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "DROP INDEX i", "removed  index i of t"),
    case(
        "CREATE TABLE t (a int); CREATE INDEX i ON t (a)",
        "DROP INDEX i; CREATE UNIQUE INDEX i ON t (a)",
        "changed  index i of t: definition create index i on t (a) → create unique index i on t (a)",
    ),
    case("", "CREATE VIEW v AS SELECT 1 AS a", "added    view v"),
    case(
        "CREATE VIEW v AS SELECT 1 AS a",
        "DROP VIEW v; CREATE VIEW v AS SELECT 2 AS a",
        "changed  view v: definition create view v as select 1 as a → create view v as select 2 as a",
    ),
    case(TABLE, "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END", "added    trigger g of t"),
    case(
        "CREATE TABLE t (a int); CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END",
        "DROP TRIGGER g",
        "removed  trigger g of t",
    ),
    // It comes with tables of its own.
    case("", "CREATE VIRTUAL TABLE words USING fts5 (word)", "added    virtual table words"),
    case(
        TABLE,
        "CREATE TEMPORARY TABLE own (id int); INSERT INTO t VALUES (1, 'a'); ANALYZE",
        "no difference",
    ),
];

#[tokio::test]
async fn a_change_of_one_thing_is_seen_and_nothing_else_is() {
    for cases in [TABLES, COLUMNS, CONSTRAINTS, OTHERS] {
        assert_all::<SqliteFile>("", cases).await;
    }
}

#[test]
fn programs_read_it_as_json() {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    let set = Folder::new(Dialect::Sqlite).table(1, "unused").set();
    let migrator = Migrator::new(&set);
    connection.execute_batch("CREATE TABLE t (id int)").unwrap();
    let before = migrator.fingerprint(&mut connection).unwrap();
    assert_eq!(
        serde_json::to_value(&before).unwrap(),
        json!({ "engine": "SQLite", "digest": before.digest().to_string(), "objects": [
            { "kind": "table", "schema": "", "parent": "", "name": "t", "properties": { "columns": "id" } },
            { "kind": "column", "schema": "", "parent": "t", "name": "id", "properties": { "type": "int" } },
        ]})
    );
    connection.execute_batch("CREATE INDEX i ON t (id); ALTER TABLE t ADD COLUMN note text").unwrap();
    let difference = before.diff(&migrator.fingerprint(&mut connection).unwrap());
    assert_eq!(
        serde_json::to_value(Drift::Known { difference }).unwrap(),
        json!({ "drift": "known", "difference": { "changes": [
            { "object": { "kind": "column", "schema": "", "parent": "t", "name": "note" }, "change": "added",
              "undo": { "sql": "ALTER TABLE \"t\" DROP COLUMN \"note\"", "loses_data": true } },
            { "object": { "kind": "index", "schema": "", "parent": "t", "name": "i" }, "change": "added",
              "undo": { "sql": "DROP INDEX \"i\"", "loses_data": false } },
        ]}})
    );
}
