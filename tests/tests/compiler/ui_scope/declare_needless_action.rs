use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, business_id: i64 }
    lines { id: i64, business_id: i64, order_id: i64, order_id -> orders on soft_delete keep }
}

fn main() {}
