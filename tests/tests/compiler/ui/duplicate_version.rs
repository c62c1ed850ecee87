use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/duplicate_version");

fn main() {
    println!("{}", MIGRATIONS.name());
}
