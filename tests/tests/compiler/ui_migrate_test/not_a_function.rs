fn main() {}

#[migrate::test]
struct Orders;
