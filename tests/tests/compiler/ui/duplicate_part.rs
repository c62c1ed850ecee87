use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/duplicate_part");

fn main() {
    println!("{}", MIGRATIONS.name());
}
