fn main() {}

#[migrate::test("migrations")]
async fn orders_are_counted(client: tokio_postgres::Client) {}
