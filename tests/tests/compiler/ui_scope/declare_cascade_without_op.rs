use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, business_id: i64, deleted_at: Option<String> }
    lines { id: i64, business_id: i64, order_id: i64, deleted_at: Option<String>,
        order_id -> orders on soft_delete cascade }
}

fn main() {}
