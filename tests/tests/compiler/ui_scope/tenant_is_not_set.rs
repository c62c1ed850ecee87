use migrate::scope::{Scope, tables};

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, business_id: i64, total: i64, deleted_at: Option<String> }
    lines { id: i64, business_id: i64, total: i64 }
    global currencies { id: i64, name: String }
}
fn main() {
    let _ = Scope::tenant(1).update(orders).set(orders.business_id, 2);
    let _ = Scope::tenant(1).insert(orders).set(orders.business_id, 2);
    let _ = Scope::tenant(1).upsert(orders).set(orders.business_id, 2);
}
