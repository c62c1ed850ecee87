//! What PostgreSQL accepts as the body of a function, our analysis accepts too, and most typos are found as the server finds
//! them.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use migrate::Engine;
use migrate::testing::Server;
use migrate_lint::syntax_errors;
use tokio_postgres::Client;

use crate::postgres_syntax::{Random, mutated};

async fn refuses(client: &Client, sql: &str) -> bool {
    client.batch_execute("BEGIN").await.unwrap();
    let done = client.batch_execute(sql).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    done.is_err()
}

/// The bodies as they are, and with a word removed, doubled, swapped, replaced or misspelt.
#[tokio::test]
async fn no_body_is_refused_that_the_server_accepts() {
    let server = Server::shared().unwrap();
    let database = server.create_database("bodies").await.unwrap();
    let client = database.connect().await.unwrap();
    client
        .batch_execute("CREATE TABLE t (a int, b text, c int); CREATE TABLE u (a int, b text)")
        .await
        .unwrap();
    let in_sql = |body: &str| format!("CREATE FUNCTION f(x int) RETURNS void LANGUAGE sql AS $f$ {body} $f$");
    let in_plpgsql = |body: &str| {
        let variables = "DECLARE n int; m text; r record; k refcursor; BEGIN";
        format!(
            "CREATE FUNCTION f(x int) RETURNS SETOF int LANGUAGE plpgsql AS $f$ {variables} {body} END $f$"
        )
    };
    for body in SQL {
        assert!(!refuses(&client, &in_sql(body)).await, "{body}");
        assert_eq!(syntax_errors(&in_sql(body), Engine::Postgres), [], "{body}");
    }
    for body in PLPGSQL {
        assert!(!refuses(&client, &in_plpgsql(body)).await, "{body}");
        assert_eq!(syntax_errors(&in_plpgsql(body), Engine::Postgres), [], "{body}");
    }
    let mut random = Random(11);
    let (mut refused, mut found) = (0, 0);
    for round in 0..1_500 {
        let sql = match round % 3 {
            0 => in_sql(&mutated(SQL, &mut random)),
            _ => in_plpgsql(&mutated(PLPGSQL, &mut random)),
        };
        let errors = syntax_errors(&sql, Engine::Postgres);
        let is_refused = refuses(&client, &sql).await;
        assert!(is_refused || errors.is_empty(), "{sql}: {errors:?}");
        refused += usize::from(is_refused);
        found += usize::from(!errors.is_empty());
    }
    // Others are names that do not exist, or the grammar of PL/pgSQL itself.
    println!("{found} of {refused} that the server refuses");
    assert!(found * 3 > refused, "{found} of {refused}");
}

const SQL: &[&str] = &[
    "SELECT x + 1; UPDATE t SET a = x, b = 'y' WHERE c IN (SELECT a FROM u)",
    "INSERT INTO t (a, b) SELECT a, b FROM u WHERE a > x ON CONFLICT DO NOTHING",
    "WITH gone AS (DELETE FROM t WHERE a = $1 RETURNING *) INSERT INTO u SELECT a, b FROM gone",
    "DELETE FROM t USING u WHERE t.a = u.a AND u.b LIKE 'z'",
];

const PLPGSQL: &[&str] = &[
    "UPDATE t SET a = x WHERE c = n; RETURN;",
    "SELECT count(*), max(b) INTO STRICT n, m FROM t WHERE a = x; RETURN NEXT n;",
    "IF x > 1 THEN INSERT INTO t (a) VALUES (x) RETURNING a INTO n; ELSIF x = 1 THEN DELETE FROM t; ELSE n := 5; END IF;",
    "FOR r IN SELECT a, b FROM t ORDER BY a LOOP PERFORM f(r.a) FROM u; UPDATE u SET b = r.b WHERE a = r.a; END LOOP;",
    "BEGIN INSERT INTO u VALUES (x, 'y'); EXCEPTION WHEN unique_violation THEN UPDATE u SET b = 'y' WHERE a = x; END;",
    "RETURN QUERY SELECT a FROM t WHERE b IS NOT NULL; GET DIAGNOSTICS n = ROW_COUNT; RAISE NOTICE 'n %', n;",
    "CASE x WHEN 1 THEN DELETE FROM t WHERE a = 1; ELSE NULL; END CASE; n = CASE WHEN x = 1 THEN 2 ELSE 3 END;",
    "WHILE n < 5 LOOP n := n + 1; EXIT WHEN n = 3; END LOOP; EXECUTE 'SELECT 1' INTO n USING x; ASSERT n = 1;",
    "CREATE TEMP TABLE w AS SELECT a FROM t; TRUNCATE u; WITH q AS (SELECT 1 AS a) UPDATE t SET a = q.a FROM q;",
    "OPEN k FOR SELECT a FROM t; FETCH k INTO n; MOVE NEXT FROM k; CLOSE k; RETURN;",
];
