use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/duplicate_of_locked");

fn main() {
    println!("{}", MIGRATIONS.name());
}
