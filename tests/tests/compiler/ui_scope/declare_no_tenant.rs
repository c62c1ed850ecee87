use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, total: i64 }
}

fn main() {}
