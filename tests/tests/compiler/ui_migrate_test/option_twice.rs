fn main() {}

#[migrate::test(up_to = 1, up_to = 2)]
async fn orders_are_counted(client: tokio_postgres::Client) {}
