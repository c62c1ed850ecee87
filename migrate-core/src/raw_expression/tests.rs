use super::words::SORTED;
use super::*;

const ORDERS: &[&str] = &["id", "total", "note", "tags", "date", "user", "select", "größe", "Mixed"];
const TABLES: [VisibleTable<'static>; 3] = [
    VisibleTable { alias: "orders", columns: ORDERS },
    VisibleTable { alias: "o", columns: &["hidden"] },
    VisibleTable { alias: "o", columns: &["total"] },
];

fn check(text: &str, engine: Engine) -> Result<String, RawExpressionFault> {
    let around = Surroundings { engine, tables: &TABLES, functions: &["mine", "app.theirs"] };
    raw_expression(text, around).map(|texts| texts.join("?")).map_err(|invalid| invalid.fault().clone())
}

#[test]
fn the_lists_are_sorted() {
    for list in SORTED {
        assert!(list.is_sorted(), "{list:?}");
    }
}

#[test]
fn an_expression_passes_and_is_written_anew() {
    let both = [
        ("total > ?", "\"total\" > ?"),
        ("orders . total>?OR 1=1", "\"orders\".\"total\" > ? OR 1 = 1"),
        ("lower(note) = ? OR note = '?'", "pg_catalog.lower(\"note\") = ? OR \"note\" = '?'"),
        ("(1 OR 2) AND id NOT IN (?, ?)", "(1 OR 2) AND \"id\" NOT IN (?, ?)"),
        ("note IS NOT DISTINCT FROM 'it''s'", "\"note\" IS NOT DISTINCT FROM 'it''s'"),
        ("mine(total)", "mine(\"total\")"),
        ("\"select\" = 1", "\"select\" = 1"),
        ("orders.select = orders.\"user\"", "\"orders\".\"select\" = \"orders\".\"user\""),
        ("date LIKE 'a%' ESCAPE '!'", "\"date\" LIKE 'a%' ESCAPE '!'"),
        ("Orders.GRÖßE = 1", ""),
        ("größe = 1", "\"größe\" = 1"),
        ("o.total - -1 * (- 2.5e-1)", "\"o\".\"total\" - - 1 * (- 2.5e-1)"),
        (
            "CASE total WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE NULL END IS NULL",
            "CASE \"total\" WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE NULL END IS NULL",
        ),
        ("CAST(total AS text) || x'0F'", "CAST(\"total\" AS pg_catalog.text) || x'0F'"),
        (
            "count(DISTINCT total) FILTER (WHERE id > 1) + count(*)",
            "pg_catalog.count(DISTINCT \"total\") FILTER(WHERE \"id\" > 1) + pg_catalog.count(*)",
        ),
        ("coalesce(max(total, ?), 0)", "coalesce(pg_catalog.max(\"total\", ?), 0)"),
        (
            "total BETWEEN 1 AND 2 AND NOT note->>'a' IS TRUE",
            "\"total\" BETWEEN 1 AND 2 AND NOT \"note\" ->> 'a' IS TRUE",
        ),
    ];
    for (text, postgres) in both {
        let on_sqlite = check(text, Engine::Sqlite);
        if postgres.is_empty() {
            assert!(on_sqlite.is_err(), "{text}");
            continue;
        }
        let want = postgres.replace("pg_catalog.", "");
        let as_sqlite = on_sqlite.map(|sql| sql.replace('"', ""));
        assert_eq!(as_sqlite, Ok(want.replace('"', "")), "{text}");
        assert_eq!(check(text, Engine::Postgres).as_deref(), Ok(postgres), "{text}");
    }
    assert_eq!(
        check("TOTAL = \"note\" AND Mixed = 1", Engine::Sqlite).as_deref(),
        Ok("TOTAL = \"note\" AND Mixed = 1")
    );
    assert_eq!(check("\"Mixed\" = 1", Engine::Postgres).as_deref(), Ok("\"Mixed\" = 1"));
}

#[test]
fn what_one_engine_knows_passes_there_alone() {
    let postgres = [
        ("total::numeric(10, 2)::text[]", "\"total\"::numeric(10, 2)::pg_catalog.text[]"),
        ("timestamp with time zone '2020-01-01' AT TIME ZONE 'utc'", ""),
        ("date '2020-01-01' - interval '1 day'", "pg_catalog.date '2020-01-01' - interval '1 day'"),
        ("id = ANY (ARRAY[1, 2]) AND tags @> ARRAY[['a'], ['b']]", ""),
        ("tags[1] !~* 'a' AND tags && ?", ""),
        ("extract(year FROM date) + position('a' IN note || 'b')", ""),
        ("trim(both 'x' FROM note) = trim(note)", ""),
        ("substring(note FROM 1 FOR 2)", "substring(\"note\" FROM 1 FOR 2)"),
        ("substring(note, 1)", "pg_catalog.substring(\"note\", 1)"),
        ("note COLLATE \"C\" ILIKE 'a' AND note SIMILAR TO 'b'", ""),
        ("row(1, 2) = (1, 2)", ""),
        (
            "date - make_interval(days => ?, hours=>-1)",
            "\"date\" - pg_catalog.make_interval(days=> ?, hours=> - 1)",
        ),
        ("app.theirs(1) AND \"app\".\"theirs\"(1)", ""),
        ("to_char(date, 'YYYY') IS UNKNOWN", "pg_catalog.to_char(\"date\", 'YYYY') IS UNKNOWN"),
    ];
    for (text, want) in postgres {
        let written = check(text, Engine::Postgres);
        assert!(written.as_deref().is_ok_and(|sql| want.is_empty() || sql == want), "{text}: {written:?}");
        if !text.contains("app.") && !text.starts_with("substring(note,") {
            assert!(check(text, Engine::Sqlite).is_err(), "{text}");
        }
    }
    let sqlite =
        ["note GLOB 'a*'", "total == 1", "note COLLATE NOCASE = 'a'", "ifnull(total, 0)", "total IS 1"];
    for text in sqlite {
        assert_eq!(check(text, Engine::Sqlite).as_deref(), Ok(text));
        assert!(check(text, Engine::Postgres).is_err(), "{text}");
    }
}

#[test]
fn what_leaves_the_expression_is_refused() {
    use RawExpressionFault::{
        Attribute, Column, Comment, Function, Subquery, Symbol, TooDeep, Type, Unexpected, Unfinished,
    };
    let deep = "(".repeat(60) + "1" + &")".repeat(60);
    let cases = [
        ("", Unfinished),
        (" \n", Unfinished),
        ("1=1) OR (true", Unexpected(")".into())),
        ("(1=1", Unfinished),
        ("(1]", Symbol(']')),
        ("note = 'x", Unfinished),
        ("total = ", Unfinished),
        ("true -- ", Comment),
        ("true /* x */", Comment),
        ("true; DROP TABLE x", Symbol(';')),
        ("1, 2", Unexpected(",".into())),
        ("total = $1", Symbol('$')),
        (r"note = '\'", Symbol('\\')),
        ("note = 'a\0'", Symbol('\0')),
        ("id IN (SELECT id FROM secrets)", Subquery("SELECT".into())),
        ("(\u{feff}SELECT id FROM secrets)", Symbol('\u{feff}')),
        ("id IN (TABLE secrets)", Subquery("TABLE".into())),
        ("id IN secrets", Subquery("IN".into())),
        ("id NOT IN \"secrets\"", Subquery("IN".into())),
        ("EXISTS (SELECT 1)", Subquery("EXISTS".into())),
        ("(VALUES (1))", Subquery("VALUES".into())),
        ("ARRAY(SELECT 1)", Unexpected("ARRAY".into())),
        ("query_to_xml('x', true, false, '') IS NULL", Function("query_to_xml".into())),
        ("pg_catalog.set_config('a', 'b', true) = ''", Function("pg_catalog.set_config".into())),
        ("other.lower(note) = ''", Function("other.lower".into())),
        ("\"dblink\"('x') = ''", Function("\"dblink\"".into())),
        ("('x').peek", Attribute("peek".into())),
        ("orders.peek = 1", Column("orders.peek".into())),
        ("orders.* IS NULL", Column("orders.*".into())),
        ("orders IS NULL", Column("orders".into())),
        ("o.hidden = 1", Column("o.hidden".into())),
        ("public.orders.total = 1", Column("public.orders.total".into())),
        ("user = 'x'", Column("user".into())),
        ("secrets = 1", Column("secrets".into())),
        ("\"TOTALS\" = 1", Column("\"TOTALS\"".into())),
        ("CAST('x' AS regclass)", Type("regclass".into())),
        ("CAST('x' AS \"text\")", Type("\"text\"".into())),
        ("total OPERATOR(public.=) 1", Unexpected("OPERATOR".into())),
        ("count(*) OVER ()", Unexpected("OVER".into())),
        ("total total", Unexpected("total".into())),
        ("? ?", Unexpected("?".into())),
        ("?1", Unexpected("1".into())),
        ("total MATCH 'x'", Unexpected("MATCH".into())),
        ("mine(1) mine(2)", Unexpected("mine".into())),
        (&deep, TooDeep),
    ];
    for (text, want) in cases {
        for engine in [Engine::Postgres, Engine::Sqlite] {
            if want == Symbol(']') {
                assert!(check(text, engine).is_err());
                continue;
            }
            assert_eq!(check(text, engine), Err(want.clone()), "{engine} {text}");
        }
    }
    assert_eq!(check("'x'::public.mood", Engine::Postgres), Err(Type("public".into())));
    assert_eq!(check("date without = - 'x'", Engine::Postgres), Err(Unexpected("without".into())));
    assert_eq!(check("'x'::text.peek", Engine::Postgres), Err(Attribute("peek".into())));
    assert_eq!(check("(ARRAY[total])[1].peek", Engine::Postgres), Err(Attribute("peek".into())));
    assert_eq!(check("\"Orders\".total = 1", Engine::Postgres), Err(Column("\"Orders\".total".into())));
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    let around = Surroundings { engine: Engine::Postgres, tables: &TABLES, functions: &[] };
    let told = |text| raw_expression(text, around).unwrap_err().to_string();
    assert_eq!(
        told("größe > 1 AND orders.peek"),
        "raw(\"größe > 1 AND orders.peek\") is not one harmless expression: at character 15, `orders.peek` is not a \
         column that `tables!` declares for a table of this statement; write `table.column`, in double quotes where \
         the name is a keyword, and text in single quotes"
    );
    assert!(told("(1").contains("at character 3, something is missing"), "{}", told("(1"));
    assert!(told("\u{feff}1").contains("at character 1, `\\u{feff}` is not known"), "{}", told("\u{feff}1"));
}

/// Whatever is put next to a keyword: outside of ASCII it is refused, or part of a word that is then no keyword.
#[test]
fn no_character_hides_a_query() {
    let mut text = String::new();
    for c in '\0'..=char::MAX {
        for (before, behind) in [("(", "SELECT 1)"), ("1 SEL", "ECT")] {
            text.clear();
            text.extend([before, c.encode_utf8(&mut [0; 4]), behind]);
            if c.is_ascii() {
                assert!(check(&text, Engine::Postgres).is_err(), "{text:?}");
                assert!(check(&text, Engine::Sqlite).is_err(), "{text:?}");
            } else if let Ok(tokens) = lexer::tokens(&text, Engine::Sqlite) {
                assert!(tokens.iter().any(|token| token.text.contains(c)), "{text:?}");
                assert!(tokens.iter().all(|token| token.text != "SELECT"), "{text:?}");
            }
        }
    }
}
