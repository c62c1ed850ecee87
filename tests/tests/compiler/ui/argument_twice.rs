use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/none", "migrations/other");

fn main() {
    println!("{}", MIGRATIONS.name());
}
