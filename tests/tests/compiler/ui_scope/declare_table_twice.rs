use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, business_id: i64 }
    orders { id: i64, business_id: i64 }
}

fn main() {}
