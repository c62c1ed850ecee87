fn main() {}

#[migrate::test(fixture = "orders.sql")]
async fn orders_are_counted(client: tokio_postgres::Client) {}
