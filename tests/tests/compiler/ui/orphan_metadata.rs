use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/orphan_metadata");

fn main() {
    println!("{}", MIGRATIONS.name());
}
