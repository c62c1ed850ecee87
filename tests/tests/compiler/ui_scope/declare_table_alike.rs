use migrate::scope::tables;

tables! {
    tenant = business_id;
    orders { id: i64, business_id: i64 }
    global Orders { id: i64, total: i64 }
    global r#orders { id: i64, total: i64 }
    global a_table_whose_name_goes_on_until_postgresql_does_not_read_it_any_more { id: i64 }
}

fn main() {}
