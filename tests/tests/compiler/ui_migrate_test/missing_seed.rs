fn main() {}

#[migrate::test(seed = "fixtures/nowhere.sql")]
async fn orders_are_counted(client: tokio_postgres::Client) {}
