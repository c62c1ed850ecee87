fn main() {}

#[migrate::test(up_to = "20251107100000")]
async fn orders_are_counted(client: tokio_postgres::Client) {}
