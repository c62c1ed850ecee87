use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/locked_renamed");

fn main() {
    println!("{}", MIGRATIONS.name());
}
