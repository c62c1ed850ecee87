use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { number: i64, business_id: i64 }
}

fn main() {}
