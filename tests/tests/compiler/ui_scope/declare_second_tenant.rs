use migrate::scope::tables;

tables! {
    tenant = business_id;
    orders { id: i64, business_id: i64, Business_Id: i64 }
    lines { id: i64, business_id: i64, shop_id: i64, tenant = shop_id }
    notes { id: i64, Business_id: i64 }
    shops { id: i64, rowid: i64, tenant = id }
    words { id: i64, business_id: i64, by = business_id }
    tags { id: i64, business_id: i64, r#business_id: i64 }
}

fn main() {}
