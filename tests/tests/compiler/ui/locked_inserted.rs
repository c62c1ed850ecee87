use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/locked_inserted");

fn main() {
    println!("{}", MIGRATIONS.name());
}
