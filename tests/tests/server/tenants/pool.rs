//! The pool that speaks for a tenant: whoever borrows a connection next sees nothing of the one before.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Pool};
use migrate::scope::{Error, Result, TenantPool, TenantTransaction};
use migrate::testing::{Bouncer, Server};
use tokio::time::timeout;
use tokio_postgres::types::Type;
use tokio_postgres::{IsolationLevel, NoTls};
use uuid::Uuid;

use crate::tenants::shop::{ANN, APP, BOB, PATIENCE, Shop, polled, seen_without_tenant};

const COUNT: &str = "SELECT count(*) FROM orders";
const OWNERS: &str = "SELECT DISTINCT business_id FROM orders";

async fn counted(tx: &TenantTransaction) -> Result<i64> {
    Ok(tx.raw_query(COUNT, &[]).await?[0].get(0))
}

async fn orders_of(pool: &TenantPool, tenant: Uuid) -> i64 {
    pool.raw_query(tenant, COUNT, &[]).await.unwrap()[0].get(0)
}

/// What must hold after anything that was done with a pool of one.
async fn expect_untouched(pool: &TenantPool) {
    assert_eq!(seen_without_tenant(pool).await, 0, "a borrower without a tenant sees rows");
    assert_eq!(orders_of(pool, ANN).await, 3);
    assert_eq!(orders_of(pool, BOB).await, 2);
}

#[tokio::test]
async fn a_statement_sees_the_rows_of_its_tenant_and_a_borrower_without_one_sees_none() {
    let shop = Shop::open("statement").await;
    let pool = shop.pool(1);
    // A connection that never knew a tenant, and one that did.
    assert_eq!(seen_without_tenant(&pool).await, 0);
    expect_untouched(&pool).await;
    // Neither an insert nor a change gets anywhere without a tenant.
    let client = pool.pool().get().await.unwrap();
    let refused = client.batch_execute("INSERT INTO orders (total) VALUES (1)").await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
    assert_eq!(client.execute_typed("UPDATE orders SET total = 0", &[]).await.unwrap(), 0);
    assert_eq!(client.execute_typed("DELETE FROM orders", &[]).await.unwrap(), 0);
}

#[tokio::test]
async fn one_statement_text_serves_every_tenant() {
    let shop = Shop::open("text").await;
    let pool = shop.pool(1);
    for (tenant, orders) in [(ANN, 3), (BOB, 2), (Uuid::nil(), 0), (ANN, 3)] {
        assert_eq!(orders_of(&pool, tenant).await, orders);
        assert_eq!(pool.with_tenant(tenant, counted).await.unwrap(), orders);
    }
    assert_eq!(pool.pool().status().size, 1);
}

#[tokio::test]
async fn a_statement_of_its_own_is_committed_or_leaves_nothing() {
    let shop = Shop::open("own").await;
    let pool = shop.pool(1);
    let insert = "INSERT INTO orders (total) VALUES ($1) RETURNING business_id";
    let rows = pool.raw_query(ANN, insert, &[(&7, Type::INT4)]).await.unwrap();
    assert_eq!(rows[0].get::<_, Uuid>(0), ANN, "the default filled it");
    assert_eq!(shop.count("orders WHERE total = 7").await, 1);
    let error = pool.raw_query(ANN, insert, &[(&-7, Type::INT4)]).await.unwrap_err();
    assert!(matches!(&error, Error::Database(error) if error.code() == Some("23514")), "{error:?}");
    assert_eq!(orders_of(&pool, ANN).await, 4);
    assert_eq!(seen_without_tenant(&pool).await, 0);
    assert_eq!(pool.pool().status().size, 1, "the connection was kept");
}

#[tokio::test]
async fn rows_of_another_tenant_cannot_be_made_taken_or_referred_to() {
    let shop = Shop::open("others").await;
    let pool = shop.pool(1);
    let code = async |sql: &str| match pool.raw_query(ANN, sql, &[]).await {
        Err(Error::Database(error)) => error.code().unwrap().to_owned(),
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(code(&format!("INSERT INTO orders (business_id, total) VALUES ('{BOB}', 1)")).await, "42501");
    assert_eq!(code(&format!("UPDATE orders SET business_id = '{BOB}'")).await, "42501");
    let bea: i64 =
        shop.admin.query_one("SELECT id FROM customers WHERE name = 'Bea'", &[]).await.unwrap().get(0);
    assert_eq!(code(&format!("INSERT INTO orders (customer_id, total) VALUES ({bea}, 1)")).await, "23503");
    for sql in
        ["UPDATE orders SET total = 99 RETURNING 1", "DELETE FROM orders WHERE true OR true RETURNING 1"]
    {
        assert_eq!(pool.raw_query(ANN, sql, &[]).await.unwrap().len(), 3);
    }
    assert_eq!(shop.count("orders WHERE total < 3").await, 2, "Bob's are as they were");
}

#[tokio::test]
async fn a_transaction_commits_on_ok_and_rolls_back_on_err() {
    let shop = Shop::open("commit").await;
    let pool = shop.pool(1);
    let insert = |total: i32| format!("INSERT INTO orders (total) VALUES ({total})");
    let counts = pool
        .with_tenant(ANN, async |tx| {
            tx.raw(&insert(7)).await?;
            let before = counted(tx).await?;
            tx.raw(&insert(8)).await?;
            Ok::<_, Error>((before, counted(tx).await?))
        })
        .await
        .unwrap();
    assert_eq!(counts, (4, 5));
    assert_eq!(shop.count("orders WHERE total IN (7, 8)").await, 2);

    #[derive(Debug, PartialEq)]
    struct OutOfStock;
    impl From<Error> for OutOfStock {
        fn from(error: Error) -> OutOfStock {
            panic!("{error}")
        }
    }
    let refused = pool
        .with_tenant(ANN, async |tx| {
            tx.raw(&insert(9)).await?;
            Err::<(), _>(OutOfStock)
        })
        .await;
    assert_eq!(refused, Err(OutOfStock));
    assert_eq!(shop.count("orders WHERE total = 9").await, 0);
    assert_eq!(seen_without_tenant(&pool).await, 0);
    assert_eq!(pool.pool().status().size, 1, "the connection was kept");
}

#[tokio::test]
async fn a_transaction_that_asks_nothing_takes_no_connection() {
    let shop = Shop::open("nothing").await;
    let pool = shop.pool(1);
    assert_eq!(pool.with_tenant(ANN, async |_| Ok::<_, Error>(5)).await.unwrap(), 5);
    assert_eq!(pool.pool().status().size, 0);
    // Not even when none is to be had.
    let _all = pool.pool().get().await.unwrap();
    timeout(PATIENCE, pool.with_tenant(ANN, async |_| Ok::<_, Error>(()))).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_failure_that_was_passed_over_is_told_at_the_end() {
    let shop = Shop::open("aborted").await;
    let pool = shop.pool(1);
    let error = pool
        .with_tenant(ANN, async |tx| {
            tx.raw("INSERT INTO orders (total) VALUES (7)").await?;
            let _ = tx.raw("SELECT 1 / 0").await;
            let _ = tx.raw("SELECT 1").await;
            Ok::<_, Error>(())
        })
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Aborted { failure } if failure == "division by zero"), "{error:?}");
    assert!(error.to_string().contains("rolled back"), "{error}");
    assert_eq!(shop.count("orders WHERE total = 7").await, 0);
    expect_untouched(&pool).await;
    assert_eq!(pool.pool().status().size, 1, "the connection was kept");
}

#[tokio::test]
async fn a_commit_that_fails_is_told() {
    let shop = Shop::open("deferred").await;
    shop.run("ALTER TABLE orders ALTER CONSTRAINT orders_business_id_customer_id_fkey DEFERRABLE INITIALLY DEFERRED")
        .await;
    let pool = shop.pool(1);
    let insert = "INSERT INTO orders (customer_id, total) VALUES (-1, 1)";
    let in_transaction = pool.with_tenant(ANN, async |tx| tx.raw(insert).await).await.unwrap_err();
    let alone = pool.raw_query(ANN, insert, &[]).await.unwrap_err();
    for error in [in_transaction, alone] {
        assert!(matches!(&error, Error::Database(error) if error.code() == Some("23503")), "{error:?}");
    }
    expect_untouched(&pool).await;
}

#[tokio::test]
async fn plain_sql_that_ends_the_transaction_or_takes_another_tenant_is_found_out() {
    let shop = Shop::open("ours").await;
    let pool = shop.pool(1);
    for sql in [
        "COMMIT".to_owned(),
        "ROLLBACK".to_owned(),
        format!("SELECT set_config('app.business_id', '{BOB}', true)"),
        format!("SET LOCAL app.business_id = '{BOB}'"),
        "RESET app.business_id".to_owned(),
    ] {
        let error = pool
            .with_tenant(ANN, async |tx| {
                tx.raw(&sql).await?;
                tx.raw("INSERT INTO orders (total) SELECT 7 WHERE current_setting('app.business_id', true) <> ''").await
            })
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotOurTransaction), "{sql}: {error:?}");
        assert_eq!(shop.count("orders WHERE total = 7").await, 0, "{sql}");
        expect_untouched(&pool).await;
    }
}

#[tokio::test]
async fn a_transaction_inside_is_a_savepoint_of_the_same_tenant_and_of_no_other() {
    let shop = Shop::open("nested").await;
    let pool = shop.pool(1);
    pool.with_tenant(ANN, async |tx| {
        let other = tx.with_tenant(BOB, async |_| -> Result<()> { panic!("it must not run") }).await;
        assert!(matches!(other, Err(Error::OtherTenant)), "{other:?}");
        let failed = tx
            .with_tenant(ANN, async |tx| {
                tx.raw("INSERT INTO orders (total) VALUES (7)").await?;
                tx.raw("SELECT 1 / 0").await
            })
            .await;
        assert!(failed.is_err());
        tx.with_tenant(ANN, async |tx| {
            assert_eq!(*tx.tenant(), ANN.into());
            tx.raw("INSERT INTO orders (total) VALUES (8)").await
        })
        .await
    })
    .await
    .unwrap();
    assert_eq!(shop.count("orders WHERE total = 7").await, 0);
    assert_eq!(shop.count("orders WHERE total = 8").await, 1);
}

#[tokio::test]
async fn a_stricter_isolation_is_chosen_on_the_pool() {
    let shop = Shop::open("isolation").await;
    let pool = shop.pool(2);
    let show = "SELECT current_setting('transaction_isolation')";
    for (level, want) in [
        (IsolationLevel::Serializable, "serializable"),
        (IsolationLevel::RepeatableRead, "repeatable read"),
        (IsolationLevel::ReadCommitted, "read committed"),
    ] {
        let strict = pool.isolation(level);
        let alone = strict.raw_query(ANN, show, &[]).await.unwrap();
        let within = strict.with_tenant(ANN, async |tx| tx.raw_query(show, &[]).await).await.unwrap();
        assert_eq!([alone, within].map(|rows| rows[0].get::<_, String>(0)), [want, want]);
    }
    // Each counts and then adds: one after the other they would not have counted the same.
    let strict = pool.isolation(IsolationLevel::Serializable);
    let count_and_add = async || {
        strict
            .with_tenant(ANN, async |tx| {
                let count = counted(tx).await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
                tx.raw("INSERT INTO orders (total) VALUES (7)").await?;
                Ok::<_, Error>(count)
            })
            .await
    };
    let (one, other) = tokio::join!(count_and_add(), count_and_add());
    let refused = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(&refused[..], [Error::Database(error)] if error.code() == Some("40001")), "{refused:?}");
    assert_eq!(shop.count("orders WHERE total = 7").await, 1);
}

#[tokio::test]
async fn statements_at_once_begin_one_transaction() {
    let shop = Shop::open("at_once").await;
    let pool = shop.pool(1);
    let ids = pool
        .with_tenant(ANN, async |tx| {
            let id = "SELECT txid_current(), count(*) FROM orders";
            let (one, other) = tokio::join!(tx.raw_query(id, &[]), tx.raw_query(id, &[]));
            Ok::<_, Error>([one?, other?].map(|rows| (rows[0].get::<_, i64>(0), rows[0].get::<_, i64>(1))))
        })
        .await
        .unwrap();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0].1, 3);
}

/// A handler of a web framework has to be `Send`, and so has all that it awaits.
#[tokio::test]
async fn it_runs_in_a_task_of_its_own() {
    let shop = Shop::open("spawned").await;
    let pool = shop.pool(1);
    let count = tokio::spawn(async move {
        let note = String::from("captured");
        let borrowed = &note;
        pool.with_tenant(ANN, async |tx| {
            tx.raw_query("SELECT $1::text", &[(borrowed, Type::TEXT)]).await?;
            counted(tx).await
        })
        .await
    });
    assert_eq!(count.await.unwrap().unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tenants_share_a_pool_at_the_same_time() {
    let shop = Shop::open("both").await;
    let pool = shop.pool(3);
    let tasks: Vec<_> = (0..24)
        .map(|i| {
            let (pool, tenant) = (pool.clone(), if i % 2 == 0 { ANN } else { BOB });
            tokio::spawn(async move {
                for _ in 0..25 {
                    let of_statement = pool.raw_query(tenant, OWNERS, &[]).await.unwrap();
                    let of_transaction = pool
                        .with_tenant(tenant, async |tx| {
                            tx.raw("SELECT pg_sleep(0)").await?;
                            tx.raw_query(OWNERS, &[]).await
                        })
                        .await
                        .unwrap();
                    for rows in [of_statement, of_transaction] {
                        assert_eq!(
                            rows.iter().map(|row| row.get::<_, Uuid>(0)).collect::<Vec<_>>(),
                            [tenant]
                        );
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(pool.pool().status().size, 3);
    expect_untouched(&pool).await;
}

// Attacks
// -------

/// What the pool is there against. Without it the next borrower reads Ann's rows; through it no one does.
#[tokio::test]
async fn a_setting_of_the_session_speaks_for_nobody_here() {
    let shop = Shop::open("session").await;
    let pool = shop.pool(1);
    let session = format!("SET app.business_id = '{ANN}'");
    pool.pool().get().await.unwrap().batch_execute(&session).await.unwrap();
    assert_eq!(seen_without_tenant(&pool).await, 3, "the leak that this is about");
    assert_eq!(orders_of(&pool, BOB).await, 2);
    assert_eq!(pool.with_tenant(BOB, counted).await.unwrap(), 2);
    assert_eq!(orders_of(&pool, Uuid::nil()).await, 0);
}

#[tokio::test]
async fn a_transaction_dropped_at_every_await_leaves_nothing_for_the_next() {
    let shop = Shop::open("dropped").await;
    let pool = shop.pool(1);
    let mut times = 0;
    loop {
        times += 1;
        let work = pool.with_tenant(ANN, async |tx| {
            counted(tx).await?;
            tx.raw("UPDATE orders SET total = 50").await?;
            tx.with_tenant(ANN, async |tx| tx.raw("SELECT pg_sleep(0.001)").await).await
        });
        if let Some(done) = polled(work, times).await {
            done.unwrap();
            break;
        }
        expect_untouched(&pool).await;
        assert!(pool.pool().status().size <= 1);
        // A COMMIT that was on its way may still arrive.
        shop.run("UPDATE orders SET total = 1").await;
    }
    assert!(times > 6, "{times}");
}

#[tokio::test]
async fn a_statement_dropped_at_every_await_leaves_nothing_for_the_next() {
    let shop = Shop::open("dropped_one").await;
    let pool = shop.pool(1);
    let mut times = 0;
    while polled(pool.raw_query(ANN, "SELECT count(*), pg_sleep(0.001) FROM orders", &[]), times)
        .await
        .is_none()
    {
        times += 1;
        expect_untouched(&pool).await;
    }
    assert!(times > 1, "{times}");
}

#[tokio::test]
async fn the_next_borrower_does_not_wait_for_a_statement_that_was_dropped() {
    let shop = Shop::open("timeout").await;
    let pool = shop.pool(1);
    let sleep = pool.with_tenant(ANN, async |tx| tx.raw("SELECT pg_sleep(20)").await);
    assert!(timeout(Duration::from_millis(100), sleep).await.is_err());
    let start = Instant::now();
    expect_untouched(&pool).await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_timeout_that_was_passed_over_is_told_at_the_end() {
    let shop = Shop::open("interrupted").await;
    let pool = shop.pool(1);
    // The statement alone, and one inside a savepoint between two statements of its own.
    let alone = pool
        .with_tenant(ANN, async |tx| {
            // What waits for a connection has sent nothing yet.
            counted(tx).await?;
            let slow = tx.raw("INSERT INTO orders (total) SELECT 7 FROM pg_sleep(0.3)");
            assert!(timeout(Duration::from_millis(20), slow).await.is_err());
            Ok::<_, Error>(())
        })
        .await;
    let inside = pool
        .with_tenant(ANN, async |tx| {
            counted(tx).await?;
            let half = tx.with_tenant(ANN, async |tx| {
                tx.raw("INSERT INTO orders (total) VALUES (7)").await?;
                std::future::pending::<()>().await;
                tx.raw("INSERT INTO orders (total) VALUES (7)").await
            });
            assert!(timeout(Duration::from_millis(100), half).await.is_err());
            Ok::<_, Error>(())
        })
        .await;
    for result in [alone, inside] {
        assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.count("orders WHERE total = 7").await, 0);
    expect_untouched(&pool).await;
}

#[tokio::test]
async fn a_panic_leaves_nothing_for_the_next() {
    let shop = Shop::open("panic").await;
    let pool = shop.pool(1);
    let own = pool.clone();
    let panicked = tokio::spawn(async move {
        own.with_tenant(ANN, async |tx| -> Result<()> {
            tx.raw("UPDATE orders SET total = 50").await?;
            panic!("on purpose")
        })
        .await
    });
    assert!(panicked.await.unwrap_err().is_panic());
    expect_untouched(&pool).await;
    assert_eq!(shop.count("orders WHERE total = 50").await, 0);
}

#[tokio::test]
async fn a_lost_connection_is_an_error_and_the_next_statement_finds_another() {
    let shop = Shop::open("lost").await;
    let pool = shop.pool(1);
    let end = "SELECT pg_terminate_backend(pg_backend_pid())";
    assert!(pool.raw_query(ANN, end, &[]).await.is_err());
    expect_untouched(&pool).await;
    let lost = pool
        .with_tenant(ANN, async |tx| {
            tx.raw("UPDATE orders SET total = 50").await?;
            let _ = tx.raw(end).await;
            Ok::<_, Error>(())
        })
        .await;
    assert!(matches!(lost, Err(Error::Database(_))), "{lost:?}");
    expect_untouched(&pool).await;
    assert_eq!(shop.count("orders WHERE total = 50").await, 0);
}

// PgBouncer
// ---------

/// Both clients share the one session that the pooler has.
#[tokio::test]
async fn behind_a_transaction_pooler_nobody_sees_anything_of_others() {
    let shop = Shop::open("bouncer").await;
    // The pooler itself connects as the superuser.
    shop.run(&format!("ALTER DATABASE {} SET role = '{APP}'", shop.database.name())).await;
    let bouncer = Bouncer::start_with_pool(&Server::shared().unwrap(), NonZeroU32::MIN).unwrap();
    let pool = || {
        let manager = Manager::new(bouncer.config(shop.database.name()), NoTls);
        TenantPool::new(Pool::builder(manager).max_size(1).build().unwrap())
    };
    let (one, other) = (pool(), pool());
    assert_eq!(one.raw_query(ANN, "SELECT current_user::text", &[]).await.unwrap()[0].get::<_, &str>(0), APP);
    for _ in 0..20 {
        let (ann, bob) = tokio::join!(one.with_tenant(ANN, counted), other.with_tenant(BOB, counted));
        assert_eq!((ann.unwrap(), bob.unwrap()), (3, 2));
        let (ann, bob) = tokio::join!(one.raw_query(ANN, OWNERS, &[]), other.raw_query(BOB, OWNERS, &[]));
        assert_eq!((ann.unwrap()[0].get::<_, Uuid>(0), bob.unwrap()[0].get::<_, Uuid>(0)), (ANN, BOB));
        assert_eq!(seen_without_tenant(&one).await, 0);
        assert_eq!(seen_without_tenant(&other).await, 0);
    }
    // A failure, a failure passed over, and a client that is gone in the midst of it.
    assert!(one.raw_query(ANN, "SELECT 1 / 0", &[]).await.is_err());
    let aborted = one
        .with_tenant(ANN, async |tx| {
            let _ = tx.raw("SELECT 1 / 0").await;
            Ok::<_, Error>(())
        })
        .await;
    assert!(matches!(aborted, Err(Error::Aborted { .. })), "{aborted:?}");
    let mut times = 0;
    loop {
        times += 1;
        let work = one.with_tenant(ANN, async |tx| {
            counted(tx).await?;
            tx.raw("SELECT pg_sleep(0.001)").await
        });
        if polled(work, times).await.is_some() {
            break;
        }
        expect_untouched(&other).await;
        expect_untouched(&one).await;
    }
    assert!(times > 3, "{times}");
}
