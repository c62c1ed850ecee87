use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/lock_missing");

fn main() {
    println!("{}", MIGRATIONS.name());
}
