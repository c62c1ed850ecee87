use migrate::scope::FromRow;

#[derive(FromRow)]
struct Order(i64, String);

fn main() {}
