use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/repeatable");

fn main() {
    println!("{}", MIGRATIONS.name());
}
