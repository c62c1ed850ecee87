//! What a test takes, and what it is besides.

use std::error::Error;
use std::time::Duration;

use deadpool_postgres::Pool;
use migrate::testing::{TestArgument, TestDatabase};
use tokio_postgres::Client;

use crate::migrate_test::{INSERT, Outcome, columns, count};

#[migrate::test]
async fn a_client_leads_to_a_migrated_database(client: Client) {
    assert_eq!(columns(&client).await, ["id", "note", "total"]);
    assert_eq!(count(&client).await, 0);
    client.batch_execute(INSERT).await.unwrap();
}

#[migrate::test]
async fn no_test_sees_the_rows_of_another(client: Client) {
    assert_eq!(count(&client).await, 0);
    client.batch_execute(INSERT).await.unwrap();
}

#[migrate::test]
async fn all_arguments_lead_to_the_same_database(
    mut client: Client,
    pool: Pool,
    database: TestDatabase,
) -> Outcome {
    let transaction = client.transaction().await?;
    transaction.batch_execute(INSERT).await?;
    transaction.commit().await?;
    assert_eq!(count(&*pool.get().await?).await, 1);
    assert_eq!(count(&database.connect().await?).await, 1);
    let name: String = client.query_one("SELECT current_database()::text", &[]).await?.get(0);
    assert_eq!(name, database.name());
    assert!(name.starts_with("mt_server__migrate_test__argument_"), "{name}");
    Ok(())
}

#[migrate::test]
async fn several_tasks_share_the_runtime_of_a_test(pool: Pool) {
    let insert = |id: i64| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let client = pool.get().await.unwrap();
            client.execute("INSERT INTO orders (id, total) VALUES ($1, 0)", &[&id]).await.unwrap();
        })
    };
    for inserted in (0..8).map(insert).collect::<Vec<_>>() {
        inserted.await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(count(&pool.get().await.unwrap()).await, 8);
}

#[migrate::test]
fn a_plain_test_waits_in_its_own_way(client: Client, pool: Pool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        client.batch_execute(INSERT).await?;
        assert_eq!(count(&*pool.get().await?).await, 1);
        Ok(())
    })
}

/// What the tests of an application have in common.
struct Shop {
    client: Client,
}

impl TestArgument for Shop {
    type Database = TestDatabase;

    async fn of(database: &TestDatabase) -> Result<Shop, Box<dyn Error + Send + Sync>> {
        let client = Client::of(database).await?;
        client.batch_execute(INSERT).await?;
        Ok(Shop { client })
    }
}

#[migrate::test]
async fn an_argument_of_the_applications_own(Shop { client }: Shop, other: Client) {
    assert_eq!((count(&client).await, count(&other).await), (1, 1));
}

#[migrate::test]
#[should_panic(expected = "as it is meant to")]
async fn other_attributes_are_kept(client: Client) {
    assert_eq!(count(&client).await, 0);
    panic!("as it is meant to");
}

#[migrate::test]
#[ignore = "to see that it is"]
async fn an_ignored_test(_client: Client) {
    panic!("it was run");
}
