use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, business_id: i64, owner = business_id }
}

fn main() {}
