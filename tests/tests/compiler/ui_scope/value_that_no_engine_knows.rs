use migrate::scope::{Scope, tables};

#[derive(Debug)]
struct Cents(i64);

tables! {
    tenant = business_id;
    orders { id: i64, business_id: i64, total: Cents }
}

fn main() {
    let _ = Scope::tenant(1).update(orders).set(orders.total, Cents(1));
}
