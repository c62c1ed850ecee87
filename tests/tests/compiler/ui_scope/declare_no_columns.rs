use migrate::scope::tables;

tables! {
    tenant = business_id;
    deleted = deleted_at;
    orders;
}

fn main() {}
