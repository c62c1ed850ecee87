//! What is in the database of a test.

use deadpool_postgres::Pool;
use tokio_postgres::Client;

use crate::migrate_test::{MIGRATIONS, columns, count, sets};

#[migrate::test]
async fn the_history_is_that_of_a_run(pool: Pool) {
    let status = migrate::Migrator::new(&MIGRATIONS).status(&pool).await.unwrap();
    assert_eq!(status.state, migrate::SetState::UpToDate);
}

#[migrate::test(MIGRATIONS, up_to = 20251107100000)]
async fn a_database_of_an_older_version(client: Client) {
    assert_eq!(columns(&client).await, ["id", "total"]);
}

#[migrate::test(MIGRATIONS, seed = "fixtures/seeds/orders.sql")]
async fn a_seed_comes_after_the_migrations(client: Client) {
    assert_eq!(count(&client).await, 2);
}

#[migrate::test(seed = ["fixtures/seeds/orders.sql", "fixtures/seeds/more_orders.sql"], up_to = 20251107100000)]
async fn seeds_come_in_their_order(client: Client) {
    assert_eq!(columns(&client).await, ["id", "total"]);
    assert_eq!(count(&client).await, 3);
}

#[migrate::test(sets::PREPARED)]
async fn what_comes_from_outside_is_prepared(client: Client) {
    client.batch_execute("INSERT INTO auth.users VALUES (1); INSERT INTO profiles VALUES (1)").await.unwrap();
}

#[tokio::test]
async fn a_run_prepares_nothing() {
    let database = migrate::testing::Server::shared().unwrap().create_database("unprepared").await.unwrap();
    let mut client = database.connect().await.unwrap();
    let error = migrate::Migrator::new(&sets::PREPARED).migrate(&mut client).await.unwrap_err();
    assert!(error.to_string().contains("\"auth\" does not exist"), "{error}");
}
