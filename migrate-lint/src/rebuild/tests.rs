//! What the oracle in `tests/tests/sqlite` does not cover: messages, scripts without a transaction, histories.

use migrate_core::{Hazard, Risk};

use crate::testing::{History, case, findings, messages, places, sqlite_history};

fn tables() -> History {
    sqlite_history(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT); CREATE INDEX p_b ON p (b);
         CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p ON DELETE CASCADE);
         CREATE TABLE g (id INTEGER PRIMARY KEY, c_id INTEGER REFERENCES c (id) ON DELETE SET NULL);
         CREATE TABLE u (id INTEGER PRIMARY KEY, a TEXT)",
    )
}

const REBUILD: &str = "CREATE TABLE new_p (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT);
    INSERT INTO new_p SELECT * FROM p; DROP TABLE p; ALTER TABLE new_p RENAME TO p; CREATE INDEX p_b ON p (b)";

#[test]
fn a_finding_names_what_is_lost_and_where() {
    let history = tables();
    assert_eq!(
        messages(&history, REBUILD),
        [
            "foreign keys are on while `p` is rebuilt: DROP TABLE deletes rows of `c`, clears references of `g`"
        ]
    );
    assert_eq!(places(&history, Hazard::RebuildForeignKeys, REBUILD), ["DROP TABLE p"]);
    let history = history.without_keys();
    assert_eq!(messages(&history, REBUILD), [""; 0]);
    let partial =
        REBUILD.replace("FROM p;", "FROM p WHERE id < 5;").replace("; CREATE INDEX p_b ON p (b)", "");
    assert_eq!(
        messages(&history, &partial),
        [
            "rows of `p` are lost in its rebuild: the copy leaves out those that do not meet `id < 5`",
            "the index `p_b` is dropped with the old table, and the new `p` has none like it: queries that used it read all rows",
        ]
    );
    let places = places(&history, Hazard::RebuildRows, &partial);
    assert_eq!(places, ["INSERT INTO new_p SELECT * FROM p WHERE id < 5"]);
    let swapped = REBUILD.replace("SELECT * FROM", "SELECT id, b, a FROM");
    assert_eq!(
        messages(&history, &swapped),
        [
            "the copy puts `b` into `p.a`: the values that it held are lost",
            "the copy puts `a` into `p.b`: the values that it held are lost",
        ]
    );
    let left_out = REBUILD.replace("new_p SELECT *", "new_p (id, a) SELECT id, a");
    assert_eq!(
        messages(&history, &left_out),
        ["the copy leaves out `p.b`, a column that stays: its values are lost"]
    );
    let narrow = REBUILD.replace("a TEXT NOT NULL, b TEXT);", "a TEXT NOT NULL);");
    let fails = "the copy gives 3 values for the 2 columns of `new_p`, and fails";
    assert!(messages(&history, &narrow).iter().any(|message| message == fails));
}

#[test]
fn a_constraint_that_is_gone_is_reported_at_the_new_table() {
    let history = sqlite_history(
        "CREATE TABLE r (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE CHECK (a <> ''),
         b TEXT COLLATE NOCASE, r_id REFERENCES r, s AS (a || b) STORED, n TEXT NOT NULL DEFAULT '') STRICT",
    );
    let rebuild = "CREATE TABLE x (id INT PRIMARY KEY, a, b, r_id, s, n);
        INSERT INTO x SELECT * FROM t; DROP TABLE t; ALTER TABLE x RENAME TO t";
    let lost = [
        "INTEGER PRIMARY KEY on `id`",
        "UNIQUE (a)",
        "CHECK (a <> '')",
        "the foreign key (r_id) to `r`",
        "COLLATE nocase on `b`",
        "a computed `s`",
        "NOT NULL on `n`",
        "a default for `n`",
        "STRICT",
    ];
    let want: Vec<String> =
        lost.iter().map(|what| format!("the new form of `t` no longer has {what}")).collect();
    assert_eq!(messages(&history, rebuild), want);
    let at = places(&history, Hazard::RebuildConstraint, rebuild);
    assert!(at.iter().all(|place| place.starts_with("CREATE TABLE x")), "{at:?}");
    // If a column is gone, only the column is reported.
    let narrow = "CREATE TABLE x (id INTEGER PRIMARY KEY, b TEXT COLLATE NOCASE, r_id REFERENCES r, n TEXT NOT NULL DEFAULT '') STRICT;
        INSERT INTO x SELECT id, b, r_id, n FROM t; DROP TABLE t; ALTER TABLE x RENAME TO t";
    case(&history, narrow, &["drop-column high"]);
    // Under another name, each goes with its column.
    let renamed = "CREATE TABLE x (id INTEGER PRIMARY KEY, aa TEXT UNIQUE CHECK (aa > ''), b TEXT COLLATE NOCASE, r_id REFERENCES r,
        s AS (aa || b) STORED, n TEXT NOT NULL DEFAULT '') STRICT;
        INSERT INTO x (id, aa, b, r_id, n) SELECT id, a, b, r_id, n FROM t; DROP TABLE t; ALTER TABLE x RENAME TO t";
    case(&history, renamed, &["rename high"]);
}

#[test]
fn without_transaction_each_pragma_counts() {
    let history = tables().without_transaction();
    case(&history, REBUILD, &["rebuild-foreign-keys high"]);
    let between = format!("PRAGMA foreign_keys = ON; {REBUILD}");
    case(&history.without_keys(), &between, &["rebuild-foreign-keys high"]);
    let history = tables().without_transaction().without_keys();
    case(&history, REBUILD, &[]);
    case(&history, &format!("{REBUILD}; PRAGMA foreign_keys = ON"), &[]);
    // In a transaction it does nothing, and the run has switched them off before.
    case(&tables().without_keys(), &between, &[]);
}

#[test]
fn rows_are_followed_under_any_name() {
    let history = tables().without_keys();
    let quoted = "CREATE TABLE \"New_P\" (ID INTEGER PRIMARY KEY, [a] TEXT NOT NULL, `b` TEXT);
        INSERT INTO main.new_p SELECT * FROM main.\"P\"; DROP TABLE main.P; ALTER TABLE main.\"NEW_P\" RENAME TO \"P\";
        CREATE INDEX main.P_B ON P (B)";
    case(&history, quoted, &[]);
    // A view, a function or a query that is not followed is no copy.
    case(&history, &REBUILD.replace("SELECT * FROM p", "SELECT 1, 2, 3"), &["rebuild-rows high"]);
    // Tables that no migration made are followed as far as they are known.
    let unknown = "CREATE TABLE new_x (a); INSERT INTO new_x SELECT * FROM x; DROP TABLE x; ALTER TABLE new_x RENAME TO x";
    case(&history, unknown, &[]);
    let partial = unknown.replace("FROM x;", "FROM x LIMIT 1;");
    case(&history, &partial, &["rebuild-rows high"]);
    // What takes the place is another old table.
    case(&history, "DROP TABLE p; ALTER TABLE u RENAME TO p", &["drop-table high", "rename high"]);
}

#[test]
fn the_risk_is_that_of_what_is_lost() {
    let history = sqlite_history(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); CREATE UNIQUE INDEX t_a ON t (a); CREATE INDEX t_b ON t (lower(b)) WHERE b > 1",
    );
    let rebuild = |more: &str| {
        format!(
            "CREATE TABLE x (id INTEGER PRIMARY KEY, a, b); INSERT INTO x SELECT * FROM t; DROP TABLE t;
             ALTER TABLE x RENAME TO t; {more}"
        )
    };
    case(&history, &rebuild(""), &["rebuild-index high", "rebuild-index controlled"]);
    case(
        &history,
        &rebuild("CREATE INDEX t_a ON t (a)"),
        &["rebuild-index high", "rebuild-index controlled"],
    );
    let alike = "CREATE UNIQUE INDEX i ON t (a); CREATE INDEX j ON t (lower(b)) WHERE b > 1";
    case(&history, &rebuild(alike), &[]);
    let others = "CREATE UNIQUE INDEX i ON t (a); CREATE INDEX j ON t (upper(b)) WHERE b > 1";
    case(&history, &rebuild(others), &["rebuild-index controlled"]);
    assert!(findings(&history, &rebuild("")).iter().any(|finding| finding.risk == Risk::High));
}

/// A query of ten lines can stand for a million.
#[test]
fn a_query_that_stands_for_many_is_not_followed() {
    let history = tables().without_keys();
    let doubled: Vec<String> =
        (1..30).map(|i| format!("x{i} AS (SELECT * FROM x{} UNION ALL SELECT * FROM x{0})", i - 1)).collect();
    let sql = REBUILD.replace(
        "INSERT INTO new_p SELECT * FROM p",
        &format!("WITH x0 AS (SELECT * FROM p), {} INSERT INTO new_p SELECT * FROM x29", doubled.join(", ")),
    );
    case(&history, &sql, &["rebuild-rows high"]);
}

/// Tables that are copied into each other hold twice as many copies after each statement.
#[test]
fn tables_that_are_copied_into_each_other_are_followed_for_a_while() {
    let history = sqlite_history("CREATE TABLE t (a)");
    let copies = "INSERT INTO x SELECT * FROM y; INSERT INTO y SELECT * FROM x; DELETE FROM y WHERE a = 1; "
        .repeat(200);
    let script = format!(
        "CREATE TABLE x (a); CREATE TABLE y (a); INSERT INTO x SELECT * FROM t; INSERT INTO y SELECT * FROM t; {copies}
         DROP TABLE t; ALTER TABLE x RENAME TO t"
    );
    case(&history, &script, &[]);
    let lost = script.replace("SELECT * FROM t;", "SELECT * FROM t LIMIT 1;");
    let found = findings(&history, &lost).len();
    assert!((1..2000).contains(&found), "{found}");
}
