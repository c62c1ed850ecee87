use super::*;
use crate::sql::parse;

/// Scripts, each a migration. Whether their catalog is that of a real server is asked by tests/tests/server/schema.rs.
fn postgres(scripts: &[&str]) -> Schema {
    fold(scripts, Engine::Postgres)
}

fn fold(scripts: &[&str], engine: Engine) -> Schema {
    let mut schema = Schema::new(engine);
    for script in scripts {
        schema.begin_migration();
        let parsed = parse(script, engine);
        assert_eq!(parsed.errors, [], "{script}");
        parsed.statements.iter().for_each(|statement| schema.apply(statement));
    }
    schema
}

fn name(text: &str) -> Name {
    match text.split_once('.') {
        Some((schema, name)) => Name::qualified(schema, name),
        None => Name::new(text),
    }
}

#[test]
fn what_the_last_script_created_is_new() {
    let cases: [(&[&str], &str, bool); 16] = [
        (&["CREATE TABLE t ()"], "t", true),
        (&["CREATE TABLE t ()"], "public.t", true),
        (&["CREATE TABLE t ()"], "s.t", false),
        (&["CREATE TABLE t ()", "SELECT 1"], "t", false),
        (&["CREATE TABLE t ()", "CREATE TABLE IF NOT EXISTS t ()"], "t", false),
        (&["CREATE TABLE IF NOT EXISTS t ()"], "t", true),
        (&["CREATE TABLE t ()", "DROP TABLE t; CREATE TABLE t ()"], "t", true),
        (&["CREATE TABLE t (); ALTER TABLE t RENAME TO u"], "u", true),
        (&["CREATE TABLE t ()", "CREATE TABLE u (); ALTER TABLE t RENAME TO v"], "v", false),
        (&["CREATE TABLE t (); ALTER TABLE t SET SCHEMA s"], "s.t", true),
        (
            &["CREATE TABLE p (a int) PARTITION BY LIST (a)", "CREATE TABLE q PARTITION OF p DEFAULT"],
            "q",
            true,
        ),
        (
            &["CREATE TABLE p (a int) PARTITION BY LIST (a)", "CREATE TABLE q PARTITION OF p DEFAULT"],
            "p",
            false,
        ),
        (&["CREATE TABLE t AS SELECT 1"], "t", true),
        (&["CREATE TABLE public.t ()", "SET search_path = s; CREATE TABLE t ()"], "public.t", false),
        (&["CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)"], "i", true),
        (&["ALTER TABLE t ADD a int"], "t", false),
    ];
    for (scripts, relation, want) in cases {
        assert_eq!(postgres(scripts).is_new(&name(relation)), want, "{scripts:?} {relation}");
    }
}

#[test]
fn temporary_tables_hide_others_until_their_script_ends() {
    let schema = postgres(&["CREATE TABLE t ()", "CREATE TEMP TABLE t ()"]);
    assert_eq!(schema.resolve(&name("t")), name("pg_temp.t"));
    assert!(schema.is_new(&name("t")) && !schema.is_new(&name("public.t")));
    let schema = postgres(&["CREATE TABLE t ()", "CREATE TEMP TABLE t ()", "SELECT 1"]);
    assert_eq!(schema.resolve(&name("t")), name("public.t"));
    let schema =
        fold(&["CREATE TABLE t (a); CREATE TEMP TABLE u (a); CREATE TABLE temp.t (a)"], Engine::Sqlite);
    assert_eq!(schema.resolve(&name("t")), name("temp.t"));
    assert_eq!(schema.resolve(&name("u")), name("temp.u"));
}

#[test]
fn a_name_means_what_the_search_path_finds() {
    let cases: [(&[&str], &str); 8] = [
        (&["SELECT 1"], "public.t"),
        (&["SET search_path = a, b"], "a.t"),
        (&["CREATE TABLE b.t (); SET LOCAL search_path TO a, b"], "b.t"),
        (&["SET search_path = a", "SELECT 1"], "public.t"),
        (&["SET search_path = a; RESET search_path"], "public.t"),
        (&["SET search_path = a; RESET ALL"], "public.t"),
        (&["SET search_path = a; SET search_path TO DEFAULT"], "public.t"),
        (&["SET search_path = \"$user\", 'Mine', public"], "Mine.t"),
    ];
    for (scripts, want) in cases {
        assert_eq!(postgres(scripts).resolve(&name("t")), name(want), "{scripts:?}");
    }
    assert_eq!(fold(&["SELECT 1"], Engine::Sqlite).resolve(&name("t")), name("main.t"));
    let long = "x".repeat(70);
    let schema = postgres(&[&format!("CREATE TABLE {long} ()")]);
    assert!(schema.is_known(&name(&long)) && schema.is_known(&name(&long[..63])));
}

#[test]
fn what_no_migration_creates_is_unknown() {
    let schema =
        postgres(&["ALTER TABLE t ADD a int; ALTER TABLE IF EXISTS u ADD a int; CREATE INDEX i ON w (a)"]);
    let table = schema.table(&name("t")).expect("it is mentioned");
    assert!(!table.is_known && !table.columns_are_complete && table.column("a").is_some());
    assert!(!schema.is_known(&name("t")) && schema.is_known(&name("i")));
    assert!(schema.table(&name("u")).is_none());
    let is_complete = |scripts: &[&str]| postgres(scripts).table(&name("t")).expect("t").columns_are_complete;
    assert!(is_complete(&["CREATE TABLE t (a int)"]));
    assert!(is_complete(&["CREATE TABLE p (a int); CREATE TABLE t () INHERITS (p)"]));
    assert!(is_complete(&[
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE t PARTITION OF p DEFAULT"
    ]));
    assert!(!is_complete(&["CREATE TABLE t () INHERITS (p)"]));
    assert!(!is_complete(&["CREATE TABLE t PARTITION OF p DEFAULT"]));
    assert!(!is_complete(&["CREATE TABLE p (a int); CREATE TABLE t (LIKE p)"]));
    assert!(!is_complete(&["CREATE TABLE t AS SELECT 1 AS a"]));
}

#[test]
fn a_check_proves_that_nothing_is_null_once_it_is_valid() {
    let cases = [
        ("CREATE TABLE t (a int)", false),
        ("CREATE TABLE t (a int NOT NULL)", true),
        ("CREATE TABLE t (a int PRIMARY KEY)", true),
        ("CREATE TABLE t (a int CHECK (a IS NOT NULL AND a > 0))", true),
        ("CREATE TABLE t (a int CHECK (a > 0))", false),
        ("CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID", false),
        (
            "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; \
             ALTER TABLE t VALIDATE CONSTRAINT c",
            true,
        ),
        (
            "CREATE TABLE t (a int, CONSTRAINT c CHECK (a IS NOT NULL)); ALTER TABLE t DROP CONSTRAINT c",
            false,
        ),
        ("CREATE TABLE t (b int CHECK (b IS NOT NULL)); ALTER TABLE t RENAME b TO a", true),
        ("CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID", false),
        (
            "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID; \
             ALTER TABLE t VALIDATE CONSTRAINT n",
            true,
        ),
        (
            "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT n NOT NULL a; ALTER TABLE t DROP CONSTRAINT n",
            false,
        ),
    ];
    for (script, want) in cases {
        assert_eq!(postgres(&[script]).proves_not_null(&name("t"), "a"), want, "{script}");
    }
    let sqlite = |script| fold(&[script], Engine::Sqlite).proves_not_null(&name("t"), "a");
    assert!(sqlite("CREATE TABLE t (a INTEGER PRIMARY KEY)"));
    assert!(!sqlite("CREATE TABLE t (a INT PRIMARY KEY)"));
    assert!(!sqlite("CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b))"));
}

#[test]
fn the_labels_of_an_enum_are_new_if_they_were_added() {
    let labels = |scripts: &[&str]| {
        let schema = postgres(scripts);
        let known = schema.enum_type(&name("e")).expect("e");
        known
            .labels
            .iter()
            .map(|label| (label.value.clone(), schema.is_current(label.created_in)))
            .collect::<Vec<_>>()
    };
    let label = |value: &str, is_new| (value.to_owned(), is_new);
    let create = "CREATE TYPE e AS ENUM ('a')";
    let add = "ALTER TYPE e ADD VALUE 'b'";
    assert_eq!(labels(&[create, add]), [label("a", false), label("b", true)]);
    assert_eq!(labels(&[create, add, "SELECT 1"]), [label("a", false), label("b", false)]);
    assert_eq!(labels(&[&format!("{create}; {add}")]), [label("a", false), label("b", true)]);
}

#[test]
fn types_are_found_by_the_columns_that_have_them() {
    let schema = postgres(&[
        "CREATE SCHEMA s; CREATE DOMAIN s.d AS int CHECK (VALUE > 0); CREATE DOMAIN plain AS text",
        "SET search_path = s, public; CREATE TABLE t (a d, b plain, c int)",
    ]);
    let found: Vec<_> =
        schema.columns_of_type(&name("s.d")).map(|(_, column)| column.name.as_str()).collect();
    assert_eq!(found, ["a"]);
    let column = schema.table(&name("s.t")).and_then(|table| table.column("a")).expect("s.t.a");
    let data_type = column.data_type.as_ref().expect("a type");
    assert!(schema.domain(&data_type.name).is_some_and(|domain| domain.is_constrained));
    assert!(schema.domain(&name("public.plain")).is_some_and(|domain| !domain.is_constrained));
    assert!(schema.domain(&name("int4")).is_none());
}

#[test]
fn a_function_is_volatile_if_one_of_its_name_is() {
    let schema = postgres(&["CREATE FUNCTION f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION g() RETURNS int STABLE LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"]);
    assert!(schema.function(&name("f")).is_some_and(|function| function.is_volatile));
    assert!(schema.function(&name("public.g")).is_some_and(|g| !g.is_volatile && g.security_definer));
    assert!(schema.function(&name("h")).is_none());
}

#[test]
fn tables_know_who_points_at_them() {
    let schema =
        postgres(&["CREATE TABLE r (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES r, b int);
        CREATE TABLE u (a int REFERENCES r ON DELETE CASCADE); CREATE VIEW v AS SELECT * FROM r;
        CREATE MATERIALIZED VIEW m AS SELECT * FROM v; CREATE INDEX ON t (b, a);
        CREATE EXTENSION citext; CREATE SCHEMA s"]);
    let keys: Vec<_> =
        schema.foreign_keys_to(&name("r")).map(|(owner, _)| owner.name.name.as_str()).collect();
    assert_eq!(keys, ["t", "u"]);
    assert_eq!(schema.foreign_keys_of(&name("t")).count(), 1);
    let views: Vec<_> = schema.views_on(&name("r")).map(|view| view.name.name.as_str()).collect();
    assert_eq!(views, ["v"]);
    let is_materialized = |view: &str| schema.view(&name(view)).map(|view| view.materialized);
    assert_eq!((is_materialized("m"), is_materialized("v")), (Some(true), Some(false)));
    let index = schema.index(&name("t_b_a_idx")).expect("the index");
    assert_eq!(index.leading_columns().collect::<Vec<_>>(), ["b", "a"]);
    assert!(schema.extensions.contains("citext"));
    assert!(schema.schemas.contains("s") && !schema.schemas.contains("t"));
}

#[test]
fn sqlite_rebuilds_a_table_under_foreign_keys_that_stay() {
    let schema = fold(
        &[
            "CREATE TABLE r (id INTEGER PRIMARY KEY); CREATE TABLE t (r_id REFERENCES r (id));",
            "PRAGMA foreign_keys = OFF; CREATE TABLE new_r (id INTEGER PRIMARY KEY, a TEXT NOT NULL);
             INSERT INTO new_r SELECT id, '' FROM r; DROP TABLE r; ALTER TABLE new_r RENAME TO R;",
        ],
        Engine::Sqlite,
    );
    assert_eq!(schema.foreign_keys_to(&name("r")).count(), 1);
    assert!(schema.is_new(&name("r")) && schema.proves_not_null(&name("r"), "a"));
}
