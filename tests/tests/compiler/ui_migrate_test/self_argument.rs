fn main() {}

struct Orders;

impl Orders {
    #[migrate::test]
    async fn are_counted(&self) {}
}
