use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/byte_order_mark");

fn main() {
    println!("{}", MIGRATIONS.name());
}
