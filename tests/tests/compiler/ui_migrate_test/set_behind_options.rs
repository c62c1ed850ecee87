fn main() {}

#[migrate::test(up_to = 1, my_app::MIGRATIONS)]
async fn orders_are_counted(client: tokio_postgres::Client) {}
