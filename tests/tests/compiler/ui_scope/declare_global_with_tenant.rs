use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    global orders { id: i64, business_id: i64, tenant = business_id }
}

fn main() {}
