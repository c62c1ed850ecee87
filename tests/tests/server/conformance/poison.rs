//! What was sent before a failure was known must not run: one that fails among many, each independent of it.

use migrate::diagnostic::Position;
use migrate::{ErrorKind, Migrator};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{folder, numbers, strings, versions};

conformance! {
    a_constraint_fails_at_the_commit_of_a_single_one,
    a_rollback_fails_among_many,
    a_statement_fails_among_many,
    a_syntax_error_among_many,
    a_constraint_fails_at_the_commit_among_many,
}

const BEFORE: u64 = 37;
const POISON: u64 = BEFORE + 1;
const ALL: u64 = 150;

/// Applies many of which one holds this script, and returns the error.
async fn among_many(db: &mut impl Sandbox, poison: &str) -> migrate::Error {
    let mut folder = folder(db);
    let parent = "CREATE TABLE parent (id integer PRIMARY KEY);
        CREATE TABLE child (id integer PRIMARY KEY, parent_id integer
            REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)";
    folder = folder.migration("1_parent", parent, "DROP TABLE child; DROP TABLE parent");
    for n in 2..=ALL {
        folder = match n {
            POISON => folder.migration(&format!("{n}_poison"), poison, "SELECT 1"),
            n => folder.table(n, &format!("t{n}")),
        };
    }
    let set = folder.set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();

    assert_eq!(error.version(), Some(version(POISON)), "{error}");
    let done: Vec<i64> = numbers(&(1..=BEFORE).map(version).collect::<Vec<_>>());
    assert_eq!(versions(error.report()), done);
    assert_eq!(db.column("SELECT version FROM migrate_history ORDER BY version").await, strings(&done));
    let mut tables: Vec<String> = (2..=BEFORE).map(|n| format!("t{n}")).collect();
    tables.extend(["child".to_owned(), "parent".to_owned()]);
    tables.sort();
    assert_eq!(db.tables().await, tables);
    assert_eq!(db.column("SELECT count(*) FROM child").await, ["0"]);
    assert_eq!(db.log().await.last().unwrap(), &format!("failure {POISON}"));

    // And when it is corrected, the rest goes on.
    let set = folder.migration(&format!("{POISON}_poison"), "SELECT 1", "SELECT 1").set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(versions(&report), numbers(&(POISON..=ALL).map(version).collect::<Vec<_>>()));
    error
}

async fn a_statement_fails_among_many<S: Sandbox>(mut db: S) {
    let poison = "INSERT INTO child VALUES (1, NULL); INSERT INTO child VALUES (1, NULL)";
    let error = among_many(&mut db, poison).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some(S::DUPLICATE_KEY)));
}

async fn a_syntax_error_among_many<S: Sandbox>(mut db: S) {
    let error = among_many(&mut db, "INSERT INTO child VALUES (1, NULL);\nINSERT NOTHING").await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some(S::SYNTAX_ERROR)));
    assert_eq!(error.position(), Some(Position { line: 2, column: 8 }));
}

async fn a_constraint_fails_at_the_commit_among_many<S: Sandbox>(mut db: S) {
    let error = among_many(&mut db, "INSERT INTO child VALUES (1, 404)").await;
    assert_eq!(error.code(), Some(S::FOREIGN_KEY));
}

async fn a_constraint_fails_at_the_commit_of_a_single_one<S: Sandbox>(mut db: S) {
    let child = "CREATE TABLE parent (id integer PRIMARY KEY);
        CREATE TABLE child (parent_id integer REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)";
    let set = folder(&db)
        .migration("1_child", child, "DROP TABLE child; DROP TABLE parent")
        .migration("2_orphan", "INSERT INTO child VALUES (404)", "DELETE FROM child")
        .set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.version(), error.code()), (Some(version(2)), Some(S::FOREIGN_KEY)));
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.column("SELECT count(*) FROM child").await, ["0"]);
    assert_eq!(db.log().await, ["apply 1", "failure 2"]);
    // It is the script that is at fault, not the database.
    assert_eq!(error.kind(), ErrorKind::Script, "{error}");
}

async fn a_rollback_fails_among_many(mut db: impl Sandbox) {
    let mut folder = folder(&db);
    for n in 1..=150 {
        folder = folder.table(n, &format!("t{n}"));
    }
    let folder = folder.migration(
        "38_create_t38",
        "CREATE TABLE t38 (id integer)",
        "DROP TABLE t38; DROP TABLE missing",
    );
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let error = db.rollback(&Migrator::new(&set), usize::MAX).await.unwrap_err();
    assert_eq!(error.version(), Some(version(38)));
    assert_eq!(versions(error.report()), (39..=150).rev().collect::<Vec<_>>());
    let kept: Vec<i64> = (1..=38).collect();
    assert_eq!(db.column("SELECT version FROM migrate_history ORDER BY version").await, strings(&kept));
    assert_eq!(db.tables().await.len(), kept.len());
}
