//! What one tenant leaves in the session, and that the next one, on the same connection, finds nothing of it.

use std::num::NonZeroU32;

use deadpool_postgres::{Manager, Object, Pool};
use migrate::scope::{Error, FromRow, Global, Result, Scope, TenantPool, tables};
use migrate::testing::{Bouncer, Server};
use tokio_postgres::NoTls;
use tokio_postgres::types::Type;

use crate::tenants::shop::{ANN, APP, BOB, JOBS, MEMBER, Shop, seen_without_tenant};

tables! {
    tenant = business_id;
    orders { id: i64, business_id: uuid::Uuid, total: i32 }
    global currencies { key = code, code: String }
}

#[derive(Debug, FromRow, PartialEq)]
struct Total {
    total: i32,
}

/// What Ann's plain SQL leaves, and what tells Bob of it.
const LEFT: &[(&str, &str)] = &[
    (
        "CREATE TEMP TABLE report AS SELECT total FROM orders",
        "SELECT to_regclass('pg_temp.report') IS NOT NULL",
    ),
    (
        "CREATE TEMP VIEW report AS SELECT 'of Ann' AS word",
        "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_my_temp_schema())",
    ),
    (
        "CREATE TEMP SEQUENCE numbers",
        "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_my_temp_schema())",
    ),
    (
        "CREATE TYPE pg_temp.word AS (word text)",
        "SELECT EXISTS (SELECT FROM pg_type WHERE typnamespace = pg_my_temp_schema())",
    ),
    (
        "CREATE FUNCTION pg_temp.word() RETURNS text LANGUAGE sql AS $$ SELECT 'of Ann' $$",
        "SELECT EXISTS (SELECT FROM pg_proc WHERE pronamespace = pg_my_temp_schema())",
    ),
    (
        "DECLARE seen CURSOR WITH HOLD FOR SELECT total FROM orders",
        "SELECT EXISTS (SELECT FROM pg_cursors WHERE name = 'seen')",
    ),
    (
        "PREPARE \"se\"\"en\" AS SELECT 'of Ann'",
        "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE from_sql)",
    ),
    ("SET work_mem = '77MB'", "SELECT current_setting('work_mem') = '77MB'"),
    (
        "SET search_path = pg_temp, public",
        "SELECT current_setting('search_path') NOT LIKE '\"$user\", public%'",
    ),
    ("SELECT set_config('app.note', 'of Ann', false)", "SELECT current_setting('app.note', true) = 'of Ann'"),
    (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SELECT current_setting('default_transaction_read_only')::bool",
    ),
    ("SET row_security = off", "SELECT current_setting('row_security') = 'off'"),
    ("LISTEN news", "SELECT EXISTS (SELECT FROM pg_listening_channels())"),
    (
        "SELECT pg_advisory_lock(7)",
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())",
    ),
    ("SELECT nextval('orders_id_seq')", "SELECT lastval() > 0"),
];

/// How Ann's transaction ends.
#[derive(Clone, Copy, Debug)]
enum Way {
    Alone,
    Committed,
    RolledBack,
    /// A statement failed, and that was passed over.
    Aborted,
    /// The COMMIT fails on a deferred constraint.
    Refused,
    /// The COMMIT would fail on a cursor that outlives it.
    Held,
}

const WAYS: [Way; 6] = [Way::Alone, Way::Committed, Way::RolledBack, Way::Aborted, Way::Refused, Way::Held];

async fn leave(pool: &TenantPool, sql: &str, way: Way) {
    match way {
        Way::Alone => drop(pool.raw_query(ANN, sql, &[]).await.unwrap()),
        Way::Committed => pool.with_tenant(ANN, async |tx| tx.raw(sql).await).await.unwrap(),
        Way::RolledBack => {
            let rolled_back = pool.with_tenant(ANN, async |tx| {
                tx.raw(sql).await?;
                Err::<(), _>(Error::NotForAllTenants)
            });
            assert!(matches!(rolled_back.await, Err(Error::NotForAllTenants)));
        }
        Way::Aborted => {
            let aborted = pool.with_tenant(ANN, async |tx| {
                tx.raw(sql).await?;
                let _ = tx.raw("SELECT 1 / 0").await;
                Ok::<_, Error>(())
            });
            assert!(matches!(aborted.await, Err(Error::Aborted { .. })));
        }
        Way::Held => {
            let held = pool.with_tenant(ANN, async |tx| {
                tx.raw("DECLARE late CURSOR WITH HOLD FOR SELECT 1 / (total - total) FROM orders").await?;
                tx.raw(sql).await
            });
            held.await.unwrap();
        }
        Way::Refused => {
            let refused = pool.with_tenant(ANN, async |tx| {
                // Before it, as some of what is left would not let it through.
                tx.raw("INSERT INTO orders (customer_id, total) VALUES (-1, 1)").await?;
                tx.raw(sql).await
            });
            let error = refused.await.unwrap_err();
            assert!(matches!(&error, Error::Database(error) if error.code() == Some("23503")), "{error:?}");
        }
    }
}

/// Whether Bob finds what Ann left. What he cannot even ask for is not there.
async fn finds(pool: &TenantPool, question: &str) -> bool {
    match pool.raw_query(BOB, question, &[]).await {
        Ok(rows) => rows[0].get::<_, Option<bool>>(0).unwrap_or(false),
        Err(Error::Database(error)) if error.code() == Some("55000") => false,
        Err(error) => panic!("{question}: {error:?}"),
    }
}

async fn open(hint: &str) -> Shop {
    let shop = Shop::open(hint).await;
    shop.run(&format!(
        "GRANT TEMPORARY ON DATABASE {} TO {APP}, {MEMBER};
         ALTER TABLE orders ALTER CONSTRAINT orders_business_id_customer_id_fkey DEFERRABLE INITIALLY DEFERRED;
         CREATE TABLE currencies (code text PRIMARY KEY); INSERT INTO currencies VALUES ('CHF');
         GRANT SELECT ON currencies TO {APP}",
        shop.database.name()
    ))
    .await;
    shop
}

/// Two pools in front of the one session that the pooler has.
async fn pooled(shop: &Shop) -> (Bouncer, TenantPool, TenantPool) {
    // The pooler itself connects as the superuser.
    shop.run(&format!("ALTER DATABASE {} SET role = '{APP}'", shop.database.name())).await;
    let bouncer = Bouncer::start_with_pool(&Server::shared().unwrap(), NonZeroU32::MIN).unwrap();
    let pool = || {
        let manager = Manager::new(bouncer.config(shop.database.name()), NoTls);
        TenantPool::new(Pool::builder(manager).max_size(1).build().unwrap())
    };
    let (one, other) = (pool(), pool());
    (bouncer, one, other)
}

/// Everything, in every way, from one pool to the other.
async fn expect_nothing_left(anns: &TenantPool, bobs: &TenantPool) {
    for (sql, question) in LEFT {
        for way in WAYS {
            leave(anns, sql, way).await;
            assert!(!finds(bobs, question).await, "{way:?}: {sql}");
        }
    }
}

#[tokio::test]
async fn what_plain_sql_leaves_is_gone_before_the_next_tenant() {
    let shop = open("left").await;
    let pool = shop.pool(1);
    let backend =
        async || -> i32 { pool.raw_query(BOB, "SELECT pg_backend_pid()", &[]).await.unwrap()[0].get(0) };
    let before = backend().await;
    expect_nothing_left(&pool, &pool).await;
    assert_eq!(backend().await, before, "it was cleaned, and not closed");
    // The control: what was found to be gone is found while it is there.
    for (sql, question) in LEFT {
        let client = Object::take(pool.pool().get().await.unwrap());
        client.batch_execute(sql).await.unwrap();
        let row = client.query_typed_one(question, &[]).await.unwrap();
        assert!(row.get::<_, bool>(0), "{sql}: {question}");
    }
}

#[tokio::test]
async fn what_plain_sql_leaves_is_gone_before_a_pooler_gives_the_session_on() {
    let shop = open("pooled").await;
    let (_bouncer, anns, bobs) = pooled(&shop).await;
    expect_nothing_left(&anns, &bobs).await;
    // The role of the database is the role again, and not the pooler's own.
    for sql in [
        "RESET ROLE",
        "SET ROLE NONE",
        "SET SESSION AUTHORIZATION DEFAULT",
        &format!("SET SESSION AUTHORIZATION {JOBS}"),
    ] {
        anns.with_tenant(ANN, async |tx| tx.raw(sql).await).await.unwrap();
        let who = bobs.raw_query(BOB, "SELECT current_user::text", &[]).await.unwrap();
        assert_eq!(who[0].get::<_, &str>(0), APP, "{sql}");
    }
}

#[tokio::test]
async fn a_role_that_was_taken_on_is_laid_down() {
    let shop = open("role").await;
    let pool = shop.pool_of(MEMBER, 1);
    for way in WAYS {
        leave(&pool, &format!("SET ROLE {JOBS}"), way).await;
        assert_eq!(pool.raw_query(BOB, "SELECT FROM orders", &[]).await.unwrap().len(), 2, "{way:?}");
    }
}

#[tokio::test]
async fn a_tenant_that_was_set_for_the_session_speaks_for_nobody() {
    let shop = open("session").await;
    let pool = shop.pool(1);
    for way in [Way::Alone, Way::Committed] {
        leave(&pool, &format!("SELECT set_config('app.business_id', '{ANN}', false)"), way).await;
        assert_eq!(seen_without_tenant(&pool).await, 0, "{way:?}");
    }
}

/// Whatever is left, by a function of the schema perhaps, or through the pool beneath: it stands behind the tables.
#[tokio::test]
async fn a_temporary_table_never_takes_the_place_of_a_table() {
    let shop = open("shadow").await;
    let pool = shop.pool(1);
    let path = async |pool: &TenantPool| -> String {
        pool.raw_query(BOB, "SELECT current_setting('search_path')", &[]).await.unwrap()[0].get(0)
    };
    for (search_path, want) in [
        ("DEFAULT", "\"$user\", public, pg_temp"),
        ("pg_temp, public", "public, pg_temp"),
        ("PG_TEMP , public,pg_temp", "public, pg_temp"),
        ("nothing, \"My pg_temp shop\", pg_temp, public", "nothing, \"My pg_temp shop\", public, pg_temp"),
    ] {
        let client = pool.pool().get().await.unwrap();
        client
            .batch_execute(&format!(
                "CREATE TEMP TABLE IF NOT EXISTS orders (id bigint, business_id uuid, customer_id bigint, total int);
                 CREATE TEMP TABLE IF NOT EXISTS currencies (code text); TRUNCATE pg_temp.orders;
                 INSERT INTO pg_temp.orders VALUES (1, '{BOB}', 1, 99);
                 SET search_path TO {search_path}"
            ))
            .await
            .unwrap();
        drop(client);
        let bob = Scope::tenant(BOB);
        let totals: Vec<Total> = bob.select(orders).order_by(orders.total.asc()).all(&pool).await.unwrap();
        assert_eq!(totals, [Total { total: 1 }, Total { total: 2 }], "{search_path}");
        bob.insert(orders).set(orders.total, 7).execute(&pool).await.unwrap();
        assert_eq!(shop.count("orders WHERE total = 7").await, 1, "{search_path}");
        bob.hard_delete(orders).filter(orders.total.eq(7)).execute(&pool).await.unwrap();
        assert_eq!(Global.select(currencies).count(&pool).await.unwrap(), 1, "a table of all tenants too");
        assert_eq!(path(&pool).await, want);
    }
    // By its own name a temporary table is there, in its transaction.
    let mine = pool
        .with_tenant(ANN, async |tx| {
            tx.raw(
                "CREATE TEMP TABLE report AS SELECT total FROM orders; CREATE TEMP TABLE orders (total int)",
            )
            .await?;
            let rows = tx
                .raw_query("SELECT (SELECT count(*) FROM report), (SELECT count(*) FROM orders)", &[])
                .await?;
            Ok::<_, Error>((rows[0].get::<_, i64>(0), rows[0].get::<_, i64>(1)))
        })
        .await;
    assert_eq!(mine.unwrap(), (3, 3));
}

#[tokio::test]
async fn plain_sql_that_would_end_the_transaction_is_not_sent() {
    let shop = open("ends").await;
    let pool = shop.pool(1);
    let begins_or_ends = [
        "COMMIT",
        "/* first */ end",
        "ROLLBACK AND CHAIN",
        "ABORT",
        "CREATE TEMP TABLE report AS SELECT total FROM orders; COMMIT; SELECT 1",
        "PREPARE TRANSACTION 'x'",
        "BEGIN",
        "START TRANSACTION",
        "SET standard_conforming_strings = off",
    ];
    for sql in begins_or_ends {
        let alone = pool.raw_query(ANN, sql, &[]).await.map(drop);
        let inside = pool.with_tenant(ANN, async |tx| tx.raw(sql).await).await;
        for refused in [alone, inside] {
            assert!(matches!(refused, Err(Error::NotOurTransaction)), "{sql}: {refused:?}");
        }
    }
    assert_eq!(pool.pool().status().size, 0, "not even a connection was taken");
    // Savepoints are the caller's, and words in texts are words.
    let sql =
        "SAVEPOINT a; ROLLBACK TO SAVEPOINT a; ROLLBACK TO a; RELEASE a; SELECT 'COMMIT; ', $$;COMMIT;$$";
    pool.with_tenant(ANN, async |tx| tx.raw(sql).await).await.unwrap();

    // Two strings, as they are looked at here; to a server of another mind one, and a COMMIT behind it.
    let name = shop.database.name();
    shop.run(&format!("ALTER DATABASE {name} SET standard_conforming_strings = off")).await;
    let sql = r"SELECT '\' || ';COMMIT; CREATE TEMP TABLE report AS SELECT 42 AS x --'";
    let rows = shop.pool(1).raw_query(ANN, sql, &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, String>(0), r"\;COMMIT; CREATE TEMP TABLE report AS SELECT 42 AS x --");
}

#[tokio::test]
async fn a_transaction_that_somebody_left_open_is_not_continued() {
    let shop = open("open").await;
    let pool = shop.pool(1);
    let counted = async || -> Result<i64> { Scope::tenant(BOB).select(orders).count(&pool).await };
    for inside in [false, true] {
        let client = pool.pool().get().await.unwrap();
        let begun = format!(
            "BEGIN; SELECT set_config('app.business_id', '{ANN}', true); UPDATE orders SET total = 50"
        );
        client.batch_execute(&begun).await.unwrap();
        drop(client);
        let refused = if inside {
            pool.with_tenant(BOB, async |tx| tx.raw("SELECT 1").await).await.map(|()| 0)
        } else {
            counted().await
        };
        assert!(matches!(refused, Err(Error::ForeignTransaction)), "{refused:?}");
        assert_eq!(counted().await.unwrap(), 2);
        assert_eq!(shop.count("orders WHERE total = 50").await, 0);
    }
    // The same code of the server, for another reason.
    let vacuum = pool.with_tenant(BOB, async |tx| tx.raw("VACUUM").await).await;
    assert!(matches!(&vacuum, Err(Error::Database(error)) if error.code() == Some("25001")), "{vacuum:?}");
}

/// The driver prepares statements of its own to look up types. They stay.
#[tokio::test]
async fn what_the_driver_has_prepared_outlives_the_cleaning() {
    let shop = open("driver").await;
    shop.run("CREATE TYPE mood AS ENUM ('fine'); CREATE TYPE colour AS ENUM ('red'); CREATE TYPE taste AS ENUM ('sweet')").await;
    let pool = shop.pool(1);
    for value in ["'fine'::mood", "'red'::colour", "'sweet'::taste"] {
        let rows =
            pool.raw_query(ANN, &format!("SELECT {value}, $1::int"), &[(&1, Type::INT4)]).await.unwrap();
        assert_eq!(rows[0].len(), 2);
    }
    assert_eq!(pool.pool().status().size, 1);
}

/// Who has taken the language of the block away from everybody pays with a new connection.
#[tokio::test]
async fn a_session_that_cannot_be_cleaned_is_closed() {
    let shop = open("closed").await;
    shop.run("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC").await;
    let pool = shop.pool(1);
    for (sql, question) in LEFT {
        leave(&pool, sql, Way::Committed).await;
        assert!(!finds(&pool, question).await, "{sql}");
    }
    leave(&pool, "INSERT INTO orders (total) VALUES (7)", Way::Committed).await;
    assert_eq!(shop.count("orders WHERE total = 7").await, 1, "what was committed is committed");
}

#[tokio::test]
async fn a_copy_that_was_begun_is_nobody_elses() {
    let shop = open("copy").await;
    let pool = shop.pool(1);
    for sql in [
        "COPY customers TO STDOUT",
        "COPY customers FROM STDIN",
        "SELECT 1; COPY customers FROM STDIN; SELECT 2",
    ] {
        assert!(pool.with_tenant(ANN, async |tx| tx.raw(sql).await).await.is_err(), "{sql}");
        assert!(
            pool.raw_query(ANN, sql, &[]).await.is_err() || sql.starts_with("COPY customers TO"),
            "{sql}"
        );
        assert_eq!(Scope::tenant(BOB).select(orders).count(&pool).await.unwrap(), 2, "{sql}");
    }
}

/// Behind a pooler the encoding of the client is a setting of the session too.
#[tokio::test]
async fn the_encoding_of_the_driver_outlives_the_cleaning() {
    let shop = open("encoding").await;
    let name = format!("{}_latin", shop.database.name());
    shop.run(&format!(
        "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    ))
    .await;
    let bouncer = Bouncer::start_with_pool(&Server::shared().unwrap(), NonZeroU32::MIN).unwrap();
    let pool = TenantPool::new(
        Pool::builder(Manager::new(bouncer.config(&name), NoTls)).max_size(1).build().unwrap(),
    );
    for _ in 0..3 {
        let rows = pool.raw_query(ANN, "SELECT chr(228)", &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, &str>(0), "ä");
    }
    drop((pool, bouncer));
    shop.run(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// What runs against the limits that plain SQL has set for the session.
#[tokio::test]
async fn limits_of_the_session_do_not_keep_it_from_being_cleaned() {
    let shop = open("limits").await;
    let (_bouncer, anns, bobs) = pooled(&shop).await;
    for limit in [
        "SET statement_timeout = 1",
        "SET lock_timeout = 1",
        "SET default_transaction_read_only = on",
        "SET default_transaction_isolation = 'serializable'",
        "SET search_path = ''",
        "SET client_encoding = 'LATIN1'",
    ] {
        let sql = format!("CREATE TEMP TABLE report AS SELECT total FROM orders; {limit}");
        anns.with_tenant(ANN, async |tx| tx.raw(&sql).await).await.unwrap();
        assert!(!finds(&bobs, "SELECT to_regclass('pg_temp.report') IS NOT NULL").await, "{limit}");
        let name = limit["SET ".len()..].split(' ').next().unwrap();
        let is_set = format!(
            "SELECT source = 'session' AND setting <> reset_val FROM pg_settings WHERE name = '{name}'"
        );
        assert!(name == "search_path" || !finds(&bobs, &is_set).await, "{limit}");
    }
}
