//! What the tenant of a statement costs on the wire, and what is left when the wire is cut.

use std::time::Duration;

use migrate::scope::{Error, Global, Scope, TenantPool, TenantTransaction, tables};
use migrate::testing::TestDatabase;
use tokio_postgres::types::Type;

use crate::database::{self, TRANSACTIONS, rows, until_none};
use crate::proxy::{Cut, Proxy};

const LATENCY: Duration = Duration::from_millis(10);
const TENANT: &str = "bakery";
const INSERT: &str = "INSERT INTO seed VALUES ($1, current_setting('app.business_id')) RETURNING n";
const COUNT: &str = "SELECT count(*) FROM seed";

tables! {
    seed { key = n, n: i64, tenant: String, tenant = tenant }
    global shared { key = n, n: i64 }
}

async fn seeds() -> TestDatabase {
    let database = database::create("tenants").await;
    let client = database.connect().await.unwrap();
    client
        .batch_execute("CREATE TABLE seed (n bigint, tenant text); CREATE TABLE shared (n bigint)")
        .await
        .unwrap();
    database
}

/// A pool that has its connection already.
async fn pool(proxy: &Proxy, size: usize) -> TenantPool {
    let pool = database::pool(proxy.config(), size);
    drop(pool.get().await.unwrap());
    proxy.reset();
    TenantPool::new(pool)
}

async fn insert(tx: &TenantTransaction, n: i64) -> Result<(), Error> {
    tx.raw_query(INSERT, &[(&n, Type::INT8)]).await.map(drop)
}

#[tokio::test]
async fn a_statement_of_a_tenant_is_one_round_trip() {
    let database = seeds().await;
    let proxy = Proxy::with_latency(database.config(), LATENCY);
    let pool = pool(&proxy, 1).await;
    pool.raw_query(TENANT, INSERT, &[(&1_i64, Type::INT8)]).await.unwrap();
    let flights = proxy.flights();
    assert_eq!(flights.len(), 1, "{flights:#?}");
    // The cleaning after plain SQL is part of it.
    let said: Vec<&str> = flights[0].lines().collect();
    let [begin, set, insert, check, commit] = said[..] else { panic!("{said:#?}") };
    assert_eq!([begin, insert], ["BEGIN NOT DEFERRABLE", INSERT]);
    assert!(check.starts_with("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL statement_timeout = 0; "), "{check}");
    assert!(set.starts_with("SELECT pg_catalog.set_config($1, $2, true), "), "{set}");
    assert!(commit.starts_with("COMMIT; BEGIN READ WRITE; RESET SESSION AUTHORIZATION; "), "{commit}");
    assert_eq!(proxy.sent(), b"QPBDESPBDESQQ", "unnamed statements alone");
    // So is one of the builder, which leaves nothing to be cleaned; nor does one of no tenant.
    proxy.reset();
    Scope::tenant(TENANT).select(seed).filter(seed.n.gt(0)).count(&pool).await.unwrap();
    assert_eq!(proxy.flights().len(), 1);
    assert_eq!(proxy.flights()[0].lines().last(), Some("COMMIT"));
    proxy.reset();
    Global.select(shared).count(&pool).await.unwrap();
    assert_eq!(proxy.flights().len(), 1);
    // A statement that fails costs no more.
    proxy.reset();
    pool.raw_query(TENANT, "SELECT 1 / 0", &[]).await.unwrap_err();
    assert_eq!(proxy.flights().len(), 1);
}

#[tokio::test]
async fn a_transaction_of_a_tenant_is_one_round_trip_more_than_its_statements() {
    let database = seeds().await;
    let proxy = Proxy::with_latency(database.config(), LATENCY);
    let pool = pool(&proxy, 1).await;
    for statements in 0..4 {
        for ends_well in [true, false] {
            proxy.reset();
            let result = pool
                .with_tenant(TENANT, async |tx| {
                    for n in 0..statements {
                        insert(tx, n).await?;
                    }
                    if ends_well { Ok(()) } else { Err(Error::OtherTenant) }
                })
                .await;
            assert_eq!(result.is_ok(), ends_well);
            let flights = proxy.flights();
            let want = if statements == 0 { 0 } else { statements + 1 };
            assert_eq!(flights.len(), usize::try_from(want).unwrap(), "{flights:#?}");
        }
    }
    let client = database.connect().await.unwrap();
    assert_eq!(rows(&client, COUNT).await, ["6"], "one, two and three of those that ended well");
}

/// Nobody can say whether a COMMIT whose answer was lost has happened. All else has not.
#[tokio::test]
async fn a_wire_cut_at_every_message_commits_all_or_nothing() {
    let database = seeds().await;
    let client = database.connect().await.unwrap();
    let proxy = Proxy::start(database.config());
    for cut in [Cut::Before, Cut::After, Cut::AfterAnswer] {
        let mut at = 0;
        loop {
            at += 1;
            client.batch_execute("TRUNCATE seed").await.unwrap();
            let pool = pool(&proxy, 1).await;
            proxy.cut(at, cut);
            let result = pool
                .with_tenant(TENANT, async |tx| {
                    insert(tx, 1).await?;
                    insert(tx, 2).await
                })
                .await;
            if !proxy.is_cut() {
                result.unwrap();
                break;
            }
            assert!(result.is_err(), "message {at}, {cut:?}");
            until_none(&client, TRANSACTIONS).await;
            let left = rows(&client, COUNT).await;
            assert!(left == ["0"] || left == ["2"] && cut != Cut::Before, "message {at}, {cut:?}: {left:?}");
            // The pool is as good as new.
            pool.raw_query(TENANT, COUNT, &[]).await.unwrap();
        }
        assert_eq!(
            at, 24,
            "BEGIN, four unnamed statements, the constraints, COMMIT; and then there is none to cut"
        );
    }
}
