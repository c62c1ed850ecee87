use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/duplicate_down");

fn main() {
    println!("{}", MIGRATIONS.name());
}
