fn main() {}

#[migrate::test]
async fn orders_are_counted() {}
