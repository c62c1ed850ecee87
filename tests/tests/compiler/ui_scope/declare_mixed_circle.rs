use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders {
        id: i64, business_id: i64, line_id: Option<i64>, deleted_at: Option<String>, o: Option<uuid::Uuid>, op = o,
        line_id -> lines on soft_delete hide_with(parent),
    }
    lines {
        id: i64, business_id: i64, order_id: i64, deleted_at: Option<String>, o: Option<uuid::Uuid>, op = o,
        order_id -> orders on soft_delete cascade,
    }
}

fn main() {}
