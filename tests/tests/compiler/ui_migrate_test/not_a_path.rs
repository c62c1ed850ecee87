fn main() {}

#[migrate::test(seed = orders)]
async fn orders_are_counted(client: tokio_postgres::Client) {}
