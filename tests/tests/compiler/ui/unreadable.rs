use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unreadable");

fn main() {
    println!("{}", MIGRATIONS.name());
}
