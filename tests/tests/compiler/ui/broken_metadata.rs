use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/broken_metadata");

fn main() {
    println!("{}", MIGRATIONS.name());
}
