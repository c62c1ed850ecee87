use migrate::scope::tables;

tables! {
    tenant = r#type;
    deleted = Deleted;
    global orders { id: i64, TYPE: String }
    global notes { id: i64, r#type: String }
    lines { id: i64, r#type: String, deleted: Option<String> }
}

fn main() {}
