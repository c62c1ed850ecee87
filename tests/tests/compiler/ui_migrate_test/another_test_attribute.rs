fn main() {}

#[migrate::test]
#[tokio::test]
async fn orders_are_counted(client: tokio_postgres::Client) {}
