fn main() {}

#[migrate::test]
async fn orders_are_counted<T>(client: tokio_postgres::Client, orders: T) {}
