use migrate::scope::Number;

struct Cents(i64);

impl Number for Cents {
    type Sum = i64;
    const CAST: &'static str = "bigint), (SELECT word FROM secrets";
}

fn main() {}
