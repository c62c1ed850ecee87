use migrate_core::SyntaxError;

use super::super::*;
use super::parse;

fn one(sql: &str) -> Statement {
    let parsed = parse(sql);
    assert_eq!(parsed.errors, [], "{sql}");
    let [statement] = <[Statement; 1]>::try_from(parsed.statements).expect(sql);
    statement
}

fn create_table(sql: &str) -> CreateTable {
    match one(sql).kind {
        Kind::CreateTable(create) => create,
        other => panic!("{sql}: {other:?}"),
    }
}

fn columns(create: &CreateTable) -> &[Column] {
    match &create.body {
        TableBody::Columns(columns) => columns,
        other => panic!("{other:?}"),
    }
}

fn names(names: &[Name]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn each_statement_is_of_its_kind() {
    let drop = |object, name| {
        let names = vec![name];
        Kind::Drop(Drop { object, names, table: None, if_exists: true, concurrently: false, cascade: false })
    };
    let t = || Name::new("t");
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<String>>();
    let insert = |columns: &[&str], widths: &[usize], conflict| {
        let (targets, columns, widths) = (columns.len(), owned(columns), widths.to_vec());
        let (from_query, selection) = (false, None);
        Kind::Insert(Insert { table: t(), from_query, columns, targets, widths, selection, conflict })
    };
    let update = |columns: &[&str], replaces| {
        Kind::Update(Update { table: t(), filter: None, overwrites: owned(columns), replaces })
    };
    let cases = [
        ("DROP TABLE IF EXISTS t", drop(ObjectKind::Table, t())),
        ("drop index if exists main.\"T\"", drop(ObjectKind::Index, Name::qualified("main", "t"))),
        ("DROP VIEW IF EXISTS [t]", drop(ObjectKind::View, t())),
        ("DROP TRIGGER IF EXISTS `t`", drop(ObjectKind::Trigger, t())),
        ("INSERT INTO t (a) VALUES (1), (2)", insert(&["a"], &[1], None)),
        ("INSERT INTO t DEFAULT VALUES", insert(&[], &[], None)),
        ("REPLACE INTO t VALUES (1)", insert(&[], &[1], Some(Conflict::Replace))),
        (
            "INSERT OR IGNORE INTO t (\"A\", b) VALUES (1, 2)",
            insert(&["a", "b"], &[2], Some(Conflict::Ignore)),
        ),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", insert(&[], &[1], Some(Conflict::Ignore))),
        (
            "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1",
            insert(&[], &[1], Some(Conflict::Update)),
        ),
        ("UPDATE t SET a = 1, b = b + 1", update(&["a"], false)),
        ("UPDATE OR REPLACE t SET (a, b) = (SELECT b, 1)", update(&["a"], true)),
        ("DELETE FROM t", Kind::Delete(Delete { table: t(), filter: None })),
        ("SELECT 1", Kind::Query(Query { writes: Vec::new() })),
        ("WITH x AS (SELECT 1) SELECT * FROM x", Kind::Query(Query { writes: Vec::new() })),
        (
            "PRAGMA foreign_keys = OFF",
            Kind::Pragma { name: "foreign_keys".to_owned(), value: Some("off".to_owned()) },
        ),
        (
            "PRAGMA main.User_Version(3)",
            Kind::Pragma { name: "user_version".to_owned(), value: Some("3".to_owned()) },
        ),
        ("VACUUM", Kind::Vacuum { full: true }),
        ("BEGIN IMMEDIATE", Kind::Transaction),
        ("COMMIT", Kind::Transaction),
        ("ROLLBACK", Kind::Transaction),
        ("ROLLBACK TO a", Kind::Transaction),
        ("SAVEPOINT a", Kind::Harmless),
        ("RELEASE a", Kind::Harmless),
        ("ANALYZE", Kind::Harmless),
        ("EXPLAIN DELETE FROM t", Kind::Harmless),
        ("ATTACH 'x' AS y", Kind::Unknown("ATTACH".to_owned())),
        ("CREATE TRIGGER \"A\" AFTER INSERT ON t BEGIN DELETE FROM b; INSERT INTO c SELECT 1 FROM d; END", {
            let uses = ["b", "c", "d"].map(Name::new).to_vec();
            Kind::CreateTrigger(CreateTrigger { name: "a".to_owned(), table: t(), function: None, uses })
        }),
        ("CREATE TEMP VIEW IF NOT EXISTS t AS SELECT 1", {
            Kind::CreateView(CreateView {
                name: t(),
                materialized: false,
                temporary: true,
                or_replace: false,
                if_not_exists: true,
                security_invoker: false,
            })
        }),
        ("REINDEX", Kind::Reindex(Reindex { concurrently: false, target: Reference::Many })),
    ];
    for (sql, want) in cases {
        assert_eq!(one(sql).kind, want, "{sql}");
    }
}

#[test]
fn columns_have_their_constraints_and_places() {
    let sql = "CREATE TABLE main.T (\n  Id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key, of course\n  \"Na,me\" \
               varchar(20) NOT NULL DEFAULT 'x' COLLATE NOCASE,\n  n NUMERIC(10, 2) CHECK (n > 0) UNIQUE,\n  \
               o REFERENCES other (id) ON DELETE CASCADE,\n  g GENERATED ALWAYS AS (n * 2) STORED, v AS (n),\n  \
               CONSTRAINT two UNIQUE (id, n), FOREIGN KEY (n) REFERENCES other\n) STRICT";
    let create = create_table(sql);
    assert_eq!(create.name, Name::qualified("main", "t"));
    let columns = columns(&create);
    let seen: Vec<_> =
        columns.iter().map(|column| (column.name.name.as_str(), column.span.of(sql))).collect();
    let want = [
        ("id", "Id INTEGER PRIMARY KEY AUTOINCREMENT"),
        ("na,me", "\"Na,me\" varchar(20) NOT NULL DEFAULT 'x' COLLATE NOCASE"),
        ("n", "n NUMERIC(10, 2) CHECK (n > 0) UNIQUE"),
        ("o", "o REFERENCES other (id) ON DELETE CASCADE"),
        ("g", "g GENERATED ALWAYS AS (n * 2) STORED"),
        ("v", "v AS (n)"),
    ];
    assert_eq!(seen, want);
    let types: Vec<_> =
        columns.iter().map(|column| column.data_type.as_ref().map(ToString::to_string)).collect();
    assert_eq!(types[..3], ["integer", "varchar(20)", "numeric(10,2)"].map(|name| Some(name.to_owned())));
    assert_eq!(types[3..], [None, None, None]);
    assert_eq!(columns[1].name.span.of(sql), "\"Na,me\"");
    assert!(columns[1].not_null && columns[1].default.as_ref().is_some_and(|value| value.value.is_literal));
    assert_eq!(columns[1].collation.as_deref(), Some("nocase"));
    assert!(matches!(&columns[4].generated, Some(Generated::Stored(value)) if value.columns == ["n"]));
    assert!(matches!(&columns[5].generated, Some(Generated::Virtual(_))));
    let kinds: Vec<_> =
        columns.iter().flat_map(|column| &column.constraints).map(|found| &found.kind).collect();
    assert!(matches!(kinds[0], ConstraintKind::PrimaryKey { columns } if columns == &["id"]));
    assert!(matches!(kinds[1], ConstraintKind::Check(check) if check.columns == ["n"]));
    assert!(matches!(kinds[2], ConstraintKind::Unique { columns, .. } if columns == &["n"]));
    assert!(matches!(kinds[3], ConstraintKind::ForeignKey(key)
        if key.columns == ["o"] && key.referenced == ["id"] && key.on_delete == OnDelete::Cascade));
    assert_eq!(create.constraints[0].name.as_deref(), Some("two"));
    assert_eq!(create.constraints[0].span.of(sql), "CONSTRAINT two UNIQUE (id, n)");
    assert_eq!(create.constraints[1].span.of(sql), "FOREIGN KEY (n) REFERENCES other");
    assert!(matches!(&create.constraints[1].kind, ConstraintKind::ForeignKey(key)
        if key.columns == ["n"] && key.referenced.is_empty() && key.on_delete == OnDelete::NoAction));
}

#[test]
fn tables_show_where_their_columns_come_from() {
    assert!(create_table("CREATE TEMP TABLE t (a)").temporary);
    assert!(create_table("CREATE TABLE temp.t (a)").temporary);
    assert!(create_table("CREATE TABLE IF NOT EXISTS t (a)").if_not_exists);
    assert_eq!(create_table("CREATE TABLE t AS SELECT 1").body, TableBody::Query);
    assert_eq!(create_table("CREATE VIRTUAL TABLE t USING fts5(a, b)").body, TableBody::Query);
}

#[test]
fn a_table_is_altered_one_action_at_a_time() {
    let change = |sql: &str| match one(sql).kind {
        Kind::AlterTable(alter) => (alter.name.to_string(), alter.changes[0].clone()),
        other => panic!("{sql}: {other:?}"),
    };
    let sql = "ALTER TABLE main.t ADD COLUMN \"Col\" text NOT NULL DEFAULT ''";
    let (name, added) = change(sql);
    assert_eq!(
        (name.as_str(), added.span.of(sql)),
        ("main.t", "ADD COLUMN \"Col\" text NOT NULL DEFAULT ''")
    );
    let ChangeAction::AddColumn { column, .. } = added.action else { panic!("{added:?}") };
    assert_eq!((column.name.name.as_str(), column.name.span.of(sql)), ("col", "\"Col\""));
    assert_eq!(column.span.of(sql), "\"Col\" text NOT NULL DEFAULT ''");
    assert!(column.not_null);
    let sql = "ALTER TABLE t ADD a REFERENCES t";
    let ChangeAction::AddColumn { column, .. } = change(sql).1.action else { panic!("{sql}") };
    assert_eq!((column.span.of(sql), column.constraints.len()), ("a REFERENCES t", 1));

    let sql = "ALTER TABLE t RENAME a TO \"B\"";
    let ChangeAction::RenameColumn { from, to } = change(sql).1.action else { panic!("{sql}") };
    assert_eq!((from.as_str(), to.name.as_str(), to.span.of(sql)), ("a", "b", "\"B\""));
    let sql = "ALTER TABLE t RENAME TO u";
    assert!(matches!(change(sql).1.action, ChangeAction::RenameTo(to) if to.name == "u"));
    let sql = "ALTER TABLE t DROP COLUMN a";
    assert!(matches!(change(sql).1.action, ChangeAction::DropColumn { column, .. } if column == "a"));
}

#[test]
fn indexes_have_keys_and_a_filter() {
    let sql = "CREATE UNIQUE INDEX IF NOT EXISTS main.\"I\" ON T (a COLLATE nocase DESC, lower(b)) WHERE a IS NOT NULL AND b > 0";
    let Kind::CreateIndex(create) = one(sql).kind else { panic!("{sql}") };
    assert_eq!(
        (create.table, create.unique, create.if_not_exists),
        (Name::qualified("main", "t"), true, true)
    );
    assert_eq!(create.name.map(|name| (name.span.of(sql), name.name)), Some(("\"I\"", "i".to_owned())));
    let keys: Vec<_> = create.keys.iter().map(|key| key.column.as_deref()).collect();
    assert_eq!(keys, [Some("a"), None]);
    assert_eq!(names(&create.keys[1].value.calls), ["lower"]);
    assert_eq!(create.filter.map(|filter| filter.not_null), Some(vec!["a".to_owned()]));
}

#[test]
fn a_condition_has_what_the_rules_ask() {
    let filter = |condition: &str| match one(&format!("DELETE FROM t WHERE {condition}")).kind {
        Kind::Delete(delete) => delete.filter.expect("a filter"),
        other => panic!("{other:?}"),
    };
    for condition in ["1", "1 = 1", "TRUE", "('a' = 'a')", "true AND 1", "a OR 1=1"] {
        assert!(filter(condition).is_always_true, "{condition}");
    }
    for condition in ["0", "a = 1", "1 = 2", "NULL = NULL", "NULL", "false", "\"true\" = 1", "a OR b"] {
        assert!(!filter(condition).is_always_true, "{condition}");
    }
    for condition in ["a IS NOT NULL", "a NOTNULL", "(a NOT NULL) AND b = 1", "t.\"A\" is not null"] {
        assert_eq!(filter(condition).not_null, ["a"], "{condition}");
    }
    for condition in ["a IS NULL", "a IS NOT NULL OR b", "NOT (a IS NOT NULL)", "a IS NOT 1"] {
        assert_eq!(filter(condition).not_null, [""; 0], "{condition}");
    }
    let found = filter("a IN (SELECT b FROM u) AND max(c, 1) > t.d AND e LIKE 'x' AND true");
    assert_eq!(found.columns, ["a", "b", "c", "d", "e"]);
    assert_eq!(names(&found.calls), ["max"]);
}

#[test]
fn statements_have_what_they_read_and_call() {
    type Words = &'static [&'static str];
    let cases: [(&str, Words, Words, Words); 7] = [
        ("SELECT f(a), 'it''s' FROM t, s.u JOIN v ON g(1)", &["t", "s.u", "v"], &["f", "g"], &["it's"]),
        (
            "WITH x AS (SELECT * FROM t) SELECT * FROM x UNION SELECT * FROM (SELECT * FROM u)",
            &["t", "u"],
            &[],
            &[],
        ),
        (
            "INSERT INTO t SELECT * FROM u WHERE true ON CONFLICT (a) DO UPDATE SET a = h('y')",
            &["u"],
            &["h"],
            &["y"],
        ),
        (
            "UPDATE t SET a = (SELECT count(*) FROM u) FROM v WHERE EXISTS (SELECT 1 FROM w)",
            &["u", "v", "w"],
            &["count"],
            &[],
        ),
        ("DELETE FROM t WHERE a IN u RETURNING f()", &["u"], &["f"], &[]),
        (
            "CREATE VIEW v AS SELECT * FROM t WHERE EXISTS (WITH t AS (SELECT 1) SELECT * FROM t)",
            &["t"],
            &[],
            &[],
        ),
        ("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT f() FROM u; END", &[], &[], &[]),
    ];
    for (sql, reads, calls, literals) in cases {
        let statement = one(sql);
        assert_eq!(names(&statement.reads), reads, "{sql}");
        assert_eq!(names(&statement.calls), calls, "{sql}");
        assert_eq!(statement.literals, literals, "{sql}");
    }
}

#[test]
fn a_syntax_error_has_its_place() {
    let cases = [
        (
            "CREATE TABEL t (a)",
            "TABEL",
            "syntax error near `TABEL`",
            Some("did you mean `TABLE` instead of `TABEL`?"),
        ),
        ("SELEC 1", "SELEC", "syntax error near `SELEC`", Some("did you mean `SELECT` instead of `SELEC`?")),
        (
            "DROP INDEX IF EXIST x",
            "EXIST",
            "syntax error near `EXIST`",
            Some("did you mean `EXISTS` instead of `EXIST`?"),
        ),
        ("CREATE TABLE t (a,, b)", ",", "syntax error near `,`", None),
        ("SELECT 1 +", "", "the statement ends too early", None),
        ("SELECT 1\n  FROM FROM t", "FROM", "syntax error near `FROM`", None),
        ("SELECT é FROM t x y z", "y", "syntax error near `y`", None),
        ("SELECT 12abc", "12abc", "syntax error near `12abc`", None),
        (
            "UPDATE t SET a = 1 WERE b = 1",
            "WERE",
            "syntax error near `WERE`",
            Some("did you mean `WHERE` instead of `WERE`?"),
        ),
        (
            "ALTER TABLE t RENAME COLUM a TO b",
            "a",
            "syntax error near `a`",
            Some("did you mean `COLUMN` instead of `COLUM`?"),
        ),
    ];
    for (sql, at, message, hint) in cases {
        // The statements before and after do not matter.
        let script = format!("-- é;\nSELECT 1; {sql};\nSELECT 2");
        let parsed = parse(&script);
        assert_eq!(parsed.statements.len(), 3, "{sql}");
        let [error] =
            <[SyntaxError; 1]>::try_from(parsed.errors).unwrap_or_else(|errors| panic!("{sql}: {errors:?}"));
        assert_eq!((error.span.of(&script), error.message.as_str()), (at, message), "{sql}");
        assert_eq!(error.hint.as_deref(), hint, "{sql}");
    }
}

#[test]
fn statements_stand_where_the_scanner_found_them() {
    let sql = "/* a */ SELECT 1 -- b\n; CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END; ; SELEC 2;";
    let spans: Vec<_> = parse(sql).statements.iter().map(|statement| statement.span).collect();
    let scanned = migrate_core::statement::scan(sql, migrate_core::Engine::Sqlite).statements;
    assert_eq!(spans, scanned.iter().map(|statement| statement.span).collect::<Vec<_>>());
}

/// Threads that are spawned have two megabytes of stack.
#[test]
fn what_is_nested_deeply_is_no_danger() {
    let scripts = [
        format!("SELECT {}1{}", "(".repeat(1000), ")".repeat(1000)),
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("DELETE FROM t WHERE a{}", " AND a = 1".repeat(20_000)),
        format!("DELETE FROM t WHERE {}a", "NOT ".repeat(20_000)),
        format!("SELECT {}1{}", "f(".repeat(990), ")".repeat(990)),
        format!("SELECT {}1{}", "(SELECT ".repeat(990), ")".repeat(990)),
        format!("SELECT {}1{}", "CASE WHEN a THEN 1 ELSE ".repeat(20_000), " END".repeat(20_000)),
        format!("SELECT 1 {}", "UNION SELECT 1 ".repeat(20_000)),
        format!("CREATE TABLE t (a DEFAULT ({}1{}))", "-(".repeat(900), ")".repeat(900)),
    ];
    let parsing = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for script in scripts {
            assert_eq!(parse(&script).statements.len(), 1);
        }
    });
    parsing.expect("a thread").join().expect("parsing does not fail");
}
