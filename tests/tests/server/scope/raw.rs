//! What `raw` lets through: no row of another tenant, and no function that no one knows.

use migrate::scope::{Engine, Error, InvalidStatement, RawExpressionFault, Scope, raw};
use migrate_core::{Surroundings, VisibleTable, raw_expression};
use migrate_tests::{PostgresPool, Sandbox, Scoped, SqliteFile, ask};

use crate::scope::cases;
use crate::scope::shop::{Order, Shop, a, customers, order_lines, orders};

cases! {
    what_reaches_further_is_not_sent,
    what_an_expression_needs_is_sent,
    a_fragment_sees_the_tables_of_its_statement,
}

/// Each leaves its own bounds on one engine or other.
const ATTACKS: &[&str] = &[
    // Attribute notation: a call on PostgreSQL.
    "('x'::text).peek",
    "(('x'::text)) . peek",
    "('x'::text).\"peek\"",
    "('x'::text).public.peek",
    "('x'::text).U&\"peek\"",
    "('x'::text).\npeek",
    "('x'::text)./**/peek",
    "(CAST('x' AS text)).peek",
    "CAST('x' AS text).peek",
    "('x').peek",
    "(ARRAY['x'])[1].peek",
    "((ARRAY['x'::text])[1]).peek",
    "(ARRAY[1]).peek",
    "(coalesce(orders.note, 'x')).peek",
    "(lower('x')).peek",
    "lower('x').peek",
    "(CASE WHEN true THEN 'x'::text END).peek",
    "(orders.note).peek",
    "orders.note.peek",
    "(orders).peek",
    "orders.peek",
    "orders.\"peek\"",
    "\"orders\".peek",
    "\"orders\".\"peek\"",
    "Orders . Peek",
    "public.orders.peek",
    "(orders.*).peek",
    "(ROW(1, 2)).peek",
    "(ROW('x'::text, 2)).f1",
    "(SELECT 'x'::text).peek",
    "(?).peek",
    "?.peek",
    "('x'::text).peek || ('y'::text).peek",
    "CAST(('SELECT to_tsvector(name) FROM customers'::text).ts_stat AS text)",
    "('SELECT to_tsvector(name) FROM customers'::text).ts_stat",
    "('customers').table_to_xml",
    "('touched'::regclass).nextval",
    "(1).wipe",
    "(date '2020-01-01').peek",
    "(orders.id IN (1)).peek",
    // Rows as values, and columns that no one declared.
    "orders",
    "orders IS NULL",
    "orders::text",
    "CAST(orders AS text)",
    "row_to_json(orders)",
    "to_jsonb(orders)",
    "count(orders)",
    "count(orders.*)",
    "ROW(orders.*)",
    "orders.*",
    "*",
    "orders.ctid",
    "orders.tableoid",
    "orders.xmin",
    "orders.rowid",
    "rowid",
    "_rowid_",
    "oid",
    "customers.name",
    "main.customers.name",
    "sqlite_master.sql",
    "name",
    "\"name\"",
    "\"Anna\"",
    // Functions.
    "peek('x')",
    "PEEK('x')",
    "public.peek('x')",
    "\"peek\"('x')",
    "\"public\".\"peek\"('x')",
    "U&\"peek\"('x')",
    "peek ('x')",
    "peek\n('x')",
    "lower(peek('x'))",
    "lower('x', peek('x'))",
    "CASE WHEN true THEN peek('x') END",
    "(peek('x'), 1) = ('a', 1)",
    "ARRAY[peek('x')]",
    "'x' = ANY (ARRAY[peek('x')])",
    "count(*) FILTER (WHERE peek('x') IS NULL)",
    "extract(year FROM peek('x'))",
    "substring('x' FROM peek('x'))",
    "trim(peek('x') FROM 'x')",
    "position(peek('x') IN 'x')",
    "make_interval(days => peek('x'))",
    "concat(VARIADIC ARRAY[peek('x')])",
    "max('x' ORDER BY peek('x'))",
    "string_agg('x', 'y' ORDER BY peek('x'))",
    "public.lower('x')",
    "pg_catalog.query_to_xml('SELECT * FROM customers', true, false, '')",
    "query_to_xml('SELECT name FROM customers', true, false, '')",
    "query_to_xml_and_xmlschema('SELECT name FROM customers', true, false, '')",
    "table_to_xml('customers', true, false, '')",
    "schema_to_xml('public', true, false, '')",
    "database_to_xml(true, false, '')",
    "ts_stat('SELECT to_tsvector(name) FROM customers')",
    "ts_rewrite('a'::tsquery, 'SELECT to_tsquery(name), to_tsquery(name) FROM customers')",
    "dblink('', 'SELECT name FROM customers')",
    "pg_read_file('/etc/passwd')",
    "pg_ls_dir('.')",
    "pg_stat_file('.')",
    "lo_get(1)",
    "lo_from_bytea(0, 'x')",
    "set_config('app.tenant', '2', false)",
    "current_setting('search_path')",
    "currtid2('customers', '(0,1)')",
    "pg_get_viewdef('customers'::regclass)",
    "nextval('touched')",
    "setval('touched', 7)",
    "currval('touched')",
    "lastval()",
    "pg_sleep(0)",
    "pg_notify('a', 'b')",
    "pg_advisory_lock(1)",
    "txid_current()",
    "to_regclass('customers')",
    "pg_relation_size('customers')",
    "has_table_privilege('customers', 'select')",
    "generate_series(1, 2)",
    "unnest(ARRAY[1, 2])",
    "json_populate_record(NULL::customers, '{}')",
    "XMLPARSE(DOCUMENT '<a/>')",
    "XMLELEMENT(NAME a, peek('x'))",
    "json_query('{}', '$')",
    "GROUPING(orders.id)",
    "row_number() OVER ()",
    "max(orders.id) OVER (ORDER BY peek('x'))",
    "percentile_cont(0.5) WITHIN GROUP (ORDER BY orders.total)",
    "load_extension('x')",
    "readfile('/etc/passwd')",
    "writefile('/tmp/x', 'x')",
    "fts3_tokenizer('x')",
    "sqlite_version()",
    "last_insert_rowid()",
    "changes()",
    "randomblob(9)",
    "json_each('[1]')",
    "RAISE(ABORT, 'x')",
    "orders.note MATCH 'x'",
    "orders.note REGEXP 'x'",
    "current_user",
    "SESSION_USER",
    "user",
    "current_role",
    "current_catalog",
    "current_schema",
    "current_schema()",
    "system_user",
    // Types: their input and casts are functions.
    "'x'::spy",
    "CAST('x' AS spy)",
    "spy 'x'",
    "public.spy 'x'",
    "'x'::public.spy",
    "'x'::\"spy\"",
    "'x'::text::spy",
    "ARRAY['x']::spy[]",
    "'{x}'::spy[]",
    "CAST('x' AS public.spy)",
    "CASE WHEN true THEN 'x'::spy END",
    "'customers'::regclass",
    "regclass 'customers'",
    "CAST('customers' AS regclass)",
    "'peek'::regproc",
    "NULL::customers",
    "'(1,1,a,Anna,,)'::customers",
    "'<a/>'::xml",
    "'x'::pg_catalog.text",
    // Operators.
    "'x' === 'y'",
    "'x' OPERATOR(public.===) 'y'",
    "'x' OPERATOR(pg_catalog.=) 'y'",
    "=== 'x'",
    "@ 1",
    "'a' @@ 'b'",
    "'a' <=> 'b'",
    // Queries.
    "(SELECT word FROM secrets)",
    "(select word from secrets)",
    "(SELECT(word)FROM secrets)",
    "((((SELECT word FROM secrets))))",
    "(\u{feff}SELECT word FROM secrets)",
    "(\u{feff}\u{feff} SELECT word FROM secrets)",
    "( \u{feff}SELECT word FROM secrets)",
    "('x' = (\u{feff}SELECT word FROM secrets))",
    "(\u{a0}SELECT word FROM secrets)",
    "(\u{200b}SELECT word FROM secrets)",
    "(\u{2028}SELECT word FROM secrets)",
    "(\u{85}SELECT word FROM secrets)",
    "( \x0bSELECT word FROM secrets)",
    "(\x0cSELECT word FROM secrets)",
    "(\x1aSELECT word FROM secrets)",
    "(\0SELECT word FROM secrets)",
    "(/**/SELECT word FROM secrets)",
    "(--\nSELECT word FROM secrets)",
    "(1 UNION SELECT word FROM secrets)",
    "(WITH x AS (SELECT word FROM secrets) TABLE x)",
    "(TABLE secrets)",
    "(TABLE\u{feff}secrets)",
    "(VALUES ((SELECT word FROM secrets)))",
    "(VALUES ('Anna'))",
    "EXISTS (SELECT 1 FROM secrets)",
    "EXISTS(\u{feff}SELECT 1 FROM secrets)",
    "NOT EXISTS (TABLE secrets)",
    "ARRAY(SELECT word FROM secrets)",
    "ARRAY(\u{feff}SELECT word FROM secrets)",
    "'Anna' IN (SELECT word FROM secrets)",
    "'Anna' IN (\u{feff}SELECT word FROM secrets)",
    "'Anna' = ANY (SELECT word FROM secrets)",
    "'Anna' = ALL (TABLE secrets)",
    "'Anna' IN secrets",
    "'Anna' NOT IN secrets",
    "'Anna' IN\u{feff}secrets",
    "'Anna' IN \u{feff}secrets",
    "'Anna' IN main.secrets",
    "'Anna' IN \"secrets\"",
    "'Anna' IN [secrets]",
    "'Anna' IN `secrets`",
    "'Anna'IN secrets",
    "'Anna' in'secrets'",
    "'Anna' IN json_each('[1]')",
    "'Anna' IN pragma_table_info('secrets')",
    "CASE 'Anna' IN secrets WHEN 1 THEN 'Anna' END",
    "unique (SELECT 1)",
    // What ends the expression, or hides what comes.
    "1 = 1) OR (1 = 1",
    "1) FROM secrets --",
    "'x'); DELETE FROM orders; --",
    "1 = 1 -- ",
    "1 /* x",
    "1 /* x */",
    "1; DELETE FROM orders",
    "1, (SELECT word FROM secrets)",
    "1 AS x",
    "1 x",
    "1 FROM secrets",
    "1 ORDER BY 1",
    "1 LIMIT 1",
    "1\0",
    "'a\0'",
    "'a",
    "\"note",
    "'a' 'b'",
    "'a'\n'b'",
    "E'x'",
    "E'\\' || peek(''x'')'",
    "'\\' || peek(''x'')'",
    "U&'x'",
    "U&'!0078' UESCAPE '!'",
    "U&\"note\"",
    "N'x'",
    "B'1'",
    "x'zz'",
    "x'0",
    "$$x$$",
    "$a$x$a$",
    "`note`",
    "[note]",
    "orders.[note]",
    "orders.`note`",
    // Numbers that end differently on each release, and parameters.
    "1SELECT",
    "1_000",
    "0x1F",
    "1e",
    "1.e",
    "1..2",
    ".5",
    "$1",
    "?1",
    "?2",
    "??",
    "1?",
    "orders.id = ?1",
    "orders?",
    ":x",
    ":'x'",
    "@x",
    "#x",
    "$x",
    "{x}",
    "'a' := 'b'",
    "'a' ?| 'b'",
    "'a' ?& 'b'",
    "orders.tags[1:2]",
    "",
    " ",
    "()",
    "(,)",
];

fn refused(answer: Result<Vec<Option<String>>, Error>) -> bool {
    let Err(Error::Invalid(InvalidStatement::Raw(invalid))) = answer else { return false };
    !matches!(invalid.fault(), RawExpressionFault::Values { .. })
}

async fn what_reaches_further_is_not_sent<S: Shop>(shop: S) {
    for attack in ATTACKS {
        let value = a().select(orders).columns(raw(attack).value::<Option<String>>());
        assert!(refused(ask!(shop: S, value, all)), "{attack:?}");
        let filter = a().select(orders).filter(raw(attack).filter()).columns(orders.note);
        assert!(refused(ask!(shop: S, filter, all)), "{attack:?}");
    }
}

async fn what_an_expression_needs_is_sent<S: Shop>(shop: S) {
    let cases = [
        ("orders.total > ? OR orders.note = ?", 0, 5),
        ("total>=60 AND NOT(note IS NULL) AND ? < total AND ? <> ''", 60, 2),
        ("orders.total BETWEEN 60 AND ? AND coalesce(orders.note, '') NOT LIKE ? ESCAPE '!'", 160, 3),
        ("CASE orders.note WHEN 'vip' THEN 1 ELSE 0 END = 1 AND orders.total > ? AND ? <> ''", 60, 1),
        ("coalesce(lower(orders.note), 'x') IN ('vip', 'x') AND total > ? AND ? <> ''", 50, 3),
        ("(orders.id, orders.total) = (2, 250) AND \"orders\".\"total\" > ? AND ? <> ''", 60, 1),
        ("CAST(orders.total AS text) || ' -- ;' = '75 -- ;' AND total > ? AND ? <> ''", 60, 1),
        ("orders.note IS NOT DISTINCT FROM NULL AND total > ? AND ? <> ''", 50, 2),
    ];
    for (text, more_than, want) in cases {
        let filter = raw(text).bind(i64::from(more_than)).bind("x".to_owned()).filter();
        let found = ask!(shop: S, a().select(orders).filter(filter), count);
        assert!(matches!(found, Ok(found) if found == want), "{text}: {found:?}");
    }
    let per_note = a().select(orders).columns((
        raw("upper(coalesce(orders.note, '-'))").value::<String>(),
        raw("count(DISTINCT orders.id) FILTER (WHERE orders.total > ?)").bind(60_i64).value::<i64>(),
    ));
    let per_note = per_note.group_by(raw("upper(coalesce(orders.note, '-'))").value::<String>());
    let mut rows = ask!(shop: S, per_note, all).unwrap();
    rows.sort();
    assert_eq!(rows, [("-".into(), 1), ("100%".into(), 0), ("FIRST".into(), 1), ("VIP".to_owned(), 1)]);
}

async fn a_fragment_sees_the_tables_of_its_statement<S: Shop>(shop: S) {
    let o = orders.alias("o");
    let joined =
        a().select(o).join(customers).filter(raw("o.total > 60 AND customers.name = 'Ann'").filter());
    assert_eq!(ask!(shop: S, joined, count).unwrap(), 2);
    // An alias hides the name, and a table elsewhere is out of sight.
    for text in ["orders.total > 60", "order_lines.price > 1", "o.name = 'Ann'"] {
        let unseen = a().select(o).join(customers).filter(raw(text).filter());
        let sent = ask!(shop: S, unseen, count);
        assert!(matches!(sent, Err(Error::Invalid(InvalidStatement::Raw(_)))), "{text}: {sent:?}");
    }
    // A subquery sees its own tables and those around it.
    let lines =
        a().select(order_lines).filter(raw("order_lines.order_id = orders.id AND price > 50").filter());
    let with_lines = a().select(orders).filter(migrate::scope::exists(lines)).order_by(orders.id.asc());
    let rows: Vec<Order> = ask!(shop: S, with_lines, all).unwrap();
    assert_eq!(rows.iter().map(|order| order.id).collect::<Vec<_>>(), [1, 2]);

    let update =
        a().update(orders).key(1).set(orders.total, raw("orders.total + ?").bind(1_i64).value::<i64>());
    ask!(shop: S, update.filter(raw("total = 100").filter()), one).unwrap();
    let insert = a().insert(orders).set(orders.id, 7).set(orders.total, raw("total").value::<i64>());
    assert!(matches!(ask!(shop: S, insert, execute), Err(Error::Invalid(InvalidStatement::Raw(_)))));
    let insert =
        a().insert(orders).set(orders.id, 7).set(orders.total, raw("1 + ?").bind(1_i64).value::<i64>());
    assert_eq!(ask!(shop: S, insert, execute).unwrap(), 1);
    let gone = a().soft_delete(orders).filter(raw("orders.total = 2").filter());
    assert_eq!(ask!(shop: S, gone, execute).unwrap().counts[0], ("orders", 1));
    let restored = a().restore(orders).filter(raw("orders.total = 2").filter());
    assert_eq!(ask!(shop: S, restored, execute).unwrap().counts[0], ("orders", 1));
    let gone = a().hard_delete(orders).filter(raw("orders.total = 2").filter());
    assert_eq!(ask!(shop: S, gone, execute).unwrap(), 1);
}

/// Functions, operators and types of the schema that tell what they were called for.
const TRAPS: &str = "
    CREATE TABLE secrets (word text);
    INSERT INTO secrets VALUES ('Anna');
    CREATE SEQUENCE touched;
    CREATE FUNCTION peek(text) RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN PERFORM nextval('touched'); RETURN (SELECT string_agg(name, ',') FROM customers); END $$;
    CREATE FUNCTION peek(record) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN peek('x'::text); END $$;
    CREATE FUNCTION peek(bool) RETURNS text LANGUAGE sql AS $$ SELECT peek('x'::text) $$;
    CREATE FUNCTION peek(int[]) RETURNS text LANGUAGE sql AS $$ SELECT peek('x'::text) $$;
    CREATE FUNCTION peek(date) RETURNS text LANGUAGE sql AS $$ SELECT peek('x'::text) $$;
    CREATE FUNCTION wipe(int) RETURNS int LANGUAGE sql AS $$ SELECT nextval('touched')::int $$;
    CREATE FUNCTION peeks(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT peek('x'::text) IS NULL $$;
    CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = peeks);
    CREATE DOMAIN spy AS text CHECK (peek(VALUE::text) IS NOT NULL);
    CREATE FUNCTION length(int) RETURNS text LANGUAGE sql AS $$ SELECT peek('x'::text) $$;
    CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS $$ SELECT peek('x'::text) $$;
    CREATE FUNCTION public.substring(text, int) RETURNS text LANGUAGE sql AS $$ SELECT peek('x'::text) $$;
    CREATE FUNCTION iif(bool, int, int) RETURNS text LANGUAGE sql AS $$ SELECT peek('x'::text) $$;
    CREATE DOMAIN jsonb AS pg_catalog.jsonb CHECK (peek('x'::text) IS NOT NULL);";

/// Whether one of the traps was touched since it was last asked.
async fn touched(client: &deadpool_postgres::Client) -> bool {
    let touched = client.query_one("SELECT is_called FROM touched", &[]).await.unwrap().get(0);
    client.batch_execute("ALTER SEQUENCE touched RESTART").await.unwrap();
    touched
}

/// A function of the schema with the name of a well-known one is not called, nor is its type taken, even where the
/// `search_path` prefers them.
#[tokio::test]
async fn names_of_the_schema_hide_none_of_postgres() {
    let mut shop = PostgresPool::open("raw_traps").await;
    shop.execute(TRAPS).await;
    let client = async || shop.pool().get().await.unwrap();
    client().await.batch_execute("SET search_path = public, pg_catalog").await.unwrap();
    client().await.query("SELECT lower('x'::text), '1'::jsonb", &[]).await.unwrap();
    assert!(touched(&client().await).await, "the traps are set");
    for text in [
        "lower(orders.note) IS NULL",
        "length(5) IS NULL",
        "substring(orders.note, 1) IS NULL",
        "'1'::jsonb IS NULL",
        "CAST('1' AS jsonb) IS NULL",
        "jsonb '1' IS NULL",
        "iif(true, 1, 2) IS NULL",
    ] {
        let _ = ask!(shop: PostgresPool, a().select(orders).filter(raw(text).filter()), count);
        assert!(!touched(&client().await).await, "{text}");
    }
    let called = raw("lower(orders.note) IS NULL").calling(&["lower"]).filter();
    let _ = ask!(shop: PostgresPool, a().select(orders).filter(called), count).unwrap();
    assert!(touched(&client().await).await, "it is called where that is wanted");
}

/// The attacks are ones: sent by hand, many of them find what they look for.
#[tokio::test]
async fn the_attacks_bite_postgres() {
    let mut shop = PostgresPool::open("raw_attacks").await;
    shop.execute(TRAPS).await;
    let client = shop.pool().get().await.unwrap();
    let mut bites = 0;
    for attack in ATTACKS.iter().filter(|attack| !attack.contains(['\0', ';'])) {
        let answer =
            client.simple_query(&format!("SELECT ({attack})::text AS x FROM orders WHERE id = 1")).await;
        let is_told = format!("{answer:?}").contains("Anna");
        bites += usize::from(touched(&client).await || is_told);
    }
    assert!(bites > 60, "{bites}");
}

#[tokio::test]
async fn the_attacks_bite_sqlite() {
    let mut shop = SqliteFile::open("raw_attacks").await;
    shop.execute("CREATE TABLE secrets (word text)").await;
    shop.execute("INSERT INTO secrets VALUES ('Anna')").await;
    let bites = ATTACKS.iter().filter(|attack| {
        let query = format!("SELECT ({attack}) FROM orders WHERE id = 1");
        let told = shop.on().query_row(&query, [], |row| row.get::<_, rusqlite::types::Value>(0));
        match told {
            Ok(rusqlite::types::Value::Text(text)) => text.contains("Anna") && **attack != "\"Anna\"",
            Ok(rusqlite::types::Value::Integer(found)) => found == 1 && attack.contains("secrets"),
            _ => false,
        }
    });
    let bites = bites.count();
    assert!(bites > 20, "{bites}");
}

fn is_known(text: &str, engine: Engine) -> bool {
    let tables = [VisibleTable { alias: "t", columns: &[text] }];
    raw_expression(text, Surroundings { engine, tables: &tables, functions: &[] }).is_ok()
}

/// No function that the server calls volatile is known, as those that read what they are told or change something; and
/// no word that its grammar keeps for itself is the name of a column.
#[tokio::test]
async fn what_is_known_of_postgres_is_harmless() {
    let shop = PostgresPool::open("raw_known").await;
    let client = shop.pool().get().await.unwrap();
    let functions = "SELECT proname::text, bool_or(provolatile = 'v') FROM pg_proc
                      WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^[a-z0-9_]+$' GROUP BY 1";
    let functions = client.query(functions, &[]).await.unwrap();
    let known =
        functions.iter().filter(|row| is_known(&format!("{}(1)", row.get::<_, String>(0)), Engine::Postgres));
    let volatile: Vec<(String, bool)> = known.map(|row| (row.get(0), row.get(1))).collect();
    assert!(volatile.len() > 70, "{}", volatile.len());
    assert!(volatile.iter().all(|(_, is_volatile)| !is_volatile), "{volatile:?}");

    let words = "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T') ORDER BY 1";
    let words = client.query(words, &[]).await.unwrap();
    let values = [
        "current_date",
        "current_time",
        "current_timestamp",
        "false",
        "localtime",
        "localtimestamp",
        "null",
        "true",
    ];
    let taken: Vec<String> =
        words.iter().map(|row| row.get(0)).filter(|word: &String| is_known(word, Engine::Postgres)).collect();
    assert!(words.len() > 90);
    assert_eq!(taken, values);
}

/// No function is known that SQLite itself does not call innocuous.
#[tokio::test]
async fn what_is_known_of_sqlite_is_harmless() {
    const INNOCUOUS: i64 = 0x20_0000;
    let shop = SqliteFile::open("raw_known").await;
    let mut functions = shop
        .on()
        .prepare("SELECT name, flags, builtin FROM pragma_function_list WHERE name NOT GLOB '*[->]*'")
        .unwrap();
    let functions = functions.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let functions: Vec<(String, i64, bool)> = functions.map(Result::unwrap).collect();
    let known: Vec<_> =
        functions.iter().filter(|(name, ..)| is_known(&format!("{name}(1)"), Engine::Sqlite)).collect();
    assert!(known.len() > 50, "{}", known.len());
    assert!(known.iter().all(|(_, flags, builtin)| *builtin && flags & INNOCUOUS != 0), "{known:?}");
}

/// The error names what is wrong, where it is and what to do.
#[test]
fn an_error_can_be_acted_on() {
    let query = Scope::tenant(1).select(orders).filter(raw("orders.total > 1 AND orders.peek = 2").filter());
    let error = query.statement::<Order>(Engine::Postgres).unwrap_err().to_string();
    for part in ["orders.total > 1 AND orders.peek = 2", "character 22", "`orders.peek`", "tables!"] {
        assert!(error.contains(part), "{error}");
    }
}
