use migrate::scope::tables;

tables! {
    tenant = tenant;
    global orders { id: i64, tenant: String }
    global notes { id: i64, Tenant: String }
    global words { id: i64, r#tenant: String }
    global currencies { code: String, tenants: i64, key = code }
}

fn main() {}
