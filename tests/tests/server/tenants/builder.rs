//! The statements of a scope with both belts on: through a pool and in a transaction of their tenant.

use std::sync::Mutex;

use migrate::scope::{Error, FromRow, Global, Scope, Unscoped, UnscopedUse, days, raw, tables};
use tokio_postgres::types::Type;

use crate::tenants::shop::{ANN, APP, BOB, JOBS, Shop, seen_without_tenant};

tables! {
    tenant = business_id;
    deleted = deleted_at;
    customers { id: i64, business_id: uuid::Uuid, name: String, deleted_at: Option<Time> }
    orders {
        id: i64, business_id: uuid::Uuid, customer_id: Option<i64>, total: i32, deleted_at: Option<Time>,
        (business_id, customer_id) -> customers (business_id, id) on soft_delete restrict
    }
    global currencies { key = code, code: String }
}

/// Never read here.
type Time = String;

#[derive(Debug, FromRow, PartialEq)]
struct Total {
    total: i32,
}

fn ann() -> Scope {
    Scope::tenant(ANN)
}

#[tokio::test]
async fn every_verb_runs_through_a_pool_of_its_tenant() {
    let shop = Shop::open("verbs").await;
    let pool = shop.pool(1);
    let totals: Vec<Total> =
        ann().select(orders).order_by(orders.total.desc()).limit(2).all(&pool).await.unwrap();
    assert_eq!(totals, [Total { total: 3 }, Total { total: 2 }]);
    let made: Total = ann().insert(orders).set(orders.total, 7).returning().one(&pool).await.unwrap();
    assert_eq!(made, Total { total: 7 });
    // A filter that is always true stays with the tenant, by either belt.
    let wide = || orders.total.gt(0).or(raw("1 = 1").filter());
    assert_eq!(ann().update(orders).filter(wide()).set(orders.total, 5).execute(&pool).await.unwrap(), 4);
    let gone = ann().soft_delete(orders).filter(wide()).execute(&pool).await.unwrap();
    assert_eq!(gone.counts, [("orders", 4)]);
    assert_eq!(ann().select(orders).count(&pool).await.unwrap(), 0);
    assert_eq!(ann().select(orders).only_deleted().count(&pool).await.unwrap(), 4);
    assert_eq!(ann().restore(orders).filter(wide()).execute(&pool).await.unwrap().counts, [("orders", 4)]);
    assert_eq!(ann().hard_delete(orders).filter(wide()).execute(&pool).await.unwrap(), 4);
    assert_eq!(Scope::tenant(BOB).select(orders).count(&pool).await.unwrap(), 2);
    assert_eq!(seen_without_tenant(&pool).await, 0);
    assert_eq!(pool.pool().status().size, 1, "the connection was kept");
}

#[tokio::test]
async fn a_transaction_takes_the_statements_of_its_tenant_and_no_others() {
    let shop = Shop::open("own").await;
    let pool = shop.pool(1);
    let counted = pool
        .with_tenant(ANN, async |tx| {
            ann().insert(orders).set(orders.total, 7).execute(tx).await?;
            let other = Scope::tenant(BOB).select(orders).count(tx).await;
            assert!(matches!(other, Err(Error::OtherTenant)), "{other:?}");
            ann().select(orders).count(tx).await
        })
        .await
        .unwrap();
    assert_eq!(counted, 4, "what was refused was not sent, so nothing was lost");
}

/// The builder alone holds where row-level security is not, and row-level security where the builder is not.
#[tokio::test]
async fn either_belt_holds_alone() {
    let shop = Shop::open("belts").await;
    let superuser = shop.database.config().get_user().unwrap().to_owned();
    assert_eq!(ann().select(orders).count(&shop.pool_of(&superuser, 1)).await.unwrap(), 3);
    let without_builder =
        shop.pool(1).raw_query(ANN, "SELECT FROM orders WHERE $1", &[(&true, Type::BOOL)]).await;
    assert_eq!(without_builder.unwrap().len(), 3);
}

#[tokio::test]
async fn what_all_tenants_share_needs_none() {
    let shop = Shop::open("shared").await;
    shop.run(&format!(
        "CREATE TABLE currencies (code text PRIMARY KEY); INSERT INTO currencies VALUES ('CHF');
         GRANT SELECT ON currencies TO {APP}"
    ))
    .await;
    let pool = shop.pool(1);
    assert_eq!(Global.select(currencies).count(&pool).await.unwrap(), 1);
    assert_eq!(ann().select(currencies).count(&pool).await.unwrap(), 1);
    assert_eq!(pool.with_tenant(ANN, async |tx| Global.select(currencies).count(tx).await).await.unwrap(), 1);
}

/// The way past the policies is a role. Without it the way past the builder leads nowhere.
#[tokio::test]
async fn all_tenants_are_for_the_role_of_the_jobs_and_each_use_is_recorded() {
    let shop = Shop::open("jobs").await;
    let records = Mutex::new(Vec::new());
    let audit = |used: &UnscopedUse<'_>| records.lock().unwrap().push(used.to_string());
    let billing = Unscoped::because("nightly billing", &audit).actor("job:billing");
    let (jobs, app) = (shop.connections(JOBS, 1), shop.connections(APP, 1));
    assert_eq!(billing.select(orders).count(&jobs).await.unwrap(), 5);
    assert_eq!(billing.select(orders).count(&app).await.unwrap(), 0);
    assert_eq!(billing.update(orders).set(orders.total, 0).execute(&jobs).await.unwrap(), 5);
    // Through the pool of a tenant it would find nothing, and say so of all of them.
    let pool = shop.pool(1);
    let misled = [
        billing.select(orders).count(&pool).await.map(drop),
        billing.update(orders).set(orders.total, 0).execute(&pool).await.map(drop),
        pool.with_tenant(ANN, async |tx| billing.select(orders).count(tx).await.map(drop)).await,
    ];
    for result in misled {
        assert!(matches!(result, Err(Error::NotForAllTenants)), "{result:?}");
    }
    records.lock().unwrap().truncate(3);
    let reason = "because: nightly billing (by job:billing)";
    assert_eq!(
        *records.lock().unwrap(),
        [
            format!("unscoped select of orders {reason}"),
            format!("unscoped select of orders {reason}"),
            format!("unscoped update of orders {reason}")
        ]
    );
}

/// A shop with a plain foreign key, in which Bob's orders refer to two of the customers that Ann deleted long ago.
async fn entangled(hint: &str, old: u32) -> Shop {
    let shop = Shop::open(hint).await;
    shop.run(&format!(
        "ALTER TABLE orders DROP CONSTRAINT orders_business_id_customer_id_fkey;
         ALTER TABLE orders ADD CONSTRAINT plain FOREIGN KEY (customer_id) REFERENCES customers (id);
         INSERT INTO customers (business_id, name, deleted_at)
         SELECT '{ANN}', 'old ' || n, now() - interval '40 days' FROM generate_series(1, {old}) n;
         INSERT INTO orders (business_id, customer_id, total)
         SELECT '{BOB}', id, 77 FROM customers WHERE name IN ('old 3', 'old 4')"
    ))
    .await;
    shop
}

#[tokio::test]
async fn a_purge_leaves_out_what_rows_that_are_not_seen_refer_to() {
    let shop = entangled("unseen", 50).await;
    let pool = shop.pool(1);
    // PostgreSQL 18 refuses with another code where the key says RESTRICT.
    for (batch, action) in [(1, "NO ACTION"), (7, "RESTRICT"), (1000, "NO ACTION")] {
        shop.run(&format!(
            "ALTER TABLE orders DROP CONSTRAINT plain;
             ALTER TABLE orders ADD CONSTRAINT plain FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE {action};
             INSERT INTO customers (business_id, name, deleted_at)
             SELECT '{ANN}', 'more ' || n, now() - interval '40 days' FROM generate_series(1, 5) n"
        ))
        .await;
        let due =
            shop.count(&format!("customers WHERE deleted_at IS NOT NULL AND business_id = '{ANN}'")).await;
        let purged = ann().purge(customers).older_than(days(30)).batch(batch).execute(&pool).await.unwrap();
        assert_eq!(purged.counts, [("customers", due.unsigned_abs() - 2)], "{batch}");
        assert_eq!(purged.unseen, 2, "{batch}");
    }
    assert_eq!(shop.count("customers WHERE name IN ('old 3', 'old 4')").await, 2);
    assert_eq!(shop.count("orders WHERE total = 77").await, 2);
    // Where nothing holds anything, nothing is reported.
    shop.run("DELETE FROM orders WHERE total = 77").await;
    let purged = ann().purge(customers).older_than(days(30)).execute(&pool).await.unwrap();
    assert_eq!((purged.counts, purged.unseen), (vec![("customers", 2)], 0));
}

#[tokio::test]
async fn a_purge_in_a_transaction_says_that_something_holds_a_row_and_not_what() {
    let shop = entangled("held", 5).await;
    let pool = shop.pool(1);
    let purge = || ann().purge(customers).older_than(days(30));
    let error = pool.with_tenant(ANN, async |tx| purge().execute(tx).await).await.unwrap_err();
    assert!(matches!(error, Error::StillReferenced { table: "customers" }), "{error:?}");
    assert!(std::error::Error::source(&error).is_none(), "the database's own names a key");
    assert_eq!(shop.count("customers WHERE deleted_at IS NOT NULL").await, 5);
    // A client without a transaction goes on by itself, as the pool does.
    let mut client = shop.connections(APP, 1).get().await.unwrap();
    client.batch_execute(&format!("SET app.business_id = '{ANN}'")).await.unwrap();
    let inside = client.transaction().await.unwrap();
    let lost = purge().execute(&inside).await;
    assert!(matches!(lost, Err(Error::StillReferenced { .. })), "{lost:?}");
    drop(inside);
    assert_eq!(purge().execute(&client).await.unwrap().unseen, 2);
}
