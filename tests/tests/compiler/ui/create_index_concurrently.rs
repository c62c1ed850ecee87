use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/create_index_concurrently");

fn main() {
    println!("{}", MIGRATIONS.name());
}
