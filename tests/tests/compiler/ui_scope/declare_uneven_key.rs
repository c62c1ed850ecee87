use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders { id: i64, number: i64, business_id: i64, key = (id, number) }
    lines { id: i64, business_id: i64, order_id: i64, order_id -> orders }
}

fn main() {}
