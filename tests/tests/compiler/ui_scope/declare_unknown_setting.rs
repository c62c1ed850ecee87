use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    owner = business_id;
    orders { id: i64, business_id: i64 }
}

fn main() {}
