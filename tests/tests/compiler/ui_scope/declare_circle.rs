use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    parts {
        id: i64, business_id: i64, parent_id: Option<i64>, deleted_at: Option<String>,
        parent_id -> parts on soft_delete hide_with(parent),
    }
}

fn main() {}
